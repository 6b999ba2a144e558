//! Runs several rechecks, each on a given snapshot, and reports what each one did.

use std::{
    collections::BTreeSet,
    mem,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use aftermatch_ports::{
    Connected, ConnectedSession, Stale, StoreError,
    model::{Eviction, Refusal, Revision, Room, RoomId, RoomVersion, Seq, SessionId, User, UserId},
};

use crate::testing::Mocks;

/// The state that one check finds.
#[derive(Clone)]
pub(super) struct Snapshot {
    /// Who is connected. A seat that an earlier check took away is left out.
    pub(super) sessions: Vec<ConnectedSession>,
    /// Who has connected when the stale users and rooms have been read.
    pub(super) latecomers: Vec<ConnectedSession>,
    /// All users of the store.
    pub(super) users: Vec<User>,
    /// All rooms of the store.
    pub(super) rooms: Vec<Room>,
    pub(super) unreadable: Unreadable,
}

/// What the store fails to read.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Unreadable {
    Nothing,
    /// Which users and rooms are stale.
    Stale,
    User(UserId),
    Room(RoomId),
}

/// What one check did.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Report {
    pub(super) removals: Vec<Removal>,
    pub(super) users_read: Vec<UserId>,
    pub(super) rooms_read: Vec<RoomId>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Removal {
    Disconnected(i64, Refusal),
    Evicted(i64, RoomId, Eviction),
}

struct Script {
    /// The rooms as they were when they were joined.
    joined: Vec<Room>,
    snapshots: Vec<Snapshot>,
    /// One of each check that has begun.
    reports: Mutex<Vec<Report>>,
    /// Whether the check has found something stale.
    stale: AtomicBool,
}

/// The removals of each check.
pub(super) fn removals(snapshots: Vec<Snapshot>) -> Vec<Vec<Removal>> {
    let reports = run_checks(snapshots).into_iter();
    reports.map(|report| report.removals).collect()
}

/// One check for each snapshot.
pub(super) fn run_checks(snapshots: Vec<Snapshot>) -> Vec<Report> {
    let checks = snapshots.len();
    let script = Arc::new(Script {
        joined: super::unchanged().rooms,
        snapshots,
        reports: Mutex::default(),
        stale: AtomicBool::new(false),
    });
    script.mocks().recheck(checks);
    mem::take(&mut script.reports.lock().unwrap())
}

impl Script {
    fn mocks(self: &Arc<Self>) -> Mocks {
        let mut mocks = Mocks::untouched();
        let script = self.clone();
        let connected = mocks.presence.expect_connected();
        connected.returning(move || {
            if !script.stale.swap(false, Ordering::Relaxed) {
                script.reports.lock().unwrap().push(Report::default());
            }
            script.connected()
        });
        let script = self.clone();
        let stale = mocks.revisions.expect_stale();
        stale.returning(move |users, rooms| {
            let now = script.now();
            let stale = now.stale(&users, &rooms);
            let readable_now = now.unreadable != Unreadable::Stale;
            let found = readable_now && stale != Stale::default();
            script.stale.store(found, Ordering::Relaxed);
            readable(readable_now, stale)
        });
        let script = self.clone();
        let user = mocks.people.expect_user();
        user.returning(move |id, _| {
            script.report(|report| report.users_read.push(id));
            let now = script.now();
            let user = now.user(id).cloned();
            readable(now.unreadable != Unreadable::User(id), user.map(Arc::new))
        });
        let script = self.clone();
        let room = mocks.rooms.expect_room();
        room.returning(move |id, _| {
            script.report(|report| report.rooms_read.push(id));
            let now = script.now();
            let room = now.room(id).cloned();
            readable(now.unreadable != Unreadable::Room(id), room.map(Arc::new))
        });
        let script = self.clone();
        let disconnect = mocks.presence.expect_disconnect();
        disconnect.returning(move |session, reason| {
            let removal = Removal::Disconnected(session.0, reason);
            script.report(|report| report.removals.push(removal));
        });
        let script = self.clone();
        let unsubscribe = mocks.seats.expect_unsubscribe();
        unsubscribe.returning(move |session, room, reason| {
            let removal = Removal::Evicted(session.0, room, reason);
            script.report(|report| report.removals.push(removal));
        });
        mocks
    }

    /// A check asks at its beginning who is connected, and again if it has found
    /// something stale.
    fn connected(&self) -> Connected {
        let (removals, has_read): (Vec<_>, _) = {
            let reports = self.reports.lock().unwrap();
            let removals = reports.iter().map(|report| report.removals.clone());
            let Report {
                users_read,
                rooms_read,
                ..
            } = reports.last().unwrap();
            let has_read = !(users_read.is_empty() && rooms_read.is_empty());
            (removals.flatten().collect(), has_read)
        };
        let evicted = |session: SessionId, from: RoomId| {
            removals.iter().any(|removal| match removal {
                Removal::Evicted(id, room, _) => (*id, *room) == (session.0, from),
                Removal::Disconnected(..) => false,
            })
        };
        let now = self.now();
        let mut sessions = now.sessions;
        if has_read {
            sessions.extend(now.latecomers);
        }
        for each in &mut sessions {
            each.seats.retain(|(room, _)| !evicted(each.session, *room));
        }
        let seats = sessions.iter().flat_map(|each| each.seats.iter());
        let joined: BTreeSet<_> = seats.map(|(room, _)| *room).collect();
        let rooms = self.joined.iter().filter(|room| joined.contains(&room.id));
        let rooms = rooms.map(|room| RoomVersion {
            room: room.id,
            revision: room.revision,
            last_seq: Seq(38),
        });
        Connected {
            rooms: rooms.collect(),
            sessions,
        }
    }

    /// The snapshot of the check that has begun last.
    fn now(&self) -> Snapshot {
        self.snapshots[self.reports.lock().unwrap().len() - 1].clone()
    }

    fn report(&self, change: impl FnOnce(&mut Report)) {
        change(self.reports.lock().unwrap().last_mut().unwrap());
    }
}

impl Snapshot {
    fn user(&self, id: UserId) -> Option<&User> {
        self.users.iter().find(|user| user.id == id)
    }

    fn room(&self, id: RoomId) -> Option<&Room> {
        self.rooms.iter().find(|room| room.id == id)
    }

    fn stale(&self, users: &[(UserId, Revision)], rooms: &[RoomVersion]) -> Stale {
        let users = users.iter().filter(|(id, revision)| {
            let user = self.user(*id);
            user.is_none_or(|user| user.revision != *revision)
        });
        let rooms = rooms.iter().filter(|seen| {
            let room = self.room(seen.room);
            room.is_none_or(|room| room.revision != seen.revision)
        });
        Stale {
            users: users.map(|(id, _)| *id).collect(),
            rooms: rooms.map(|seen| seen.room).collect(),
            behind: vec![],
        }
    }
}

fn readable<T>(readable: bool, value: T) -> Result<T, StoreError> {
    let value = readable.then_some(value);
    value.ok_or_else(|| StoreError::transient("the store is away"))
}
