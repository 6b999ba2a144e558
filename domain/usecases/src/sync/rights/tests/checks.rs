//! Runs several rechecks, each on a given snapshot, and reports what each one did.

use std::{
    collections::BTreeSet,
    mem,
    sync::{Arc, Mutex},
};

use aftermatch_ports::{
    Changes, Connected, ConnectedSession, Difference, Expected, StoreError,
    model::{Eviction, LogHead, Refusal, Room, RoomId, SessionId, User, UserId, Viewer},
};

use crate::testing::{Mocks, ROOM, head};

/// The state that one check finds.
#[derive(Clone)]
pub(super) struct Snapshot {
    /// Who is connected. A seat that an earlier check took away is left out.
    pub(super) sessions: Vec<ConnectedSession>,
    /// Who has connected when users and rooms have been read again.
    pub(super) latecomers: Vec<ConnectedSession>,
    /// All users of the store.
    pub(super) users: Vec<User>,
    /// All rooms of the store.
    pub(super) rooms: Vec<Room>,
    /// How far the log of [`ROOM`] goes. It was delivered up to event 38.
    pub(super) log: LogHead,
    /// Whether the store cannot say what has changed.
    pub(super) unknown: bool,
    pub(super) unreadable: Unreadable,
}

/// What the store fails to read.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Unreadable {
    Nothing,
    /// What has changed.
    Changes,
    /// Whether everything is as expected.
    Comparison,
    User(UserId),
    Room(RoomId),
}

/// What one check did.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Report {
    pub(super) removals: Vec<Removal>,
    /// The sessions that see the rooms of another brand now.
    pub(super) turned: Vec<(i64, Viewer)>,
    pub(super) users_read: Vec<UserId>,
    pub(super) rooms_read: Vec<RoomId>,
    /// What was compared with the store: users and rooms.
    pub(super) compared: (usize, usize),
    /// How far the log of [`ROOM`] was said to go.
    pub(super) expected: Option<LogHead>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Removal {
    Disconnected(i64, Refusal),
    Evicted(i64, RoomId, Eviction),
    Closed(RoomId, Eviction),
}

struct Script {
    snapshots: Vec<Snapshot>,
    /// One of each check that has begun.
    reports: Mutex<Vec<Report>>,
    /// The snapshot of which the store has reported the changes.
    reported: Mutex<Option<Snapshot>>,
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
        snapshots,
        reports: Mutex::default(),
        reported: Mutex::default(),
    });
    script.mocks().recheck(checks);
    mem::take(&mut script.reports.lock().unwrap())
}

impl Script {
    fn mocks(self: &Arc<Self>) -> Mocks {
        let mut mocks = Mocks::untouched();
        self.script_reads(&mut mocks);
        self.script_removals(&mut mocks);
        mocks
    }

    fn script_reads(self: &Arc<Self>, mocks: &mut Mocks) {
        let script = self.clone();
        let changes = mocks.revisions.expect_changes();
        changes.returning(move || script.changes());
        let script = self.clone();
        let connected = mocks.presence.expect_connected();
        connected.returning(move || script.connected());
        let script = self.clone();
        let compare = mocks.revisions.expect_compare();
        compare.returning(move |expected| {
            let compared = (expected.roles.len(), expected.rooms.len());
            script.report(|report| report.compared = compared);
            let now = script.now();
            readable(
                now.unreadable != Unreadable::Comparison,
                now.differs(&expected),
            )
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
    }

    fn script_removals(self: &Arc<Self>, mocks: &mut Mocks) {
        let script = self.clone();
        let turn_to = mocks.inbox.expect_turn_to();
        turn_to.returning(move |session, viewer| {
            script.report(|report| report.turned.push((session.0, viewer)));
            None
        });
        let script = self.clone();
        let disconnect = mocks.presence.expect_disconnect();
        disconnect.returning(move |session, reason| {
            script.remove(Removal::Disconnected(session.0, reason));
        });
        let script = self.clone();
        let unsubscribe = mocks.seats.expect_unsubscribe();
        unsubscribe.returning(move |session, room, reason| {
            script.remove(Removal::Evicted(session.0, room, reason));
        });
        let script = self.clone();
        let close = mocks.broadcast.expect_close();
        close.returning(move |room, _, reason| script.remove(Removal::Closed(room, reason)));
        let script = self.clone();
        let expect = mocks.broadcast.expect_expect();
        expect.returning(move |_, head| script.report(|report| report.expected = Some(head)));
        mocks.broadcast.expect_delivered().return_const(head(38));
    }

    /// A check begins with this.
    fn changes(&self) -> Result<Changes, StoreError> {
        self.reports.lock().unwrap().push(Report::default());
        let now = self.now();
        if now.unreadable == Unreadable::Changes {
            return readable(false, Changes::Unknown);
        }
        let before = self.reported.lock().unwrap().replace(now.clone());
        Ok(match before {
            Some(before) if !now.unknown => now.since(&before),
            _ => Changes::Unknown,
        })
    }

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
                Removal::Closed(room, _) => *room == from,
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
        let rooms = joined.into_iter().map(|room| (room, head(38)));
        Connected {
            rooms: rooms.collect(),
            sessions,
        }
    }

    /// The snapshot of the check that has begun last.
    fn now(&self) -> Snapshot {
        self.snapshots[self.reports.lock().unwrap().len() - 1].clone()
    }

    fn remove(&self, removal: Removal) {
        self.report(|report| report.removals.push(removal));
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

    /// What has changed since `before`, as revisions show it.
    fn since(&self, before: &Self) -> Changes {
        let users = before.users.iter().chain(&self.users).map(|user| user.id);
        let users = users.filter(|id| {
            let revision = |of: &Self| of.user(*id).map(|user| user.revision);
            revision(self) != revision(before)
        });
        let rooms = before.rooms.iter().chain(&self.rooms).map(|room| room.id);
        let rooms = rooms.filter(|id| {
            let revision = |of: &Self| of.room(*id).map(|room| room.revision);
            revision(self) != revision(before)
        });
        let logs = (self.log != before.log).then_some((ROOM, self.log));
        Changes::Known {
            users: users.collect::<BTreeSet<_>>().into_iter().collect(),
            rooms: rooms.collect::<BTreeSet<_>>().into_iter().collect(),
            logs: logs.into_iter().collect(),
        }
    }

    fn differs(&self, expected: &Expected) -> Difference {
        let users = expected.roles.iter().filter(|(id, role)| {
            let user = self.user(*id).filter(|user| user.active);
            !user.is_some_and(|user| match role {
                Viewer::Brand(brand) => user.brand == Some(*brand),
                Viewer::Admin => user.admin,
            })
        });
        let gone = expected.rooms.iter().filter(|id| self.room(**id).is_none());
        let without = expected.participants.iter().filter(|(id, brand)| {
            let room = self.room(*id);
            room.is_some_and(|room| !room.has(*brand))
        });
        let rooms = gone.copied().chain(without.map(|(room, _)| *room));
        let logs = expected.logs.iter().filter(|(room, _)| *room == ROOM);
        let logs = logs.filter(|(_, expected)| *expected != self.log);
        Difference {
            users: users.map(|(id, _)| *id).collect(),
            rooms: rooms.collect(),
            logs: logs.map(|(room, _)| (*room, self.log)).collect(),
        }
    }
}

fn readable<T>(readable: bool, value: T) -> Result<T, StoreError> {
    let value = readable.then_some(value);
    value.ok_or_else(|| StoreError::transient("the store is away"))
}
