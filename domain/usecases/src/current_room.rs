use aftermatch_ports::{
    ChatError, Read,
    model::{Refusal, RoomView, Session},
};

use crate::UseCases;

impl UseCases {
    pub(crate) async fn current_room(&self, session: &Session) -> Result<RoomView, ChatError> {
        let room = session.room.ok_or(Refusal::NotInRoom)?;
        let (_, viewer) = self.actor(session, Read::Fresh).await?;
        let room = self.visible(viewer, room, Read::Fresh).await?;
        Ok(room.at(self.clock.now()))
    }
}
