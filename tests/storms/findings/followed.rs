//! What members know.

use super::{Findings, Followed};

/// How many messages of one member the report shows.
const SHOWN: usize = 5;

impl Findings {
    /// Members to which an event came after a later one, or twice.
    pub(super) fn out_of_order(&self) -> Vec<String> {
        let members = self.followed.iter();
        let wrong = members.filter(|member| member.seen.tally.out_of_order > 0);
        let wrong = wrong.map(|member| format!("{}: {:?}", name(member), member.seen.tally));
        wrong.collect()
    }

    /// Members that know another room than the database has.
    pub(super) fn different_members(&self) -> Vec<String> {
        let mut different = Vec::new();
        for member in &self.followed {
            let mirror = member.seen.mirror.as_ref().expect("it has joined");
            let wrong = mirror.differences(&self.rooms[&member.room].texts);
            if wrong.is_empty() && member.has_last {
                continue;
            }
            let last = if member.has_last { "the" } else { "NOT the" };
            let (number, seq) = (wrong.len(), mirror.seq);
            let shown = wrong.iter().take(SHOWN);
            let shown = shown.map(|(id, wrong)| {
                let answers = self.answers(member.room, *id);
                format!("\n    message {id}: {wrong}; answers: {answers}")
            });
            let shown: String = shown.collect();
            different.push(format!(
                "{}: received {last} last message, knows up to event {seq}, {number} messages \
                 differ{shown}",
                name(member)
            ));
        }
        different
    }

    /// What the author of a message was answered, to find the event that a member misses.
    fn answers(&self, room: i64, id: i64) -> String {
        let books = self.books.iter().filter(|book| book.room == room);
        let messages = books.flat_map(|book| &book.messages);
        let steps = messages.filter(|message| message.id == id);
        let steps = steps.flat_map(|message| &message.steps);
        let steps: Vec<_> = steps.map(|step| step.what.to_string()).collect();
        steps.join(", ")
    }
}

fn name(member: &Followed) -> String {
    format!("room {}, member {}", member.room, member.user)
}
