//! Joining a room: the response, what the client missed, then what follows.

use aftermatch_ports::{
    ChatError, Joined, Missed, Since,
    model::{EventKind, RequestId, RoomId, RoomView, Seq},
};
use aftermatch_protocol::{
    close::Close,
    event::replayed,
    response::{self, ReadyParticipants},
};
use tokio::time::timeout;

use super::conversation::Conversation;
use crate::encode;

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
        self.outbox().push(response);
        if let Missed::Events(events) = missed {
            self.replay(&view, events).await;
        }
        reservation.activate(head.last_seq);
        Ok(())
    }

    /// Sends missed events, no faster than the client reads them, and no longer than
    /// it has the seat.
    async fn replay(&self, view: &RoomView, events: Vec<(Seq, EventKind)>) {
        let participants = ReadyParticipants::of(&view.room);
        for (seq, kind) in events {
            let space = self.outbox().wait_for_room();
            if timeout(self.state.limits.idle, space).await.is_err() {
                self.outbox().close(Close::TOO_SLOW);
                return;
            }
            if self.connection.is_revoked() {
                return;
            }
            let frame = encode::text(&replayed(view, seq, &kind, &participants));
            self.outbox().push(frame);
        }
    }
}
