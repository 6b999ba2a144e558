//! Joining a room: the response, what the client missed, then what follows.

use aftermatch_ports::{
    ChatError, Joined, Missed, Since,
    model::{EventKind, Message, RequestId, RoomId, RoomView, Seq},
};
use aftermatch_protocol::{
    event::replayed,
    response::{self, ReadyParticipants},
};
use tokio::task::yield_now;

use super::{conversation::Conversation, turn::Turn};
use crate::{encode, metrics::HeldBytes};

impl Conversation<'_> {
    /// Joins a room, replays what the client missed, and begins delivery.
    pub(super) async fn join(
        &self,
        room: RoomId,
        since: Option<Since>,
        request_id: &RequestId,
    ) -> Result<(), ChatError> {
        let chat = &self.state.chat;
        let Joined {
            reservation,
            view,
            head,
            missed,
        } = chat.join_room(&self.session, room, since).await?;
        let response = encode::text(&response::joined(request_id, &view, head, &missed));
        self.outbox().respond(response);
        if let Missed::Events(events) = missed {
            self.replay(&view, events).await;
        }
        reservation.activate(head.last_seq);
        Ok(())
    }

    /// Sends missed events, no faster than the client reads them, and no longer than
    /// it has the seat.
    async fn replay(&self, view: &RoomView, events: Vec<(Seq, EventKind)>) {
        let mut held = HeldBytes::new(self.state.hub.metrics().clone());
        held.set(events.iter().map(|(_, kind)| text_bytes(kind)).sum());
        let participants = ReadyParticipants::of(&view.room);
        let mut turn = Turn::default();
        for (seq, kind) in events {
            let room = self.outbox().make_room(self.state.limits.idle);
            if room.await.is_err() || self.connection.is_revoked() {
                return;
            }
            let frame = encode::text(&replayed(view, seq, &kind, &participants));
            self.outbox().respond(frame);
            turn.count();
            if turn.is_over() {
                turn = Turn::default();
                yield_now().await;
            }
        }
    }
}

/// What an event holds in memory.
fn text_bytes(kind: &EventKind) -> usize {
    match kind {
        EventKind::Created(Message { text, .. }) | EventKind::Edited { text, .. } => {
            text.as_str().len()
        }
        EventKind::Deleted { .. } => 0,
    }
}
