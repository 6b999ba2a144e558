use aftermatch_ports::{
    ChatError, Page, Read,
    model::{RoomView, Session, Viewer},
};

use crate::UseCases;

impl UseCases {
    pub(crate) async fn list(
        &self,
        session: &Session,
        page: Page,
    ) -> Result<Vec<RoomView>, ChatError> {
        let brand = match self.actor(session, Read::Fresh).await?.1 {
            Viewer::Brand(brand) => Some(brand),
            Viewer::Admin => None,
        };
        let rooms = self.rooms.rooms(brand, page).await?;
        let now = self.clock.now();
        Ok(rooms.into_iter().map(|room| room.at(now)).collect())
    }
}
