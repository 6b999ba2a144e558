//! The primary fails, and a standby takes its place that lacks the last seconds.

use aftermatch_test_support::{Pair, Random};
use tokio::time::Instant;

use super::{Faults, primary::lead_to, short_time, some_time};
use crate::{book::Losses, processes::Processes};

pub struct LaggingStandby {
    pair: Pair,
    losses: Vec<(Instant, Instant)>,
}

impl Faults for LaggingStandby {
    const NAME: &str = "the standby lags";

    async fn start() -> Self {
        Self {
            pair: Pair::asynchronous().await,
            losses: Vec::new(),
        }
    }

    fn url(&self) -> String {
        self.pair.url()
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
        Some("lagging standby promoted")
    }

    fn losses(&self) -> Losses {
        Losses(self.losses.clone())
    }
}
