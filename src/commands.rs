//! The commands of the program. One file for each.

mod bridge;
mod check;
mod health;
mod import;
mod migrate;
mod serve;
mod token;

use std::process::ExitCode;

use crate::settings::{Command, Given, check_names};

/// Runs the command. An exit status other than success is what it found; an error is why
/// it could not run.
pub(crate) fn run(given: Given) -> anyhow::Result<ExitCode> {
    let Given { cli, in_force } = given;
    // Among the other problems, a check reports unknown names, too.
    if !matches!(cli.command, Some(Command::Check(_))) {
        check_names(std::env::vars_os())?;
    }
    match cli.command {
        None => serve::run(cli.serve)?,
        Some(Command::Serve(settings)) => serve::run(*settings)?,
        Some(Command::Check(settings)) => return check::run(&settings, in_force),
        Some(Command::Token(settings)) => token::run(&settings)?,
        Some(Command::Migrate(settings)) => migrate::run(&settings)?,
        Some(Command::Health(settings)) => health::run(&settings)?,
        Some(Command::Import(settings)) => import::run(&settings)?,
        Some(Command::Bridge(settings)) => return bridge::run(&settings),
    }
    Ok(ExitCode::SUCCESS)
}
