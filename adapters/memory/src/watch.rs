use std::time::Duration;

use aftermatch_ports::model::{Change, Revision, UserId};
use aftermatch_ports::{Expected, Moved, Tiding, Unavailable, Watch};
use async_trait::async_trait;
use tokio::time::timeout;

use crate::Memory;

#[async_trait]
impl Watch for Memory {
    async fn next(&self) -> Tiding {
        // Either way there is something to look at.
        let _ = timeout(Duration::from_secs(1), self.touched.notified()).await;
        Tiding::Look
    }

    /// What lasts as long as the process is seen by no other.
    fn announce(&self, _: &Change) {}

    async fn moved(
        &self,
        users: Vec<(UserId, Revision)>,
        rooms: Vec<Expected>,
    ) -> Result<Moved, Unavailable> {
        Ok(self.directory.read().moved(users, rooms))
    }
}
