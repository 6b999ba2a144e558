//! An event into the outboxes of the subscribers.

use aftermatch_ports::model::{EventKind, Eviction, RoomEvent, SessionId};
use aftermatch_protocol::{event as frames, response::ReadyParticipants};
use tokio::time::Instant;

use super::{
    After, Closed, RoomChannel,
    reply::{DirectReply, reply_only, response},
};
use crate::{encode, transport::Shared};

/// An event was delivered.
pub(super) struct Delivered {
    /// The response, if the requester has no seat.
    pub(super) reply: Option<DirectReply>,
    /// Whether every seat that is due an event with this number received it.
    to_all: bool,
    /// Seats that may not see the room as it was: they end, because they have missed an
    /// event.
    pub(super) excluded: Vec<SessionId>,
}

impl RoomChannel {
    /// Delivers an event whose requester is not known here, although it may be a
    /// session of this process: its own broadcast may be late.
    pub(super) fn deliver_unrequested(&mut self, event: &RoomEvent, after: &mut After) {
        let Delivered {
            to_all, excluded, ..
        } = self.deliver(event);
        self.exclude(excluded, after);
        let requested = event.request_id.as_str().is_some();
        let received = self.received.get_or_insert_default();
        received.note(event.seq, to_all && requested);
    }

    pub(super) fn deliver(&mut self, event: &RoomEvent) -> Delivered {
        if let Some(position) = &mut self.position {
            position.next = event.seq.next();
        }
        self.latest = self.latest.max(Some(event.at));
        self.unsent.get_or_insert_with(Instant::now);
        let frame = encode::text(&frames::event(event, Some(self.participants(event))));
        let mut frame = Shared::from(frame);
        let mut lean = None;
        let room = &event.room.room;
        let mut responded = event.requester.is_none();
        let (mut to_all, mut excluded) = (true, Vec::new());
        for subscriber in &mut self.subscribers {
            // The requester receives its response even if it may no longer see the
            // room.
            if Some(subscriber.seat.session) == event.requester {
                responded = true;
                let own = frames::partly_deleted(event).map(|own| encode::text(&own));
                let own = own.unwrap_or_else(|| subscriber.frame(event, &mut frame, &mut lean));
                subscriber.push(event.seq, own);
            } else if event.seq > subscriber.since {
                if room.admits(subscriber.seat.viewer) {
                    let frame = subscriber.frame(event, &mut frame, &mut lean);
                    subscriber.push(event.seq, frame);
                } else {
                    to_all = false;
                    if !subscriber.exclude(event.seq) {
                        excluded.push(subscriber.seat.session);
                    }
                }
            }
        }
        if let EventKind::Created(_) = event.kind {
            // Sent with the event.
            self.stop_typing(event.by);
        }
        let reply = if responded { None } else { reply_only(event) };
        Delivered {
            reply,
            to_all,
            excluded,
        }
    }

    /// Takes seats away that have missed an event: their brands were not in the room
    /// when it was committed.
    pub(super) fn exclude(&mut self, sessions: Vec<SessionId>, after: &mut After) {
        let Some(room) = self.room().filter(|_| !sessions.is_empty()) else {
            return;
        };
        let reason = Eviction::BrandRemoved;
        let notice = || encode::text(&frames::room_closed(room, reason));
        let connections = sessions
            .into_iter()
            .filter_map(|session| self.evict(session, notice));
        let connections: Vec<_> = connections.collect();
        after.closed.push(Closed {
            reason,
            seats: connections.len() as u64,
            connections,
        });
    }

    /// Delivers an event to the requester alone, unless it has it.
    pub(super) fn respond(&mut self, event: &RoomEvent) -> Option<DirectReply> {
        let requester = event.requester?;
        let everyone_has_it = self
            .received
            .as_ref()
            .is_some_and(|each| each.contains(event.seq));
        let is_whole = frames::partly_deleted(event).is_none();
        let frame = response(event, self.participants(event));
        let Some(subscriber) = self.subscriber(requester) else {
            return Some(DirectReply {
                session: requester,
                frame,
                turn: None,
            });
        };
        if !(everyone_has_it && is_whole && event.seq > subscriber.since) {
            let frame = subscriber.connection.outbox().form(&mut frame.into());
            subscriber.push(event.seq, frame);
            self.unsent.get_or_insert_with(Instant::now);
        }
        None
    }

    pub(super) fn has_seat(&self, session: Option<SessionId>) -> bool {
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
