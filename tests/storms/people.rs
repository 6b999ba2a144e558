//! Authors and members at work.

use aftermatch_test_support::{PROGRAM_TIMEOUT, Random};
use tokio::{sync::watch, task::JoinSet, time::timeout};

use crate::{
    author::Author,
    book::Book,
    member::{Member, Seen},
    operation::Operations,
    processes::Processes,
};

const AUTHORS: i64 = 12;
pub const ROOMS: i64 = 6;
const MEMBERS: i64 = 3 * ROOMS;
/// Writes the last messages, and reads the rooms.
pub const OBSERVER: i64 = AUTHORS + MEMBERS + 1;

/// A member at work.
pub struct Following {
    pub user: i64,
    pub room: i64,
    pub seen: watch::Receiver<Seen>,
}

/// Members that know their rooms, and the tasks in which they follow them.
pub async fn members(processes: &Processes) -> (JoinSet<()>, Vec<Following>) {
    let (mut following, mut members) = (JoinSet::new(), Vec::new());
    for nth in 0..MEMBERS {
        let (seen, watched) = watch::channel(Seen::default());
        let (user, room) = (AUTHORS + 1 + nth, 1 + nth % ROOMS);
        let member = Member {
            user,
            room,
            // The three members of a room are on different processes.
            home: (nth / ROOMS) as usize,
            addresses: processes.addresses(),
            random: Random::new(),
            seen,
        };
        following.spawn(member.run());
        let seen = watched;
        members.push(Following { user, room, seen });
    }
    for member in &mut members {
        let joined = member.seen.wait_for(|seen| seen.mirror.is_some());
        let joined = timeout(PROGRAM_TIMEOUT, joined).await;
        joined.expect("a join in time").expect("a member");
    }
    (following, members)
}

/// Authors at work, and what ends it.
pub fn authors(processes: &Processes, pauses: bool) -> (watch::Sender<bool>, JoinSet<Book>) {
    let end = watch::Sender::new(false);
    let mut authors = JoinSet::new();
    for user in 1..=AUTHORS {
        let author = Author::new(operations(processes, user, 1 + user % ROOMS), pauses);
        authors.spawn(author.write(end.subscribe()));
    }
    (end, authors)
}

pub fn operations(processes: &Processes, user: i64, room: i64) -> Operations {
    Operations {
        user,
        room,
        addresses: processes.addresses(),
        random: Random::new(),
        connection: None,
        unclear: 0,
    }
}
