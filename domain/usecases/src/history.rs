use aftermatch_ports::{
    ChatError, History, Stretch,
    model::{Message, Session},
};

use crate::UseCases;

impl UseCases {
    pub(crate) async fn history(
        &self,
        session: &Session,
        stretch: Stretch,
        limit: usize,
    ) -> Result<History, ChatError> {
        let room = self.joined(session).await?;
        Ok(self.messages.history(room.id, stretch, limit).await?)
    }

    pub(crate) async fn newest(
        &self,
        session: &Session,
        skip: u64,
        limit: usize,
    ) -> Result<(u64, Vec<Message>), ChatError> {
        let room = self.joined(session).await?;
        Ok(self.messages.newest(room.id, skip, limit).await?)
    }
}
