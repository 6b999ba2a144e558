//! The command line: `aftermatch serve` and `aftermatch token`.

mod banner;
mod logging;
mod settings;
mod token;

use std::process::ExitCode;

use aftermatch::{Config, Store};
use anyhow::Context;
use clap::{CommandFactory, Parser};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};
use tokio_util::sync::CancellationToken;

use crate::settings::{Cli, Command, Serve};

fn main() -> ExitCode {
    if let Err(unknown) = settings::check_names(&Cli::command(), std::env::vars_os()) {
        return fail(&unknown);
    }
    let cli = Cli::try_parse().unwrap_or_else(|error| settings::with_variable(error).exit());
    let done = match cli.command {
        Some(Command::Token(arguments)) => token::print(&arguments),
        Some(Command::Serve(arguments)) => serve(*arguments),
        None => serve(cli.serve),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

fn fail(error: &anyhow::Error) -> ExitCode {
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "error: {error:#}");
    ExitCode::from(2)
}

#[tokio::main]
async fn serve(arguments: Serve) -> anyhow::Result<()> {
    logging::start(&arguments.log, arguments.log_format);
    arguments.check()?;
    let secret = arguments.secret.read()?;
    let world = settings::world(arguments.world.as_deref())?;
    raise_descriptors(arguments.max_connections);
    let listener = TcpListener::bind(&arguments.listen)
        .await
        .with_context(|| format!("cannot listen on {} (CHAT_LISTEN)", arguments.listen))?;
    banner::show(&arguments, &secret, &world, listener.local_addr()?)?;
    let config = Config {
        store: Store::Memory(std::sync::Arc::new(aftermatch_memory::Memory::new(world))),
        jwt_secret: secret.bytes,
        max_text_chars: arguments.max_text_chars,
        limits: arguments.limits(),
        origins: arguments.allowed_origins,
    };
    let shutdown = CancellationToken::new();
    tokio::select! {
        served = aftermatch::serve(config, listener, shutdown.clone()) => served,
        interrupted = twice_told_to_stop(shutdown) => interrupted,
    }
}

/// The first signal asks the service to stop; returns at the second.
async fn twice_told_to_stop(shutdown: CancellationToken) -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    for told in 1.. {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        if told > 1 {
            break;
        }
        tracing::info!("stopping; a second signal ends it at once");
        shutdown.cancel();
    }
    anyhow::bail!("stopped before every connection was closed")
}

/// Each connection takes a file descriptor, and the usual limit is 1,024.
fn raise_descriptors(connections: usize) {
    const OWN: u64 = 64;
    let needed = u64::try_from(connections)
        .unwrap_or(u64::MAX)
        .saturating_add(OWN);
    match rlimit::increase_nofile_limit(needed) {
        Ok(limit) if limit < needed => tracing::warn!(
            limit,
            needed,
            "the system allows fewer open files than connections are allowed: raise `ulimit -n`"
        ),
        Ok(_) => {}
        Err(error) => tracing::warn!(%error, "cannot raise the limit of open files"),
    }
}
