//! Faults of all kinds, one after the other. No process of the service is started again.

mod database;
mod role;

use aftermatch_test_support::{Platform, Random, Server};

use self::role::PASSWORD;
use super::{Faults, line, postgres, some_time};
use crate::processes::Processes;

/// Each of them happens once before one happens again.
const ALL: [&str; 15] = [
    "stopped",
    "frozen",
    "backends terminated",
    "cut",
    "line frozen",
    "slow",
    "cut after sending",
    "read-only",
    "read-only, backends terminated",
    "connection limit",
    "wrong password",
    "role locked out",
    "strange rows",
    "slow statements",
    "table locked",
];

pub struct MixedFaults {
    server: Server,
    /// The service uses a role that has limits.
    url: String,
    /// Those that have not happened in this round.
    left: Vec<&'static str>,
}

impl Faults for MixedFaults {
    const NAME: &str = "one fault after the other";
    const SECONDS: u64 = 30;
    const AUTHORS_PAUSE: bool = true;

    async fn start() -> Self {
        let server = Server::start().await;
        role::create(&Platform::connect(server.url()).await).await;
        let (_, host) = server.url().rsplit_once('@').expect("a user");
        let (host, _) = host.split_once('/').expect("a database");
        Self {
            url: format!("postgres://chat:{PASSWORD}@{host}/chat"),
            server,
            left: Vec::new(),
        }
    }

    fn url(&self) -> String {
        self.url.clone()
    }

    async fn inject(
        &mut self,
        processes: &mut Processes,
        random: &mut Random,
    ) -> Option<&'static str> {
        if self.left.is_empty() {
            self.left = ALL.to_vec();
        }
        let next = random.below(self.left.len() as u64) as usize;
        let fault = self.left.swap_remove(next);
        match fault {
            "stopped" | "frozen" | "backends terminated" => {
                postgres::inject(fault, &self.server, random).await;
            }
            "cut" | "line frozen" | "slow" | "cut after sending" => {
                let fault = fault.trim_start_matches("line ");
                line::inject(fault, processes, random).await;
            }
            _ => self.change_database(fault, random).await,
        }
        Some(fault)
    }
}

impl MixedFaults {
    /// A fault that an administrator makes by SQL.
    async fn change_database(&self, fault: &str, random: &mut Random) {
        let admin = Platform::connect(self.server.url()).await;
        let (_, rest) = self.server.url().rsplit_once('/').expect("a database");
        let url = self.server.url().trim_end_matches(rest);
        let chat = Platform::connect(&format!("{url}chat")).await;
        match fault {
            "connection limit" | "wrong password" | "role locked out" => {
                role::take(fault, &admin, random).await;
                some_time(random).await;
                role::give_back(&admin).await;
            }
            "strange rows" => {
                database::put_strange_rows(&chat).await;
                some_time(random).await;
            }
            "slow statements" => {
                database::slow_statements(&chat).await;
                some_time(random).await;
                database::fast_statements(&chat).await;
            }
            "table locked" => {
                let lock = database::lock_table(&chat, random).await;
                some_time(random).await;
                lock.rollback().await.expect("the lock ends");
            }
            _ => {
                let terminates = fault.ends_with("backends terminated");
                database::set_read_only(&admin, terminates).await;
                some_time(random).await;
                database::set_writable(&admin).await;
            }
        }
    }
}
