//! What others do to the database while we run.
//!
//! Triggers notify whenever a revision moves; other processes of this service
//! notify of the changes they keep. Notifications are for speed: whoever watches
//! is told to look once a second, come what may.

mod announced;
mod listener;
mod moved;

use std::{convert::Infallible, pin::Pin, sync::Arc, time::Duration};

use aftermatch_ports::{
    Expected, Moved, Tiding, Told, Unavailable, Watch,
    model::{Change, Revision, UserId},
};
use async_trait::async_trait;
use sqlx::postgres::PgConnectOptions;
use tokio::{
    sync::{Mutex, mpsc},
    time::{Instant, sleep_until},
};

use self::{announced::Announced, listener::Listener};
use crate::{Postgres, error::unavailable};

/// There is something to look at so often at least, …
const SELDOM: Duration = Duration::from_secs(1);
/// … and so often at most, however much the platform changes.
const OFTEN: Duration = Duration::from_millis(500);

pub(crate) struct Watcher {
    announced: Arc<Announced>,
    watching: Mutex<Watching>,
}

struct Watching {
    /// Listens, as long as it is polled, which is as long as somebody waits for
    /// the next tiding. It goes on where it was.
    listening: Pin<Box<dyn Future<Output = Infallible> + Send>>,
    heard: mpsc::Receiver<Tiding>,
    looked: Instant,
    look: Instant,
}

impl Watcher {
    pub(crate) fn new(options: PgConnectOptions, statement_timeout: Duration) -> Self {
        let announced = Arc::new(Announced::default());
        let (tell, heard) = mpsc::channel(1);
        let listener = Listener {
            options,
            statement_timeout,
            announced: announced.clone(),
            tell,
        };
        let now = Instant::now();
        Self {
            announced,
            watching: Mutex::new(Watching {
                listening: Box::pin(listener.run()),
                heard,
                looked: now,
                look: now + SELDOM,
            }),
        }
    }
}

impl Watching {
    async fn next(&mut self) -> Tiding {
        loop {
            tokio::select! {
                biased;
                () = sleep_until(self.look) => {
                    self.looked = Instant::now();
                    self.look = self.looked + SELDOM;
                    return Tiding::Look;
                }
                Some(tiding) = self.heard.recv() => match tiding {
                    Tiding::Look => self.look = self.look.min(self.looked + OFTEN),
                    Tiding::Kept(_) => return tiding,
                },
                never = &mut self.listening => match never {},
            }
        }
    }
}

#[async_trait]
impl Watch for Postgres {
    async fn next(&self) -> Tiding {
        self.watcher.watching.lock().await.next().await
    }

    fn announce(&self, change: &Change) {
        self.watcher.announced.push(|| Told {
            room: change.room.room.id,
            seq: change.seq,
            tag: change.tag.clone(),
        });
    }

    async fn moved(
        &self,
        users: Vec<(UserId, Revision)>,
        rooms: Vec<Expected>,
    ) -> Result<Moved, Unavailable> {
        let moved = moved::find(self, users, rooms).await.map_err(unavailable)?;
        for user in &moved.users {
            self.users.forget(user);
        }
        for room in &moved.rooms {
            self.rooms.forget(room);
        }
        Ok(moved)
    }
}
