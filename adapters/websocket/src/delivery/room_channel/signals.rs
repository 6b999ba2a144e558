//! What is in no log: who is typing, how far users have read, which brands are online.

use std::{collections::HashMap, mem, sync::Arc, time::Duration};

use aftermatch_ports::model::{BrandId, RoomId, Seq, SessionId, Timestamp, UserId, Viewer};
use aftermatch_protocol::event;
use bytes::Bytes;
use tokio::time::Instant;

use super::{RoomChannel, subscriber::Held};
use crate::{
    delivery::connection::{Connection, TYPING},
    encode,
    transport::Outbox,
};

/// How often it is passed on that a user is typing.
const PASSED_ON: Duration = Duration::from_secs(3);

/// How often others receive how far a user has read.
const READ: Duration = Duration::from_secs(1);

#[derive(Default)]
pub(super) struct RoomSignals {
    typing: Vec<Typist>,
    /// Whether a task waits for the first of them to end.
    is_watched: bool,
    /// The users whose read position others have received in the last second, and where it
    /// has moved since.
    read: HashMap<UserId, Option<Seq>>,
}

impl RoomSignals {
    /// The log has ended. The task that waits for typing to end goes on.
    pub(super) fn ended(&self) -> Self {
        Self {
            is_watched: self.is_watched,
            ..Self::default()
        }
    }
}

struct Typist {
    user: UserId,
    end: Instant,
    passed_on: Instant,
}

/// A user is typing.
pub(in crate::delivery) struct Typing {
    /// Whether that goes to other processes.
    pub(in crate::delivery) is_passed_on: bool,
    pub(in crate::delivery) connections: Vec<Arc<Connection>>,
    /// When the first to end may end, if nobody waits for that yet.
    pub(in crate::delivery) first_end: Option<Instant>,
}

/// A user has read further.
#[derive(Default)]
pub(in crate::delivery) struct ReadFurther {
    pub(in crate::delivery) connections: Vec<Arc<Connection>>,
    /// When others may receive more, if nobody waits for that yet.
    pub(in crate::delivery) first_end: Option<Instant>,
}

/// What came at the end of a time.
#[derive(Default)]
pub(in crate::delivery) struct Ended {
    pub(in crate::delivery) connections: Vec<Arc<Connection>>,
    /// The next end.
    pub(in crate::delivery) next: Option<Instant>,
}

impl RoomChannel {
    pub(in crate::delivery) fn typing(&mut self, user: UserId) -> Typing {
        let now = Instant::now();
        let typing = &mut self.signals.typing;
        if let Some(typist) = typing.iter_mut().find(|typist| typist.user == user) {
            typist.end = now + TYPING;
            let is_passed_on = now >= typist.passed_on + PASSED_ON;
            if is_passed_on {
                typist.passed_on = now;
            }
            return Typing {
                is_passed_on,
                connections: Vec::new(),
                first_end: None,
            };
        }
        typing.push(Typist {
            user,
            end: now + TYPING,
            passed_on: now,
        });
        let is_watched = mem::replace(&mut self.signals.is_watched, true);
        Typing {
            is_passed_on: true,
            connections: self.show_typing(),
            first_end: (!is_watched).then_some(now + TYPING),
        }
    }

    pub(in crate::delivery) fn is_typing(&self, user: UserId) -> bool {
        let mut typing = self.signals.typing.iter();
        typing.any(|typist| typist.user == user)
    }

    pub(in crate::delivery) fn stop_typing(&mut self, user: UserId) -> Vec<Arc<Connection>> {
        if !self.is_typing(user) {
            return Vec::new();
        }
        self.signals.typing.retain(|typist| typist.user != user);
        self.show_typing()
    }

    /// The time of some is over.
    pub(in crate::delivery) fn end_typing(&mut self) -> Ended {
        let now = Instant::now();
        let before = self.signals.typing.len();
        self.signals.typing.retain(|typist| typist.end > now);
        let ended = self.signals.typing.len() < before;
        let next = self.signals.typing.iter().map(|typist| typist.end).min();
        self.signals.is_watched = next.is_some();
        Ended {
            connections: if ended {
                self.show_typing()
            } else {
                Vec::new()
            },
            next,
        }
    }

    /// Everyone who is typing, to everyone joined who follows that.
    fn show_typing(&mut self) -> Vec<Arc<Connection>> {
        let users = self.signals.typing.iter().map(|typist| typist.user);
        let users: Vec<_> = users.collect();
        let frame = |room| encode::text(&event::typing(room, users));
        self.show(
            |each| each.receives().typing,
            frame,
            Outbox::push_droppable,
            None,
        )
    }

    /// Everyone who is typing, to a session that has just joined and follows that. It is sent
    /// with its join response.
    pub(super) fn show_typing_to(&mut self, session: SessionId) {
        let users = self.signals.typing.iter().map(|typist| typist.user);
        let users: Vec<_> = users.collect();
        if let Some(subscriber) = self.subscriber(session)
            && subscriber.connection.receives().typing
            && !users.is_empty()
        {
            let frame = encode::text(&event::typing(subscriber.seat.room, users));
            subscriber.connection.outbox().push_droppable(frame);
        }
    }

    pub(in crate::delivery) fn read(&mut self, user: UserId, seq: Seq) -> ReadFurther {
        if let Some(later) = self.signals.read.get_mut(&user) {
            *later = (*later).max(Some(seq));
            return ReadFurther::default();
        }
        let connections = self.show_read(user, seq);
        if connections.is_empty() {
            return ReadFurther::default();
        }
        self.signals.read.insert(user, None);
        ReadFurther {
            connections,
            first_end: Some(Instant::now() + READ),
        }
    }

    /// Others may receive the user's position again.
    pub(in crate::delivery) fn read_later(&mut self, user: UserId) -> Ended {
        match self.signals.read.insert(user, None) {
            Some(Some(seq)) => Ended {
                connections: self.show_read(user, seq),
                next: Some(Instant::now() + READ),
            },
            _ => {
                self.signals.read.remove(&user);
                Ended::default()
            }
        }
    }

    fn show_read(&mut self, user: UserId, seq: Seq) -> Vec<Arc<Connection>> {
        let frame = |room| encode::text(&event::read(room, user, seq));
        let receives = |each: &Connection| each.receives().read_positions && each.user != user;
        self.show(receives, frame, Outbox::push, Some(Held::Read(user)))
    }

    /// A brand has come, or was last seen then.
    pub(in crate::delivery) fn presence(
        &mut self,
        brand: BrandId,
        last_seen: Option<Timestamp>,
    ) -> Vec<Arc<Connection>> {
        let frame = |_| encode::text(&event::presence(brand, last_seen));
        let own = Viewer::Brand(brand);
        let receives = |each: &Connection| each.receives().presence && each.viewer() != own;
        self.show(receives, frame, Outbox::push, Some(Held::Presence(brand)))
    }

    /// Puts a frame into the outbox of everyone joined who follows that. Returns them. For
    /// who is about to join, it is held.
    fn show(
        &mut self,
        receives: impl Fn(&Connection) -> bool,
        frame: impl FnOnce(RoomId) -> Bytes,
        push: fn(&Outbox, Bytes),
        held: Option<Held>,
    ) -> Vec<Arc<Connection>> {
        let Some(room) = self.room() else {
            return Vec::new();
        };
        let subscribers = self.subscribers.iter_mut();
        let mut receiving = subscribers
            .filter(|each| receives(&each.connection))
            .peekable();
        if receiving.peek().is_none() {
            return Vec::new();
        }
        let frame = frame(room);
        let mut connections = Vec::new();
        for subscriber in receiving {
            if !subscriber.is_reserved() {
                push(subscriber.connection.outbox(), frame.clone());
                connections.push(subscriber.connection.clone());
            } else if let Some(held) = held {
                subscriber.hold(held, frame.clone());
            }
        }
        connections
    }

    pub(in crate::delivery) fn has_seat_of(&self, user: UserId) -> bool {
        let mut subscribers = self.subscribers.iter();
        subscribers.any(|subscriber| subscriber.connection.user == user)
    }
}
