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
        inject(fault, &self.0, random).await;
        Some(fault)
    }
}

/// Lets the server fail, and repairs it.
pub async fn inject(fault: &str, server: &Server, random: &mut Random) {
    match fault {
        "stopped" => {
            server.stop().await;
            if random.once_in(2) {
                short_time(random).await;
            }
            server.start_again().await;
        }
        "frozen" => {
            server.freeze().await;
            some_time(random).await;
            server.thaw().await;
        }
        _ => terminate_backends(server.url()).await,
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
