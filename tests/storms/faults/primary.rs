//! The primary fails, and a synchronous standby takes its place.

use aftermatch_test_support::{Pair, Random};

use super::{Faults, short_time};
use crate::processes::Processes;

pub struct FailingPrimary(Pair);

impl Faults for FailingPrimary {
    const NAME: &str = "the primary fails";

    async fn start() -> Self {
        Self(Pair::synchronous().await)
    }

    fn url(&self) -> String {
        self.0.url()
    }

    async fn inject(
        &mut self,
        processes: &mut Processes,
        random: &mut Random,
    ) -> Option<&'static str> {
        self.0.fail_over().await;
        lead_to(&self.0.url(), processes, random).await;
        self.0.add_standby().await;
        Some("standby promoted")
    }
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
