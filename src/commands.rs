//! The commands of the program. One file for each.

mod health;
mod import;
mod migrate;
mod serve;
mod token;

use crate::settings::{Cli, Command};

pub(crate) fn run(cli: Cli) -> anyhow::Result<()> {
    match cli.command {
        None => serve::run(cli.serve),
        Some(Command::Serve(settings)) => serve::run(*settings),
        Some(Command::Token(settings)) => token::run(&settings),
        Some(Command::Migrate(settings)) => migrate::run(&settings),
        Some(Command::Health(settings)) => health::run(&settings),
        Some(Command::Import(settings)) => import::run(&settings),
    }
}
