//! The program: reads its settings and runs one command.

mod access_token;
mod address;
mod commands;
mod demo;
mod logging;
mod settings;
mod startup_probe;

use std::{io::Write, process::ExitCode};

use crate::settings::Command;

// The allocator of glibc keeps what many slow readers took, long after they have left.
#[cfg(target_os = "linux")]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    let given = settings::given(std::env::args_os().collect())
        .unwrap_or_else(|error| settings::with_variable(error).exit());
    let failed = match given.cli.command {
        // A container engine takes 1 for unhealthy, and gives 2 no meaning.
        Some(Command::Health(_)) => ExitCode::from(1),
        _ => ExitCode::from(2),
    };
    commands::run(given).unwrap_or_else(|error| {
        let _ = writeln!(std::io::stderr(), "error: {}", sentence(&error));
        failed
    })
}

/// The error with its causes. Some libraries repeat the cause in the error itself.
fn sentence(error: &anyhow::Error) -> String {
    let mut sentence = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if !sentence.ends_with(&cause) {
            sentence += ": ";
            sentence += &cause;
        }
    }
    sentence
}
