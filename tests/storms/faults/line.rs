//! The lines between processes and Postgres fail.

use std::time::Duration;

use aftermatch_test_support::{Database, Proxy, Random, fresh};
use futures_util::future::join_all;

use super::{Faults, some_time};
use crate::processes::Processes;

pub struct FailingLine(Database);

impl Faults for FailingLine {
    const NAME: &str = "lines fail";

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
        let faults = ["cut", "frozen", "slow", "cut after sending"];
        let fault = faults[random.below(4) as usize];
        inject(fault, processes, random).await;
        Some(fault)
    }
}

/// Lets the line of one process fail, sometimes those of all, and repairs it.
pub async fn inject(fault: &str, processes: &Processes, random: &mut Random) {
    let number = processes.number() as u64;
    let only = (!random.once_in(4)).then(|| random.below(number) as usize);
    let lines = processes.lines().enumerate();
    let lines = lines.filter(|(nth, _)| only.is_none_or(|only| only == *nth));
    let lines: Vec<_> = lines.map(|(_, line)| line).collect();
    let delay = Duration::from_millis(20 + random.below(200));
    join_all(lines.iter().map(|line| begin(fault, line, delay))).await;
    some_time(random).await;
    join_all(lines.iter().map(|line| line.heal())).await;
}

async fn begin(fault: &str, line: &Proxy, delay: Duration) {
    match fault {
        "cut" => line.cut().await,
        "frozen" => line.freeze(),
        "slow" => line.slow_down(delay),
        _ => line.cut_after_sending(),
    }
}
