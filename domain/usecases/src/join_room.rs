use aftermatch_ports::{
    ChatError, Joined, Read,
    model::{RoomId, Seat, Session, Viewer},
};

use crate::UseCases;

impl UseCases {
    pub(crate) async fn join_room(
        &self,
        session: &mut Session,
        room: RoomId,
    ) -> Result<Joined, ChatError> {
        let (_, viewer) = self.actor(session, Read::Fresh).await?;
        if session.room == Some(room) {
            let view = self.visible(viewer, room, Read::Fresh).await?;
            let view = view.at(self.clock.now());
            return Ok(Joined { view, since: None });
        }
        // Held before the room is read: what is told in between is not lost.
        self.events.hold(Seat {
            session: session.id,
            room,
            viewer,
        });
        let joined = self.enter(viewer, room).await;
        match joined {
            Ok(_) => {
                self.empty_seat(session);
                session.room = Some(room);
            }
            Err(_) => self.events.leave(session.id, room),
        }
        joined
    }

    async fn enter(&self, viewer: Viewer, room: RoomId) -> Result<Joined, ChatError> {
        let view = self.visible(viewer, room, Read::Fresh).await?;
        let since = self.messages.last_seq(room).await?;
        Ok(Joined {
            view: view.at(self.clock.now()),
            since: Some(since),
        })
    }
}
