//! Joining a room: the response, what the client missed, then what follows.

use aftermatch_ports::{
    ChatError, Joined, Missed, Replay, Since,
    model::{EventKind, Message, RequestId, RoomId, RoomView},
};
use aftermatch_protocol::{
    close::Close,
    event::replayed,
    response::{self, ReadyParticipants},
};

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
        if let Missed::Events(replay) = missed
            && let Err(error) = self.replay(&view, replay).await
        {
            // The request has been answered.
            self.state.failures.report(error);
            let close = Close::try_later("the replay could not be completed");
            self.outbox().close(close);
            return Ok(());
        }
        reservation.activate(head.last_seq);
        Ok(())
    }

    /// Sends missed events, no faster than the client reads them, and no longer than
    /// it has the seat.
    async fn replay(&self, view: &RoomView, mut replay: Replay) -> Result<(), ChatError> {
        let mut held = HeldBytes::new(self.state.hub.metrics().clone());
        let participants = ReadyParticipants::of(&view.room);
        let mut turn = Turn::default();
        loop {
            held.set(replay.events.iter().map(|(_, kind)| text_bytes(kind)).sum());
            for (seq, kind) in replay.events {
                if !self.may_replay().await {
                    return Ok(());
                }
                let frame = encode::text(&replayed(view, seq, &kind, &participants));
                self.outbox().respond(frame);
                turn.count();
                if turn.is_over() {
                    turn = Turn::default();
                    self.state.turns.next_turn().await;
                }
            }
            let Some(rest) = replay.rest else {
                return Ok(());
            };
            if !self.may_replay().await {
                return Ok(());
            }
            replay = self.state.chat.replay_rest(rest).await?;
        }
    }

    /// Waits until there is room in the outbox. Returns whether the client still has the
    /// connection and the seat.
    async fn may_replay(&self) -> bool {
        let room = self.outbox().make_room(self.state.limits.idle);
        room.await.is_ok() && !self.connection.is_revoked()
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
