//! Events go over two NATS servers. One is killed, and the line to it fails; on the line to
//! the other one messages are lost, come twice or in another order, all the time. Processes
//! are started again, too.

use std::time::Duration;

use aftermatch_test_support::{Database, LossyLine, NatsServer, Proxy, Random, fresh};

use super::{Faults, some_time};
use crate::processes::Processes;

pub struct FailingNats {
    database: Database,
    server: NatsServer,
    line: Proxy,
    lossy: LossyLine,
    _behind_lossy: NatsServer,
}

impl Faults for FailingNats {
    const NAME: &str = "NATS fails";

    async fn start() -> Self {
        let (server, behind_lossy) = (NatsServer::start().await, NatsServer::start().await);
        Self {
            database: fresh().await,
            line: Proxy::before(&server.url()).await,
            lossy: LossyLine::to(&behind_lossy).await,
            server,
            _behind_lossy: behind_lossy,
        }
    }

    fn url(&self) -> String {
        self.database.url().to_owned()
    }

    fn settings(&self) -> Vec<(&'static str, String)> {
        let servers = format!("{},{}", self.line.url(), self.lossy.url());
        vec![("CHAT_RELAY", servers)]
    }

    async fn inject(
        &mut self,
        processes: &mut Processes,
        random: &mut Random,
    ) -> Option<&'static str> {
        let faults = ["killed", "cut", "frozen", "slow", "process started again"];
        let fault = faults[random.below(5) as usize];
        match fault {
            "killed" => self.server.kill().await,
            "cut" => self.line.cut().await,
            "frozen" => self.line.freeze(),
            "slow" => self.line.slow_down(Duration::from_millis(50)),
            _ => {
                let nth = random.below(processes.number() as u64) as usize;
                processes.terminate(nth).await;
                processes.start_again(nth).await;
                return Some(fault);
            }
        }
        some_time(random).await;
        match fault {
            "killed" => self.server.start_again().await,
            _ => self.line.heal().await,
        }
        Some(fault)
    }
}
