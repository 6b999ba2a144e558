//! A server for tests of failures.

use std::time::Duration;

use crate::{connection::connect, durability::Durability, process::Process};

/// From the start of a server after a crash until it accepts connections.
const RECOVERY_TIMEOUT: Duration = Duration::from_secs(60);

/// A server of the test's own, to stop and to start again, with the durability that
/// Postgres has by default. It is gone when this is dropped.
pub struct Server {
    process: Process,
    url: String,
}

impl Server {
    /// A new server with an empty database, from Docker or from local binaries: the
    /// server of `TEST_DATABASE_URL` is not ours to stop.
    pub async fn start() -> Self {
        let process = Process::start(Durability::Default)
            .await
            .unwrap_or_else(|reason| panic!("{reason}"));
        let url = process.url().into();
        Self { process, url }
    }

    /// Address of the database `postgres`, the same after [`start_again`](Self::start_again).
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Ends the server at once, as a crash would, without a clean shutdown.
    pub async fn stop(&self) {
        self.process.stop().await.expect("a server that runs stops");
    }

    /// Stops all processes of the server where they are; its connections stay open.
    pub async fn freeze(&self) {
        self.process.freeze().await.expect("a server that runs");
    }

    /// Lets a frozen server go on.
    pub async fn thaw(&self) {
        self.process.thaw().await.expect("a server that is frozen");
    }

    /// Starts the server at its old address with its data, and waits until it accepts
    /// connections.
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
