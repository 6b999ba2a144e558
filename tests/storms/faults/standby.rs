//! The primary fails, and a standby takes its place that lacks the last seconds. Until then it
//! is the replica.

use aftermatch_test_support::{Pair, Proxy, Random};
use tokio::time::Instant;

use super::{
    Faults,
    primary::{lead_line, lead_to},
    short_time, some_time,
};
use crate::{book::Losses, processes::Processes};

pub struct LaggingStandby {
    pair: Pair,
    replica: Proxy,
    losses: Vec<(Instant, Instant)>,
}

impl Faults for LaggingStandby {
    const NAME: &str = "the standby lags";

    async fn start() -> Self {
        let pair = Pair::asynchronous().await;
        Self {
            replica: Proxy::before(&pair.standby_url()).await,
            pair,
            losses: Vec::new(),
        }
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
        // What was answered before is with the standby.
        let from = Instant::now();
        self.pair.disconnect_standby().await;
        if random.once_in(2) {
            short_time(random).await;
        } else {
            some_time(random).await;
        }
        self.pair.fail_over().await;
        // What is sent after this reaches the server that took over.
        self.losses.push((from, Instant::now()));
        lead_to(&self.pair.url(), processes, random).await;
        self.pair.add_standby().await;
        lead_line(&self.replica, &self.pair.standby_url()).await;
        Some("lagging standby promoted")
    }

    fn losses(&self) -> Losses {
        Losses(self.losses.clone())
    }
}
