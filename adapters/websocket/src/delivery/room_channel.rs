//! The subscribers of one room, and the room's events on their way to them.
//!
//! Invariants:
//! 1. `next` is the number of the event to deliver next. It only grows. An event is
//!    delivered when its number is `next`; one that comes earlier waits in
//!    `pending`.
//! 2. `next` is not known before the first subscriber is anchored. Until then every
//!    event waits in `pending`.
//! 3. A subscriber whose join has not been answered receives nothing: its frames are
//!    buffered, and delivered when the seat becomes active. So no event comes before
//!    the join response and none after it is lost.
//! 4. The notice that a seat was taken away is queued under this channel's lock, with
//!    the removal of the seat. So it cannot follow the response to `leave_room`, and
//!    no event follows it.
//! 5. The requester receives its response exactly once, whether it has a seat or not.
//! 6. A channel without subscribers is abandoned: the hub has dropped it, and nothing
//!    will be delivered here any more.

mod subscriber;

use std::{
    collections::{BTreeMap, BTreeSet},
    mem,
    sync::Arc,
};

use aftermatch_ports::model::{Revision, RoomEvent, RoomVersion, Seat, Seq, SessionId};
use aftermatch_protocol::{event as frames, response::ReadyParticipants};
use bytes::Bytes;
use tokio::{sync::oneshot, time::Instant};

use self::subscriber::Subscriber;
use super::{connection::Connection, pass::Pass};
use crate::encode;

/// A response for a session that has left the room since.
pub(super) type DirectReply = (SessionId, Bytes);

/// How many skipped numbers are remembered.
const MAX_SKIPPED: i64 = 1_024;

#[derive(Default)]
pub(super) struct RoomChannel {
    subscribers: Vec<Subscriber>,
    /// Invariants 1 and 2.
    next: Option<Seq>,
    /// The last event before the first one delivered here.
    anchor: Option<Seq>,
    /// Events that came before their turn.
    pending: BTreeMap<Seq, Pending>,
    /// Numbers that were given up. Should such an event come after all, it is
    /// delivered late.
    skipped: BTreeSet<Seq>,
    /// The oldest revision of the room by which a seat became active.
    revision: Option<Revision>,
    /// The JSON of the room's participants at one of its revisions.
    participants: Option<(Revision, ReadyParticipants)>,
    /// The connections of all subscribers, listed when they are needed.
    recipients: Option<Arc<[Arc<Connection>]>>,
    /// When the first event was delivered that no pass has begun to send.
    unsent: Option<Instant>,
    /// Whether a pass is running.
    flushing: bool,
}

struct Pending {
    /// `None`: there is nothing to deliver for this number.
    event: Option<RoomEvent>,
    /// Notifies the task that waits for its turn.
    delivered: Option<oneshot::Sender<()>>,
}

/// Sending.
impl RoomChannel {
    /// Begins to send, unless there is nothing to send or a pass is running, which
    /// will be followed by another.
    pub(super) fn begin_pass(&mut self) -> Option<Pass> {
        if self.flushing {
            return None;
        }
        self.next_pass()
    }

    /// Continues to send, if something was delivered during the last pass.
    pub(super) fn next_pass(&mut self) -> Option<Pass> {
        let since = self.unsent.take();
        self.flushing = since.is_some();
        let subscribers = &self.subscribers;
        let list = || subscribers.iter().map(|each| each.connection.clone());
        Some(Pass {
            since: since?,
            recipients: self
                .recipients
                .get_or_insert_with(|| list().collect())
                .clone(),
        })
    }
}

/// Seats.
impl RoomChannel {
    /// The oldest revision by which the room was joined, and the last event delivered.
    pub(super) fn version(&self) -> Option<RoomVersion> {
        Some(RoomVersion {
            room: self.subscribers.first()?.seat.room,
            revision: self.revision?,
            last_seq: self.last_delivered()?,
        })
    }

    pub(super) fn seats(&self) -> impl Iterator<Item = Seat> {
        self.subscribers.iter().map(|subscriber| subscriber.seat)
    }

    /// Starts buffering for a new seat, or for the one that the session has.
    pub(super) fn reserve(&mut self, seat: Seat, connection: Arc<Connection>) {
        connection.reserve(seat.room);
        match self.subscriber(seat.session) {
            Some(subscriber) => subscriber.reserve_again(seat),
            None => {
                self.recipients = None;
                self.subscribers.push(Subscriber::reserve(seat, connection));
            }
        }
    }

    /// The room was read for a reserved seat, up to event `last_seq`. Whether
    /// everything after it is delivered here.
    pub(super) fn anchor(&mut self, last_seq: Seq) -> (bool, Vec<DirectReply>) {
        if self.next.is_some() {
            let reached = self.anchor.is_none_or(|anchor| last_seq >= anchor);
            return (reached, Vec::new());
        }
        self.anchor = Some(last_seq);
        self.next = Some(last_seq.next());
        // Those who read the room later read these as well.
        self.pending = self.pending.split_off(&last_seq.next());
        (true, self.deliver_pending(Seq::ZERO))
    }

    /// Makes the session's reserved seat active. If it was taken away meanwhile, it
    /// is removed instead (invariant 4).
    pub(super) fn activate(&mut self, session: SessionId, joined: RoomVersion) {
        let Some(subscriber) = self.subscriber(session) else {
            return;
        };
        if subscriber.activate(joined) {
            let oldest = self
                .revision
                .map_or(joined.revision, |oldest| oldest.min(joined.revision));
            self.revision = Some(oldest);
        } else {
            self.remove(session);
        }
    }

    /// Ends the session's reservation. A seat that it had before remains, unless it
    /// was taken away meanwhile.
    pub(super) fn cancel(&mut self, session: SessionId) {
        if let Some(subscriber) = self.subscriber(session)
            && !subscriber.cancel()
        {
            self.remove(session);
        }
    }

    /// Removes the session's seat.
    pub(super) fn remove(&mut self, session: SessionId) -> Option<Arc<Connection>> {
        let mut subscribers = self.subscribers.iter();
        let index = subscribers.position(|subscriber| subscriber.seat.session == session)?;
        self.recipients = None;
        let Subscriber {
            seat, connection, ..
        } = self.subscribers.remove(index);
        connection.leave(seat.room);
        Some(connection)
    }

    /// Takes the session's seat away. Invariant 4: an active seat is removed at
    /// once; the notice to a reserved one follows its join response.
    pub(super) fn evict(
        &mut self,
        session: SessionId,
        notice: impl FnOnce() -> Bytes,
    ) -> Option<Arc<Connection>> {
        let subscriber = self.subscriber(session)?;
        if subscriber.is_reserved() {
            return subscriber
                .revoke(notice)
                .then(|| subscriber.connection.clone());
        }
        subscriber.connection.outbox().push(notice());
        self.remove(session)
    }

    /// If nobody is left: the responses of requesters whose events still wait.
    pub(super) fn abandon_if_empty(&mut self) -> Option<Vec<DirectReply>> {
        self.subscribers.is_empty().then(|| {
            let pending = mem::take(&mut self.pending).into_values();
            let events = pending.filter_map(|pending| pending.event);
            events.flat_map(|event| reply_only(&event)).collect()
        })
    }

    fn subscriber(&mut self, session: SessionId) -> Option<&mut Subscriber> {
        let mut subscribers = self.subscribers.iter_mut();
        subscribers.find(|subscriber| subscriber.seat.session == session)
    }
}

/// Events.
impl RoomChannel {
    /// The number of the last event delivered.
    pub(super) fn last_delivered(&self) -> Option<Seq> {
        self.next.map(Seq::before)
    }

    /// Delivers `event` if it is its turn, and then those that waited for it. Else
    /// the event waits, and so can the caller.
    pub(super) fn broadcast(
        &mut self,
        mut event: RoomEvent,
    ) -> (Option<oneshot::Receiver<()>>, Vec<DirectReply>) {
        // Invariant 6.
        if self.subscribers.is_empty() {
            return (None, reply_only(&event));
        }
        let seq = event.seq;
        match self.next {
            Some(next) if seq == next => {
                let mut replies = self.deliver(&event);
                replies.extend(self.deliver_pending(Seq::ZERO));
                (None, replies)
            }
            // Skipped after the timeout; deliver late.
            Some(next) if seq < next && self.skipped.contains(&seq) => {
                self.skipped.remove(&seq);
                (None, self.deliver(&event))
            }
            // Superseded by a backfill; only the requester still needs its response.
            Some(next) if seq < next => (None, self.respond(&event).into_iter().collect()),
            next => {
                let mut replies = Vec::new();
                // Invariant 5: nobody knows when the room will be anchored.
                if next.is_none() && !self.has_seat(event.requester) {
                    replies = reply_only(&event);
                    event.requester = None;
                }
                let (delivered, turn) = oneshot::channel();
                let (event, delivered) = (Some(event), Some(delivered));
                self.pending.insert(seq, Pending { event, delivered });
                (Some(turn), replies)
            }
        }
    }

    /// Takes events that other processes committed, each for its turn.
    pub(super) fn insert_remote(
        &mut self,
        events: Vec<(Seq, Option<RoomEvent>)>,
    ) -> Vec<DirectReply> {
        let Some(next) = self.next else {
            return Vec::new();
        };
        for (seq, event) in events {
            if seq >= next {
                let delivered = None;
                let pending = self.pending.entry(seq);
                pending.or_insert(Pending { event, delivered });
            }
        }
        self.deliver_pending(Seq::ZERO)
    }

    /// Delivers `events` and what waits, up to event `last_seq`, and waits for
    /// nothing else up to there. `None`: the events could not be read.
    pub(super) fn backfill(
        &mut self,
        events: Option<Vec<RoomEvent>>,
        last_seq: Seq,
    ) -> Vec<DirectReply> {
        let Some(next) = self.next.filter(|next| *next <= last_seq) else {
            return Vec::new();
        };
        if events.is_none() {
            let missing = (next.0..=last_seq.0).rev();
            let missing = missing.take_while(|seq| last_seq.0 - seq < MAX_SKIPPED);
            self.skipped = missing.map(Seq).collect();
        }
        let events = events.into_iter().flatten();
        let mut replies =
            self.insert_remote(events.map(|event| (event.seq, Some(event))).collect());
        replies.extend(self.deliver_pending(last_seq));
        self.next = self.next.max(Some(last_seq.next()));
        replies.extend(self.deliver_pending(Seq::ZERO));
        replies
    }

    /// Delivers what waits: everything whose turn it is, and everything up to
    /// `last_seq`.
    fn deliver_pending(&mut self, last_seq: Seq) -> Vec<DirectReply> {
        let mut replies = Vec::new();
        while let (Some(next), Some(first)) = (self.next, self.pending.first_entry()) {
            let seq = *first.key();
            if seq > next && seq > last_seq {
                break;
            }
            let Pending { event, delivered } = first.remove();
            self.skipped.remove(&seq);
            match event {
                Some(event) => replies.extend(self.deliver(&event)),
                None => self.next = self.next.max(Some(seq.next())),
            }
            // The task that waited may have ended.
            let _ = delivered.map(|delivered| delivered.send(()));
        }
        replies
    }

    fn deliver(&mut self, event: &RoomEvent) -> Vec<DirectReply> {
        self.next = self.next.max(Some(event.seq.next()));
        self.unsent.get_or_insert_with(Instant::now);
        let frame = encode::text(&frames::event(event, self.participants(event)));
        let room = &event.room.room;
        let mut responded = event.requester.is_none();
        for subscriber in &mut self.subscribers {
            // The requester receives its response even if it may no longer see the
            // room.
            if Some(subscriber.seat.session) == event.requester {
                responded = true;
                let own = frames::partly_deleted(event).map(|own| encode::text(&own));
                subscriber.push(event.seq, own.unwrap_or_else(|| frame.clone()));
            } else if event.seq > subscriber.since && room.admits(subscriber.seat.viewer) {
                subscriber.push(event.seq, frame.clone());
            }
        }
        if responded {
            Vec::new()
        } else {
            reply_only(event)
        }
    }

    /// Delivers the event to the requester alone.
    fn respond(&mut self, event: &RoomEvent) -> Option<DirectReply> {
        let requester = event.requester?;
        let frame = response(event, self.participants(event));
        match self.subscriber(requester) {
            Some(subscriber) => subscriber.push(event.seq, frame),
            None => return Some((requester, frame)),
        }
        self.unsent.get_or_insert_with(Instant::now);
        None
    }

    fn has_seat(&self, session: Option<SessionId>) -> bool {
        let mut subscribers = self.subscribers.iter();
        subscribers.any(|subscriber| Some(subscriber.seat.session) == session)
    }

    fn participants(&mut self, event: &RoomEvent) -> &ReadyParticipants {
        let room = &event.room.room;
        let write = || (room.revision, ReadyParticipants::of(room));
        let cached = self.participants.get_or_insert_with(write);
        if cached.0 != room.revision {
            *cached = write();
        }
        &cached.1
    }
}

/// The response to the requester of an event, if it has one, for a session without
/// a seat in the room.
pub(super) fn reply_only(event: &RoomEvent) -> Vec<DirectReply> {
    let participants = || ReadyParticipants::of(&event.room.room);
    let reply = |requester| (requester, response(event, &participants()));
    event.requester.map(reply).into_iter().collect()
}

fn response(event: &RoomEvent, participants: &ReadyParticipants) -> Bytes {
    match frames::partly_deleted(event) {
        Some(own) => encode::text(&own),
        None => encode::text(&frames::event(event, participants)),
    }
}
