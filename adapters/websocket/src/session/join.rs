//! Joining a room: the response, what the client missed, then what follows.

use aftermatch_ports::{
    ChatError, Joined, Missed,
    model::{EventKind, RequestId, RoomEvent, RoomId, RoomVersion, RoomView, Seq},
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
        since: Option<Seq>,
        request_id: &RequestId,
    ) -> Result<(), ChatError> {
        let chat = &self.state.chat;
        let Joined {
            reservation,
            view,
            last_seq,
            missed,
        } = chat.join_room(&self.session, room, since).await?;
        let response = encode::text(&response::joined(request_id, &view, last_seq, &missed));
        self.outbox().push(response);
        if let Missed::Events(events) = missed {
            self.replay(&view, events).await;
        }
        reservation.activate(RoomVersion {
            room,
            revision: view.room.revision,
            last_seq,
        });
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
            let event = RoomEvent {
                seq,
                room: view.clone(),
                requester: None,
                request_id: RequestId::NONE,
                kind,
            };
            let frame = encode::text(&replayed(&event, &participants));
            self.outbox().push(frame);
        }
    }
}
