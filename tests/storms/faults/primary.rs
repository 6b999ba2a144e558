//! The primary fails, and a synchronous standby takes its place. The next standby is the replica.

use aftermatch_test_support::{Pair, Proxy, Random};

use super::{Faults, short_time};
use crate::processes::Processes;

pub struct FailingPrimary {
    pair: Pair,
    replica: Proxy,
}

impl Faults for FailingPrimary {
    const NAME: &str = "the primary fails";

    async fn start() -> Self {
        let pair = Pair::synchronous().await;
        let replica = Proxy::before(&pair.standby_url()).await;
        Self { pair, replica }
    }

    fn url(&self) -> String {
        self.pair.url()
    }

    fn settings(&self) -> Vec<(&'static str, String)> {
        vec![("CHAT_REPLICA_URL", self.replica.url().to_owned())]
    }

    async fn inject(
        &mut self,
        processes: &mut Processes,
        random: &mut Random,
    ) -> Option<&'static str> {
        self.pair.fail_over().await;
        lead_to(&self.pair.url(), processes, random).await;
        self.pair.add_standby().await;
        lead_line(&self.replica, &self.pair.standby_url()).await;
        Some("standby promoted")
    }
}

/// Leads a line to another server.
pub async fn lead_line(line: &Proxy, url: &str) {
    line.cut().await;
    line.redirect(url);
    line.heal().await;
}

/// Leads all lines to the server that took over, sometimes one later than the other.
pub async fn lead_to(url: &str, processes: &Processes, random: &mut Random) {
    for line in processes.lines() {
        line.cut().await;
        line.redirect(url);
    }
    for line in processes.lines() {
        if random.once_in(2) {
            short_time(random).await;
        }
        line.heal().await;
    }
}
