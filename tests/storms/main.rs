//! Storms: processes, Postgres, NATS and the lines between them fail again and again, while
//! authors create, edit and delete messages in several rooms. Members of the rooms know
//! them from live frames alone, and come back when their connections end. In the end every
//! answered operation is stored once, and every member knows its room as the database has
//! it, without reading it again for the comparison.
//!
//! Each storm lasts a few seconds ([`Faults::SECONDS`](faults::Faults::SECONDS)), or
//! `STORM_SECONDS`. The long form takes ten minutes:
//!
//! ```sh
//! STORM_SECONDS=25 cargo test --release --test storms -- --nocapture
//! ```
//!
//! The storm with faults of all kinds has a longer form of its own, half an hour:
//!
//! ```sh
//! STORM_SECONDS=1800 cargo test --test storms faults_of_all_kinds -- --nocapture
//! ```
//!
//! One kind of storm, or one number of processes: add `line_fails` or `two_processes`
//! before the `--`. `primary_fails` and `standby_lags` need the binaries of Postgres on this
//! machine (`apt-get install postgresql`), also where Docker runs the other servers. `nats_fails`
//! needs `nats-server` (`apt-get install nats-server`).

#![allow(
    unreachable_pub,
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "every function here belongs to a test"
)]

mod addresses;
mod author;
mod book;
mod connection;
mod faults;
mod findings;
mod member;
mod mirror;
mod operation;
mod people;
mod processes;
mod reading;
mod storm;

use std::{env, time::Duration};

use crate::{
    faults::{
        Calm, FailingLine, FailingNats, FailingPostgres, FailingPrimary, FailingProcesses,
        LaggingStandby, MixedFaults,
    },
    storm::storm,
};

fn length(usual: u64) -> Duration {
    let seconds = env::var("STORM_SECONDS").ok();
    let seconds = seconds.map(|seconds| seconds.parse().expect("a number of seconds"));
    Duration::from_secs(seconds.unwrap_or(usual))
}

/// One test for each number of processes: `one_process::name`, …
macro_rules! storms {
    ($($name:ident: $faults:ty),* $(,)?) => {
        storms!(@of 1 one_process $($name: $faults),*);
        storms!(@of 2 two_processes $($name: $faults),*);
        storms!(@of 3 three_processes $($name: $faults),*);
    };
    (@of $processes:literal $module:ident $($name:ident: $faults:ty),*) => {
        mod $module {
            use super::*;
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    storm::<$faults>($processes).await;
                }
            )*
        }
    };
}

storms! {
    nothing_fails_members_agree: Calm,
    processes_fail_members_agree: FailingProcesses,
    postgres_fails_members_agree: FailingPostgres,
    line_fails_members_agree: FailingLine,
    nats_fails_members_agree: FailingNats,
    primary_fails_members_agree: FailingPrimary,
    standby_lags_members_agree: LaggingStandby,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn faults_of_all_kinds_service_recovers() {
    storm::<MixedFaults>(2).await;
}
