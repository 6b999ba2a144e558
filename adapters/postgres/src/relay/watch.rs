use aftermatch_ports::{
    Expected, Moved, Tiding, Told, Unavailable, Watch,
    model::{Change, Revision, UserId},
};
use async_trait::async_trait;

use crate::{directory::revisions, error::unavailable, store::Postgres};

#[async_trait]
impl Watch for Postgres {
    async fn next(&self) -> Tiding {
        self.watcher.next().await
    }

    fn announce(&self, event: &Change) {
        self.watcher.send(|| Told {
            room: event.room.room.id,
            seq: event.seq,
            tag: event.tag.clone(),
        });
    }

    async fn moved(
        &self,
        users: Vec<(UserId, Revision)>,
        rooms: Vec<Expected>,
    ) -> Result<Moved, Unavailable> {
        let changed = revisions::compare(self, users, rooms).await;
        changed.map_err(unavailable)
    }
}
