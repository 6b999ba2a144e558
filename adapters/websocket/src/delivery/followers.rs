//! Who follows what, and which rooms are due for them ([`Inbox`](aftermatch_ports::Inbox)).
//!
//! | file | what it does |
//! |---|---|
//! | `state` | the scopes that are followed, and the rooms that they have |
//! | `state/due` | what is due, and which connections receive it |
//! | `state/known` | what is known of rooms without reading them |
//! | `state/load` | the rooms of a scope, when they are read or compared |
//! | `group` | the connections of one scope |
//! | `entries` | which rooms are due, and when |
//! | `fold` | the state of a room that is known without reading |
//! | `delivery` | which connections receive a summary |
//! | `lean` | the seats that receive new messages without the room, and joins in progress |
//!
//! Invariants:
//! 1. Whatever changes in a room makes it due for each scope that has it. A room that
//!    changes while it is read becomes due again. So the last summary that is delivered is
//!    never older than the last change.
//! 2. A room is read for a scope by one task at a time, and rests for a second after it was
//!    delivered. So summaries of a room come in their order, and no more often. It does not
//!    rest if nobody received anything.
//! 3. A connection that has joined a room receives its events, and no summaries of events: if
//!    all who follow a room have joined it, it is not read. When one loses the seat, the
//!    room is due: what the seat did not receive is in the summary.
//! 4. While the rooms of a scope are being read for the first time, what changes anywhere is
//!    remembered: it may be missing in what is read.
//! 5. So is each room that changes while connections join that receive new messages without
//!    their room: the response may have it as it was before. Who has such a seat is known
//!    for exactly as long as there is the seat.
//! 6. A message that directly follows what was read makes the new state known without reading.
//!    Any other change that is noticed ends that: the room is read when it is due. A change
//!    during a read may be in what is read, or not: then nothing is known after it. So what is
//!    known has every change that was noticed. What nobody reports is a read position whose
//!    signal was lost: it is found when everything is compared, and a state that was read a
//!    minute ago is read again with the next message.
//!
//! The lock on the state is taken after those of rooms. Under it are taken the locks of
//! [`Wants`] and of the deadlines, and a connection is asked which room it has joined.

mod delivery;
mod entries;
mod fold;
mod group;
mod lean;
mod state;

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use aftermatch_ports::{
    DueRoom, RoomState, Scope, Summary,
    model::{
        BrandId, FollowedRooms, Following, LogHead, RoomEvent, RoomId, Seq, SessionId, UserId,
        Viewer,
    },
};
use parking_lot::Mutex;

pub(super) use self::{delivery::Delivery, lean::JoiningLean};
use self::{
    entries::{Key, News},
    fold::Step,
    state::State,
};
use crate::delivery::{connection::Connection, deadlines::Deadlines, wants::Wants};

/// How many rooms are read at a time.
const BATCH: usize = 200;

/// A state that need not be read, and who receives it.
pub(super) type Known = (Summary, Delivery);

pub(super) struct Followers {
    /// Whether there may be any, for a look without the lock.
    any: AtomicBool,
    state: Mutex<State>,
    deadlines: Deadlines<Key>,
}

impl Followers {
    pub(super) fn new(wants: Arc<Wants>) -> Self {
        Self {
            any: AtomicBool::new(false),
            state: Mutex::new(State::new(wants)),
            deadlines: Deadlines::default(),
        }
    }

    pub(super) fn following(&self, session: SessionId) -> Following {
        self.state.lock().following(session)
    }

    /// Returns the scope if its rooms have not been read.
    pub(super) fn follow(
        &self,
        connection: &Arc<Connection>,
        following: Following,
    ) -> Option<Scope> {
        // First: a task that commits an event after this call looks for followers.
        self.any.store(true, Ordering::SeqCst);
        connection.receive(&following);
        let mut state = self.state.lock();
        if state.following(connection.session).rooms != following.rooms {
            state.remove(connection.session);
        }
        let scope = state.add(connection, following);
        self.any.store(!state.is_empty(), Ordering::SeqCst);
        scope
    }

    /// The connection ends.
    pub(super) fn remove(&self, session: SessionId) {
        if self.any() {
            let mut state = self.state.lock();
            state.remove(session);
            self.any.store(!state.is_empty(), Ordering::SeqCst);
        }
    }

    fn any(&self) -> bool {
        self.any.load(Ordering::SeqCst)
    }

    pub(super) fn scopes(&self) -> Vec<Scope> {
        self.state.lock().scopes()
    }

    /// Whether the rooms of the scope are still to be read for the first time.
    pub(super) fn is_loading(&self, scope: Scope) -> bool {
        self.state.lock().is_loading(scope)
    }

    /// Invariant 4.
    pub(super) fn load(&self, scope: Scope, rooms: Vec<(RoomId, RoomState)>) {
        let mut state = self.state.lock();
        for (room, news) in state.load(scope, rooms) {
            self.make_due(&mut state, (room, scope), news);
        }
    }

    pub(super) fn written(&self, room: RoomId, seq: Seq) {
        if !self.any() {
            return;
        }
        let mut state = self.state.lock();
        state.remember(room);
        for scope in state.scopes_of(room) {
            if !state.knows(scope, room, seq) {
                self.changed_for(&mut state, (room, scope), News::default());
            }
        }
    }

    /// Returns what is to be delivered at once: invariant 6.
    pub(super) fn event(&self, event: &RoomEvent) -> Vec<Known> {
        let mut known = Vec::new();
        if !self.any() {
            return known;
        }
        let room = event.room.room.id;
        let mut state = self.state.lock();
        state.remember(room);
        for scope in state.scopes_of(room) {
            let key = (room, scope);
            match state.step(scope, event) {
                Step::Old => {}
                Step::Next if state.is_outside(scope, room) => {
                    if let Some(now) = state.make_due(key, News::default()) {
                        match self.take_known(&mut state, key) {
                            Some(next) => known.push(next),
                            None => self.deadlines.add(now, key),
                        }
                    }
                }
                Step::Next | Step::Unknown => {
                    self.changed_for(&mut state, key, News::default());
                }
            }
        }
        known
    }

    pub(super) fn is_next(&self, room: RoomId, head: LogHead) -> bool {
        self.any() && self.state.lock().is_next(room, head)
    }

    pub(super) fn read(&self, room: RoomId, user: UserId, is_shown: bool) {
        if !self.any() {
            return;
        }
        let mut state = self.state.lock();
        state.remember(room);
        for scope in state.scopes_of(room) {
            let own = scope.reader() == Some(user);
            let shown = is_shown && state.receives(scope, room, |receives| receives.read_positions);
            if own || shown {
                let news = News {
                    more: !own,
                    room: false,
                };
                self.changed_for(&mut state, (room, scope), news);
            }
        }
    }

    /// The user's connections that receive how far it has read, without `except`.
    pub(super) fn receiving_own_reads(
        &self,
        user: UserId,
        except: Option<SessionId>,
    ) -> Vec<Arc<Connection>> {
        if !self.any() {
            return Vec::new();
        }
        let state = self.state.lock();
        let own = state.connections_of(user).cloned();
        own.filter(|each| each.receives().read_positions && Some(each.session) != except)
            .collect()
    }

    /// Who is online in these rooms has changed: `brand` came or went.
    pub(super) fn presence(&self, brand: BrandId, rooms: &[RoomId]) {
        let mut state = self.state.lock();
        let news = News {
            room: false,
            more: true,
        };
        for &room in rooms {
            for scope in state.scopes_of(room) {
                let own = matches!(scope, Scope::Brand { brand: own, .. } if own == brand);
                if !own
                    && state.is_outside(scope, room)
                    && state.receives(scope, room, |receives| receives.presence)
                {
                    self.make_due(&mut state, (room, scope), news);
                }
            }
        }
    }

    pub(super) fn changed(&self, rooms: &[RoomId], participants: &[(RoomId, BrandId)]) {
        let mut state = self.state.lock();
        let news = News {
            room: true,
            more: false,
        };
        let mut changed = HashSet::new();
        for &room in rooms {
            state.remember(room);
            state.joining_lean.changed(room);
            for scope in state
                .scopes_of(room)
                .into_iter()
                .chain(state.lean_scopes_of(room))
            {
                state.admit(scope, room);
                changed.insert((room, scope));
            }
        }
        for &(room, brand) in participants {
            for scope in state.scopes_of_brand(brand) {
                state.admit(scope, room);
                changed.insert((room, scope));
            }
        }
        for key in changed {
            self.make_due(&mut state, key, news);
        }
    }

    /// Invariant 3: the connection has no seat in `room` any more.
    pub(super) fn left(&self, connection: &Connection, room: RoomId) {
        if !self.any() {
            return;
        }
        let mut state = self.state.lock();
        state.not_lean(connection.session, room);
        let scope = connection.scope();
        if state.following(connection.session).rooms != FollowedRooms::None
            && state.scopes_of(room).contains(&scope)
        {
            let news = News {
                room: false,
                more: true,
            };
            self.make_due(&mut state, (room, scope), news);
        }
    }

    /// Waits for rooms that are to be read, or whose states are known.
    pub(super) async fn due(&self) -> (Vec<DueRoom>, Vec<Known>) {
        loop {
            let mut next = Some(self.deadlines.next().await);
            let mut state = self.state.lock();
            let (mut due, mut known) = (Vec::new(), Vec::new());
            while let Some((_, key)) = next {
                match self.take_known(&mut state, key) {
                    Some(next) => known.push(next),
                    None => due.extend(state.begin(key)),
                }
                let is_full = due.len() + known.len() >= BATCH;
                next = (!is_full).then(|| self.deadlines.take_due().ok()).flatten();
            }
            if !due.is_empty() || !known.is_empty() {
                return (due, known);
            }
        }
    }

    fn take_known(&self, state: &mut State, key: Key) -> Option<Known> {
        let (summary, delivery, deadline) = state.take_known(key)?;
        if let Some(deadline) = deadline {
            self.deadlines.add(deadline, key);
        }
        Some((summary, delivery))
    }

    /// Returns which connections receive the summary.
    pub(super) fn delivered(&self, due: DueRoom, summary: &Summary) -> Delivery {
        let mut state = self.state.lock();
        let (delivery, deadline) = state.delivered(due, summary);
        if let Some(deadline) = deadline {
            self.deadlines.add(deadline, (due.room, due.scope));
        }
        delivery
    }

    /// The scope does not have the room any more. Returns who followed it.
    pub(super) fn removed(&self, due: DueRoom) -> Vec<Arc<Connection>> {
        let (following, deadline) = self.state.lock().removed(due.scope, due.room);
        if let Some(deadline) = deadline {
            self.deadlines.add(deadline, (due.room, due.scope));
        }
        following
    }

    /// The user of the connection owns another brand now. Returns the rooms that it followed,
    /// and the scope if its rooms have not been read.
    pub(super) fn turn_to(
        &self,
        connection: &Arc<Connection>,
        viewer: Viewer,
    ) -> (Vec<RoomId>, Option<Scope>) {
        let mut state = self.state.lock();
        let (followed, due, unloaded) = state.turn_to(connection, viewer);
        for key in due {
            self.make_due(&mut state, key, News::default());
        }
        (followed, unloaded)
    }

    pub(super) fn postpone(&self, due: DueRoom) {
        let key = (due.room, due.scope);
        if let Some(deadline) = self.state.lock().postpone(key) {
            self.deadlines.add(deadline, key);
        }
    }

    /// The room has changed for a scope: invariant 3.
    fn changed_for(&self, state: &mut State, key: Key, news: News) {
        let (room, scope) = key;
        if state.is_outside(scope, room) {
            self.make_due(state, key, news);
        } else {
            state.forget(key);
        }
    }

    /// Invariant 6: it is to be read.
    fn make_due(&self, state: &mut State, key: Key, news: News) {
        state.forget(key);
        if let Some(now) = state.make_due(key, news) {
            self.deadlines.add(now, key);
        }
    }
}
