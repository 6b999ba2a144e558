//! Processes are killed, ended and paused.

use aftermatch_test_support::{Database, Random, fresh};

use super::{Faults, short_time, some_time};
use crate::processes::Processes;

pub struct FailingProcesses(Database);

impl Faults for FailingProcesses {
    const NAME: &str = "processes fail";

    async fn start() -> Self {
        Self(fresh().await)
    }

    fn url(&self) -> String {
        self.0.url().to_owned()
    }

    async fn inject(
        &mut self,
        processes: &mut Processes,
        random: &mut Random,
    ) -> Option<&'static str> {
        let nth = random.below(processes.number() as u64) as usize;
        let fault = ["killed", "ended", "paused"][random.below(3) as usize];
        match fault {
            "killed" => processes.kill(nth).await,
            "ended" => processes.terminate(nth).await,
            _ => {
                processes.program(nth).pause().await;
                some_time(random).await;
                processes.program(nth).go_on().await;
                return Some(fault);
            }
        }
        if random.once_in(2) {
            short_time(random).await;
        }
        processes.start_again(nth).await;
        Some(fault)
    }
}
