//! A server for tests of bad days.

use std::time::Duration;

use crate::{
    process::{Durability, Process},
    shared::connect,
};

/// From the start of a server after a crash until it lets somebody in.
const RECOVERY_TIMEOUT: Duration = Duration::from_secs(60);

/// A server of the test's own, to stop and to start again, with the durability that
/// Postgres has by default. It is gone when this is dropped.
pub struct Server {
    process: Process,
    url: String,
}

impl Server {
    /// A new server with an empty database, from Docker or from local binaries: what
    /// `TEST_DATABASE_URL` names is not ours to stop.
    pub async fn start() -> Self {
        let process = Process::start(Durability::Default)
            .await
            .unwrap_or_else(|why| panic!("{why}"));
        let url = process.url().into();
        Self { process, url }
    }

    /// Address of the database `postgres`, the same after [`start_again`](Self::start_again).
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Ends the server at once, as a crash would: nobody is told, nothing is put in order.
    pub async fn stop(&self) {
        self.process.stop().await.expect("a server that runs stops");
    }

    /// Starts the server where it was, with its data, and waits until it lets somebody in.
    pub async fn start_again(&self) {
        let started = self.process.start_again().await;
        started.expect("a server that stopped starts again");
        let recovered = async {
            while connect(&self.url).await.is_err() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(RECOVERY_TIMEOUT, recovered)
            .await
            .expect("the server recovers in time");
    }
}
