use aftermatch_ports::{
    ChatError,
    model::{RoomId, Seq, Session},
};

use crate::UseCases;

impl UseCases {
    pub(crate) async fn mark_read(
        &self,
        session: &Session,
        seq: Seq,
    ) -> Result<(RoomId, Seq), ChatError> {
        let room = self.joined(session).await?;
        let read = self.messages.mark_read(room.id, session.user, seq).await?;
        Ok((room.id, read))
    }
}
