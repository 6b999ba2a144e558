//! Postgres crashes, hangs, and ends connections.

use aftermatch_test_support::{Platform, Random, Server};

use super::{Faults, short_time, some_time};
use crate::processes::Processes;

pub struct FailingPostgres(Server);

impl Faults for FailingPostgres {
    const NAME: &str = "Postgres fails";

    async fn start() -> Self {
        Self(Server::start().await)
    }

    fn url(&self) -> String {
        self.0.url().to_owned()
    }

    async fn inject(&mut self, _: &mut Processes, random: &mut Random) -> Option<&'static str> {
        let fault = ["stopped", "frozen", "backends terminated"][random.below(3) as usize];
        match fault {
            "stopped" => {
                self.0.stop().await;
                if random.once_in(2) {
                    short_time(random).await;
                }
                self.0.start_again().await;
            }
            "frozen" => {
                self.0.freeze().await;
                some_time(random).await;
                self.0.thaw().await;
            }
            _ => terminate_backends(self.0.url()).await,
        }
        Some(fault)
    }
}

/// Ends all connections of the service.
async fn terminate_backends(url: &str) {
    let platform = Platform::connect(url).await;
    let terminate = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE application_name = 'aftermatch'";
    let terminated = sqlx::query(terminate).execute(platform.pool()).await;
    terminated.expect("the connections are ended");
}
