use std::{collections::VecDeque, future::pending, sync::Mutex};

use aftermatch_ports::{
    Expected, MockWatch, Moved, Tiding, Unavailable, Watch,
    model::{Change, Revision, UserId},
};
use async_trait::async_trait;

/// Some tidings, one after the other, and then never another.
pub(super) struct Tidings {
    left: Mutex<VecDeque<Tiding>>,
    watch: MockWatch,
}

impl Tidings {
    pub(super) fn new(tidings: impl IntoIterator<Item = Tiding>, watch: MockWatch) -> Self {
        let left = Mutex::new(tidings.into_iter().collect());
        Self { left, watch }
    }
}

#[async_trait]
impl Watch for Tidings {
    async fn next(&self) -> Tiding {
        let next = self.left.lock().expect("one who watches").pop_front();
        match next {
            Some(tiding) => tiding,
            None => pending().await,
        }
    }

    fn announce(&self, change: &Change) {
        self.watch.announce(change);
    }

    async fn moved(
        &self,
        users: Vec<(UserId, Revision)>,
        rooms: Vec<Expected>,
    ) -> Result<Moved, Unavailable> {
        self.watch.moved(users, rooms).await
    }
}
