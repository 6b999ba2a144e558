//! The command line.

mod banner;
mod database;
mod health;
mod logging;
mod people;
mod settings;
mod token;
mod waiting;

use std::{process::ExitCode, sync::Arc};

use aftermatch::{Config, Offered, Store};
use aftermatch_memory::Memory;
use aftermatch_postgres::{Options, Postgres};
use anyhow::Context;
use clap::{CommandFactory, Parser};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};
use tokio_util::sync::CancellationToken;

use crate::settings::{Cli, Command, Serve};

fn main() -> ExitCode {
    let cli = Cli::try_parse().unwrap_or_else(|error| settings::with_variable(error).exit());
    if let Err(unknown) = settings::check_names(&Cli::command(), std::env::vars_os()) {
        return fail(&unknown, 2);
    }
    let done = match cli.command {
        Some(Command::Token(arguments)) => token::print(&arguments),
        Some(Command::Serve(arguments)) => serve(*arguments),
        // Docker wants 1 of what is not healthy.
        Some(Command::Health(arguments)) => {
            return health::ask(&arguments)
                .map_or_else(|error| fail(&error, 1), |()| ExitCode::SUCCESS);
        }
        Some(Command::Migrate(arguments)) => database::migrate(&arguments),
        Some(Command::Import(arguments)) => database::import(&arguments),
        None => serve(cli.serve),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error, 2),
    }
}

fn fail(error: &anyhow::Error, code: u8) -> ExitCode {
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "error: {error:#}");
    ExitCode::from(code)
}

#[tokio::main]
async fn serve(arguments: Serve) -> anyhow::Result<()> {
    logging::start(&arguments.log, arguments.log_format);
    arguments.check()?;
    let shutdown = CancellationToken::new();
    tokio::select! {
        // First, so that a signal is heard from the first moment on.
        biased;
        interrupted = twice_told_to_stop(shutdown.clone()) => interrupted,
        served = run(arguments, shutdown) => served,
    }
}

async fn run(arguments: Serve, shutdown: CancellationToken) -> anyhow::Result<()> {
    match arguments.database.options() {
        None => {
            let secret = arguments.secret.read()?;
            let world = settings::world(arguments.world.as_deref())?;
            let listener = listen(&arguments.listen, "CHAT_LISTEN").await?;
            let operations = operations(&arguments).await?;
            banner::show(&arguments, &secret, &world, listener.local_addr()?)?;
            // Nobody but this run trusts a secret that was made for it.
            let people = secret.made.then(|| people::of(&world, &secret.bytes));
            let store = Store::Memory(Arc::new(Memory::new(world)));
            let config = config(arguments, store, secret.bytes, operations, people);
            aftermatch::serve(config, listener, shutdown).await
        }
        Some(options) => {
            let secret = arguments.secret.given()?.context(
                "no secret: with a database CHAT_JWT_SECRET or CHAT_JWT_SECRET_FILE must be set",
            )?;
            let operations = operations(&arguments).await?;
            // Nobody is let in before the database is there.
            let store = tokio::select! {
                store = open(&options, &arguments, operations.as_ref()) => store?,
                () = shutdown.cancelled() => return Ok(()),
            };
            let listener = listen(&arguments.listen, "CHAT_LISTEN").await?;
            let store = Store::Postgres(Arc::new(store));
            let config = config(arguments, store, secret, operations, None);
            aftermatch::serve(config, listener, shutdown).await
        }
    }
}

/// Waits for the database, with the probes saying so.
async fn open(
    options: &Options,
    arguments: &Serve,
    operations: Option<&TcpListener>,
) -> anyhow::Result<Postgres> {
    let over = CancellationToken::new();
    let opening = async {
        let _over = over.clone().drop_guard();
        database::open(options, !arguments.no_migrate).await
    };
    let showing = async {
        match operations {
            Some(listener) => {
                Ok(waiting::show(listener, arguments.handshake_timeout, over.clone()).await?)
            }
            None => Ok(()),
        }
    };
    let (store, ()) = tokio::try_join!(opening, showing)?;
    Ok(store)
}

/// The port of the operators' own, if they want one.
async fn operations(arguments: &Serve) -> anyhow::Result<Option<TcpListener>> {
    match &arguments.ops_listen {
        Some(address) => listen(address, "CHAT_OPS_LISTEN").await.map(Some),
        None => Ok(None),
    }
}

fn config(
    arguments: Serve,
    store: Store,
    jwt_secret: Vec<u8>,
    operations: Option<TcpListener>,
    people: Option<Offered>,
) -> Config {
    let wanted = arguments.page.unwrap_or(people.is_some());
    let nobody = || -> Offered { Arc::new(|| "[]".to_owned()) };
    Config {
        page: wanted.then(|| people.unwrap_or_else(nobody)),
        operations,
        store,
        jwt_secret,
        max_text_chars: arguments.max_text_chars,
        limits: arguments.limits(),
        origins: arguments.allowed_origins,
    }
}

async fn listen(address: &str, setting: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| {
        format!("cannot listen on {address} ({setting}: address and port, such as 127.0.0.1:8000)")
    })
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
