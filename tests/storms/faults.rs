//! What fails.

mod calm;
mod line;
mod mixed;
mod nats;
mod postgres;
mod primary;
mod processes;
mod standby;

use std::time::Duration;

use aftermatch_test_support::Random;
use tokio::time::sleep;

pub use self::{
    calm::Calm, line::FailingLine, mixed::MixedFaults, nats::FailingNats,
    postgres::FailingPostgres, primary::FailingPrimary, processes::FailingProcesses,
    standby::LaggingStandby,
};
use crate::{book::Losses, processes::Processes};

/// The faults of one storm, and the Postgres that it happens on.
pub trait Faults: Sized {
    /// What the report calls the storm.
    const NAME: &str;
    /// How long it usually lasts.
    const SECONDS: u64 = 6;
    /// Whether authors pause after each operation, so that a long storm stays small.
    const AUTHORS_PAUSE: bool = false;

    /// Starts a Postgres.
    async fn start() -> Self;

    /// Where it is now.
    fn url(&self) -> String;

    /// Settings that the processes have beside the usual ones.
    fn settings(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    /// Lets something fail, and repairs it. Returns what that was.
    async fn inject(
        &mut self,
        processes: &mut Processes,
        random: &mut Random,
    ) -> Option<&'static str>;

    /// When acknowledged operations may have been lost.
    fn losses(&self) -> Losses {
        Losses::default()
    }
}

/// How long a fault lasts: half a second to three, mostly short. It shapes the storm: no test
/// waits for it.
pub async fn some_time(random: &mut Random) {
    let longest = if random.once_in(4) { 2_500 } else { 500 };
    sleep(Duration::from_millis(500 + random.below(longest))).await;
}

/// How long nothing fails between two faults.
pub async fn short_time(random: &mut Random) {
    sleep(Duration::from_millis(200 + random.below(800))).await;
}
