//! What comes of some looks, one after the other.

use std::{
    collections::BTreeSet,
    mem,
    sync::{Arc, Mutex},
};

use aftermatch_ports::{
    Expected, Moved, Presence, Present, Tiding, Unavailable,
    model::{Eviction, Refusal, Room, RoomId, Seq, SessionId, User, UserId},
};

use crate::testing::Mocks;

/// How things are at one look.
#[derive(Clone)]
pub(super) struct Look {
    /// Who is connected; but for the seats that were taken away at a look before.
    pub(super) sessions: Vec<Presence>,
    /// Those there are.
    pub(super) users: Vec<User>,
    /// Those there are.
    pub(super) rooms: Vec<Room>,
    pub(super) away: Away,
}

/// What cannot be read.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Away {
    Nothing,
    /// Who and what has moved.
    Moved,
    User(UserId),
    Room(RoomId),
}

/// What came of a look.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Outcome {
    pub(super) done: Vec<Done>,
    pub(super) users_read: Vec<UserId>,
    pub(super) rooms_read: Vec<RoomId>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Done {
    Expelled(i64, Refusal),
    Evicted(i64, RoomId, Eviction),
}

struct Script {
    /// The rooms as they were when those who sit sat down.
    sat: Vec<Room>,
    looks: Vec<Look>,
    outcomes: Mutex<Vec<Outcome>>,
}

/// What is done at each look.
pub(super) fn done(looks: Vec<Look>) -> Vec<Vec<Done>> {
    let outcomes = looking(looks).into_iter();
    outcomes.map(|outcome| outcome.done).collect()
}

pub(super) fn looking(looks: Vec<Look>) -> Vec<Outcome> {
    let tidings = vec![Tiding::Look; looks.len()];
    let script = Arc::new(Script {
        sat: super::at_first().rooms,
        looks,
        outcomes: Mutex::default(),
    });
    script.mocks().watching(tidings);
    mem::take(&mut script.outcomes.lock().unwrap())
}

impl Script {
    fn mocks(self: &Arc<Self>) -> Mocks {
        let mut mocks = Mocks::untouched();
        let script = self.clone();
        let present = mocks.events.expect_present();
        present.returning(move || script.present());
        let script = self.clone();
        let moved = mocks.watch.expect_moved();
        moved.returning(move |users, rooms| {
            let look = script.now();
            let users = users.into_iter();
            let users = users.filter(|(id, revision)| {
                let user = look.users.iter().find(|user| user.id == *id);
                user.is_none_or(|user| user.revision != *revision)
            });
            let rooms = rooms.into_iter();
            let rooms = rooms.filter(|expected| {
                let room = look.rooms.iter().find(|room| room.id == expected.room);
                room.is_none_or(|room| room.revision != expected.revision)
            });
            let moved = Moved {
                users: users.map(|(id, _)| id).collect(),
                rooms: rooms.map(|expected| expected.room).collect(),
                ahead: vec![],
            };
            there(look.away != Away::Moved, moved)
        });
        let script = self.clone();
        let user = mocks.people.expect_user();
        user.returning(move |id, _| {
            script.note(|outcome| outcome.users_read.push(id));
            let look = script.now();
            let user = look.users.iter().find(|user| user.id == id).cloned();
            there(look.away != Away::User(id), user.map(Arc::new))
        });
        let script = self.clone();
        let room = mocks.rooms.expect_room();
        room.returning(move |id, _| {
            script.note(|outcome| outcome.rooms_read.push(id));
            let look = script.now();
            let room = look.rooms.iter().find(|room| room.id == id).cloned();
            there(look.away != Away::Room(id), room.map(Arc::new))
        });
        let script = self.clone();
        let expel = mocks.events.expect_expel();
        expel.returning(move |session, why| {
            let expelled = Done::Expelled(session.0, why);
            script.note(|outcome| outcome.done.push(expelled));
        });
        let script = self.clone();
        let evict = mocks.events.expect_evict();
        evict.returning(move |session, room, why| {
            let evicted = Done::Evicted(session.0, room, why);
            script.note(|outcome| outcome.done.push(evicted));
        });
        mocks
    }

    /// Whoever asks who is present begins a look.
    fn present(&self) -> Present {
        let before: Vec<_> = {
            let mut outcomes = self.outcomes.lock().unwrap();
            outcomes.push(Outcome::default());
            outcomes
                .iter()
                .flat_map(|outcome| outcome.done.clone())
                .collect()
        };
        let evicted = |session: SessionId, from: RoomId| {
            before.iter().any(|done| match done {
                Done::Evicted(id, room, _) => (*id, *room) == (session.0, from),
                Done::Expelled(..) => false,
            })
        };
        let mut sessions = self.now().sessions;
        for here in &mut sessions {
            here.seats.retain(|(room, _)| !evicted(here.session, *room));
        }
        let seats = sessions.iter().flat_map(|here| here.seats.iter());
        let taken: BTreeSet<_> = seats.map(|(room, _)| *room).collect();
        let rooms = self.sat.iter().filter(|room| taken.contains(&room.id));
        let rooms = rooms.map(|room| Expected {
            room: room.id,
            revision: room.revision,
            last: Seq(38),
        });
        Present {
            rooms: rooms.collect(),
            sessions,
        }
    }

    fn now(&self) -> Look {
        self.looks[self.outcomes.lock().unwrap().len() - 1].clone()
    }

    fn note(&self, note: impl FnOnce(&mut Outcome)) {
        note(self.outcomes.lock().unwrap().last_mut().unwrap());
    }
}

fn there<T>(there: bool, what: T) -> Result<T, Unavailable> {
    let what = there.then_some(what);
    what.ok_or_else(|| Unavailable::passing("the store is away"))
}
