//! Joining a room: the response, what the client missed, then what follows.

use aftermatch_ports::{
    ChatError, Join, Joined, Missed, Replay,
    model::{EventKind, RequestId, RoomView},
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
    pub(super) async fn join(&self, join: Join, request_id: &RequestId) -> Result<(), ChatError> {
        let (chat, is_lean) = (&self.state.chat, join.is_lean);
        let _joining = is_lean.then(|| self.state.hub.joining_lean(self.connection));
        let Joined {
            reservation,
            view,
            head,
            missed,
            read_positions,
        } = chat.join_room(&self.session, join).await?;
        let online = self.state.hub.online_for(self.connection, &view.room);
        let (online, read) = (online.as_deref(), read_positions.as_deref());
        let response = encode::text(&response::joined(
            request_id, &view, head, &missed, online, read,
        ));
        self.outbox().respond(response);
        if let Missed::Events(replay) = missed
            && let Err(error) = self.replay(&view, is_lean, replay).await
        {
            // The request has been answered.
            self.state.failures.report(error);
            let close = Close::try_later("the replay could not be completed");
            self.outbox().close(close);
            return Ok(());
        }
        reservation.activate(head.last_seq);
        let room = view.room.id;
        self.state.hub.joined(self.connection, room, is_lean);
        Ok(())
    }

    /// Sends missed events, no faster than the client reads them, and no longer than
    /// it has the seat.
    async fn replay(
        &self,
        view: &RoomView,
        is_lean: bool,
        mut replay: Replay,
    ) -> Result<(), ChatError> {
        let mut held = HeldBytes::new(self.state.hub.metrics().clone());
        let participants = (!is_lean).then(|| ReadyParticipants::of(&view.room));
        let mut turn = Turn::default();
        loop {
            held.set(replay.events.iter().map(|(_, kind)| text_bytes(kind)).sum());
            for (seq, kind) in replay.events {
                if !self.may_replay().await {
                    return Ok(());
                }
                let frame = encode::text(&replayed(view, seq, &kind, participants.as_ref()));
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
        EventKind::Created(message) => message.bytes(),
        EventKind::Edited { text, .. } => text.as_str().len(),
        EventKind::Deleted { .. } => 0,
    }
}
