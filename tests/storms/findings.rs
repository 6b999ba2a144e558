//! What a storm has shown.

mod followed;
mod stored;

use std::collections::BTreeMap;

use crate::{
    book::{Book, Losses, Step},
    member::{Seen, Tally},
};

/// How often each fault was injected.
pub type Injected = BTreeMap<&'static str, u64>;

/// A room in the database.
pub struct Room {
    pub texts: BTreeMap<i64, String>,
    pub last_seq: i64,
}

/// A member in the end.
pub struct Followed {
    pub user: i64,
    pub room: i64,
    pub seen: Seen,
    /// Whether it received the last message of its room.
    pub has_last: bool,
}

pub struct Findings {
    pub storm: String,
    pub injected: Injected,
    pub losses: Losses,
    pub rooms: BTreeMap<i64, Room>,
    pub books: Vec<Book>,
    pub followed: Vec<Followed>,
}

impl Findings {
    /// Prints one line, and fails unless nothing is wrong.
    pub fn report(&self) {
        let wrong = [
            ("acknowledged operations lost", self.lost()),
            ("messages doubled", self.doubled()),
            ("rooms with wrong numbers", self.misnumbered()),
            ("unexpected answers", self.unexpected()),
            ("members with events out of order", self.out_of_order()),
            ("members whose room differs", self.different_members()),
        ];
        let counts = wrong
            .iter()
            .map(|(what, found)| format!("{} {what}", found.len()));
        let counts = counts.collect::<Vec<_>>().join(", ");
        let line = format!("{}: {}; {counts}", self.storm, self.events());
        println!("{line}");
        let details: Vec<_> = wrong
            .iter()
            .flat_map(|(_, found)| found.iter().take(8).map(String::as_str))
            .collect();
        let details = details.join("\n");
        assert!(details.is_empty(), "{line}\n{details}");
    }

    fn events(&self) -> String {
        let mut tally = Tally::default();
        for member in &self.followed {
            tally += member.seen.tally;
        }
        let operations = self.steps().count();
        let unclear: u64 = self.books.iter().map(|book| book.unclear).sum();
        let may_be_lost = self.steps().filter(|step| step.may_be_lost(&self.losses));
        let may_be_lost = may_be_lost.count();
        format!(
            "{operations} operations answered ({may_be_lost} while they could be lost), {unclear} \
             repeated, faults {:?}, {} members with {tally:?}",
            self.injected,
            self.followed.len(),
        )
    }

    fn steps(&self) -> impl Iterator<Item = &Step> {
        let messages = self.books.iter().flat_map(|book| &book.messages);
        messages.flat_map(|message| &message.steps)
    }
}
