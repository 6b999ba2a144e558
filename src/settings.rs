//! Settings, by flag and environment.

mod values;

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    time::Duration,
};

use aftermatch::{Limits, Origin};
use aftermatch_ports::model::World;
use aftermatch_postgres::Options;
use anyhow::{Context, bail, ensure};
use clap::{
    Args, CommandFactory, Parser, Subcommand,
    error::{ContextKind, ContextValue},
};

use crate::logging::{self, Format};
use values::{duration, duration_or_none, pool, positive, positive_id};

/// The secret is given by environment or file, never as an argument: arguments
/// are there for every user of the machine to see.
const SECRET: &str = "CHAT_JWT_SECRET";

/// Below this length a secret is guessed faster than it is made.
const SHORT_SECRET: usize = 32;

/// The chat between two matched brands, and the administrators' window on it.
///
/// Without a command it serves: in memory, with a demo world, on
/// 127.0.0.1:8000, and shows how to talk to it. Every setting can be given as a
/// flag or in the environment; a flag wins.
#[derive(Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) serve: Serve,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Serves the chat (what is done without a command, too).
    Serve(Box<Serve>),
    /// Prints an access token for a user, signed with the service's secret.
    ///
    /// Example: aftermatch token --user 3 --ttl 1h
    Token(Token),
    /// Brings the database to the shape this program needs. Done by `serve`, too.
    Migrate(Database),
    /// Asks the service of this machine whether it is ready; fails when it is not.
    Health(Health),
    /// Brings the users, brands, rooms and messages of a world file into the
    /// database. What is there already and has not changed is left alone.
    Import(Import),
}

#[derive(Args)]
pub(crate) struct Health {
    /// Where the service shows how it does, if not where it serves.
    #[arg(long, env = "CHAT_OPS_LISTEN", value_name = "ADDR")]
    pub(crate) ops_listen: Option<String>,
    /// Where it serves.
    #[arg(
        long,
        env = "CHAT_LISTEN",
        value_name = "ADDR",
        default_value = "127.0.0.1:8000"
    )]
    pub(crate) listen: String,
}

#[derive(Args)]
pub(crate) struct Import {
    /// The world, a JSON file.
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) database: Database,
}

#[derive(Args)]
pub(crate) struct Database {
    /// The Postgres database that keeps everything,
    /// postgres://user:password@host:port/name. Without it the service keeps
    /// everything in memory.
    #[arg(
        long = "database-url",
        env = "DATABASE_URL",
        value_name = "URL",
        hide_env_values = true
    )]
    url: Option<String>,
    /// Connections to the database; there is one more for the creation of
    /// messages, and one that listens.
    #[arg(long = "database-pool", env = "CHAT_DATABASE_POOL", value_name = "N", default_value = "8", value_parser = pool)]
    pool: u32,
    /// How long a statement of the database may take before it is cut off.
    #[arg(long, env = "CHAT_STATEMENT_TIMEOUT", value_name = "TIME", default_value = "1s", value_parser = duration)]
    statement_timeout: Duration,
}

impl Database {
    /// How to reach the database, if one was given.
    pub(crate) fn options(&self) -> Option<Options> {
        self.url.clone().map(|url| Options {
            url,
            pool: self.pool,
            statement_timeout: self.statement_timeout,
        })
    }

    /// How to reach the database, which has to be given.
    pub(crate) fn needed(&self) -> anyhow::Result<Options> {
        self.options().context(
            "no database: set DATABASE_URL, such as postgres://user:password@localhost/chat",
        )
    }
}

#[derive(Args)]
pub(crate) struct Token {
    /// The user's id.
    #[arg(long, value_name = "ID", value_parser = positive_id)]
    pub(crate) user: i64,
    /// How long the token is good: 30m, 1h, 7d …
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = duration)]
    pub(crate) ttl: Duration,
    #[command(flatten)]
    pub(crate) secret: Secret,
}

#[derive(Args)]
pub(crate) struct Secret {
    /// A file with the secret that signs access tokens (HS256). The secret
    /// itself can be given in the environment as CHAT_JWT_SECRET. With neither, a
    /// service in memory makes one for its run.
    #[arg(
        long = "jwt-secret-file",
        env = "CHAT_JWT_SECRET_FILE",
        value_name = "FILE"
    )]
    file: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct Serve {
    /// Address and port to listen on.
    #[arg(
        long,
        env = "CHAT_LISTEN",
        value_name = "ADDR",
        default_value = "127.0.0.1:8000"
    )]
    pub(crate) listen: String,
    /// The world to begin with, a JSON file. Without it: a built-in demo world.
    #[arg(long, env = "CHAT_WORLD", value_name = "FILE")]
    pub(crate) world: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) database: Database,
    /// Do not migrate the database; refuse to serve one that lacks migrations.
    #[arg(long, env = "CHAT_NO_MIGRATE")]
    pub(crate) no_migrate: bool,
    #[command(flatten)]
    pub(crate) secret: Secret,
    /// Origins that may connect, separated by commas: hosts, with a scheme or a
    /// port where they matter. Each subdomain is listed by its name.
    #[arg(
        long,
        env = "CHAT_ALLOWED_ORIGINS",
        value_name = "LIST",
        value_delimiter = ',',
        default_value = "localhost,127.0.0.1,[::1]"
    )]
    pub(crate) allowed_origins: Vec<Origin>,
    /// Whether to show a page to chat in, at `/`. If nothing is said, where the
    /// secret was made for the run; only there it offers people to be, elsewhere
    /// it takes a token.
    #[arg(
        long,
        env = "CHAT_PAGE",
        value_name = "BOOL",
        num_args = 0..=1,
        default_missing_value = "true"
    )]
    pub(crate) page: Option<bool>,
    /// The longest text of a message, in characters.
    #[arg(long, env = "CHAT_MAX_TEXT_CHARS", value_name = "N", default_value = "10000", value_parser = positive::<usize>)]
    pub(crate) max_text_chars: usize,
    /// The largest frame a client may send, in bytes.
    #[arg(long, env = "CHAT_MAX_FRAME_BYTES", value_name = "N", default_value = "65536", value_parser = positive::<usize>)]
    max_frame_bytes: usize,
    /// Connections in all; one more is closed with 1013.
    #[arg(long, env = "CHAT_MAX_CONNECTIONS", value_name = "N", default_value = "10000", value_parser = positive::<usize>)]
    pub(crate) max_connections: usize,
    /// Connections of one user; one more is closed with 1013.
    #[arg(long, env = "CHAT_MAX_CONNECTIONS_PER_USER", value_name = "N", default_value = "100", value_parser = positive::<usize>)]
    max_connections_per_user: usize,
    /// Requests that one connection may make in a second; one more is answered
    /// 429. Without it a flood is slowed by taking turns alone.
    #[arg(long, env = "CHAT_MAX_REQUESTS_PER_SECOND", value_name = "N", value_parser = positive::<u32>)]
    max_requests_per_second: Option<u32>,
    /// Frames that may wait for a slow reader before it is closed with 1013.
    #[arg(long, env = "CHAT_MAX_OUTBOX_FRAMES", value_name = "N", default_value = "1024", value_parser = positive::<usize>)]
    max_outbox_frames: usize,
    /// Bytes that may wait for a slow reader before it is closed with 1013.
    #[arg(long, env = "CHAT_MAX_OUTBOX_BYTES", value_name = "N", default_value = "1048576", value_parser = positive::<usize>)]
    max_outbox_bytes: usize,
    /// How long a handshake may take, and any other HTTP connection.
    #[arg(long, env = "CHAT_HANDSHAKE_TIMEOUT", value_name = "TIME", default_value = "10s", value_parser = duration)]
    pub(crate) handshake_timeout: Duration,
    /// How often a client is pinged.
    #[arg(long, env = "CHAT_PING_INTERVAL", value_name = "TIME", default_value = "25s", value_parser = duration)]
    ping_interval: Duration,
    /// A client from which nothing came for so long, not even an answer to a
    /// ping, is closed.
    #[arg(long, env = "CHAT_IDLE_TIMEOUT", value_name = "TIME", default_value = "60s", value_parser = duration)]
    idle_timeout: Duration,
    /// Address and port for /livez, /readyz and /metrics; without it they are
    /// served where the chat is.
    #[arg(long, env = "CHAT_OPS_LISTEN", value_name = "ADDR")]
    pub(crate) ops_listen: Option<String>,
    /// Over how long the connections are closed when the service stops.
    #[arg(long, env = "CHAT_DRAIN_TIME", value_name = "TIME", default_value = "0s", value_parser = duration_or_none)]
    drain_time: Duration,
    /// How long the connections may take to end when the service stops.
    #[arg(long, env = "CHAT_SHUTDOWN_TIMEOUT", value_name = "TIME", default_value = "10s", value_parser = duration)]
    shutdown_timeout: Duration,
    /// What is logged: a level, or levels of modules.
    #[arg(long, env = "CHAT_LOG", value_name = "FILTER", default_value = "info,poem=warn", value_parser = logging::filter)]
    pub(crate) log: String,
    /// How it is logged.
    #[arg(
        long,
        env = "CHAT_LOG_FORMAT",
        value_name = "FORMAT",
        value_enum,
        default_value = "text"
    )]
    pub(crate) log_format: Format,
}

impl Serve {
    /// What one setting alone cannot say.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        ensure!(
            self.idle_timeout > self.ping_interval,
            "CHAT_IDLE_TIMEOUT ({}) must be longer than CHAT_PING_INTERVAL ({}): a quiet client is heard only when it answers a ping",
            humantime::format_duration(self.idle_timeout),
            humantime::format_duration(self.ping_interval),
        );
        ensure!(
            self.database.url.is_none() || self.world.is_none(),
            "CHAT_WORLD is for a service in memory; with DATABASE_URL use `aftermatch import FILE`",
        );
        Ok(())
    }

    pub(crate) fn limits(&self) -> Limits {
        Limits {
            connections: self.max_connections,
            connections_per_user: self.max_connections_per_user,
            frame_bytes: self.max_frame_bytes,
            requests_per_second: self.max_requests_per_second,
            outbox_frames: self.max_outbox_frames,
            outbox_bytes: self.max_outbox_bytes,
            handshake: self.handshake_timeout,
            ping: self.ping_interval,
            idle: self.idle_timeout,
            drain: self.drain_time,
            shutdown: self.shutdown_timeout,
        }
    }
}

/// The secret of this run.
pub(crate) struct SigningSecret {
    pub(crate) bytes: Vec<u8>,
    /// Made for this run, because none was given.
    pub(crate) made: bool,
}

impl Secret {
    /// The secret that was given, or one made for this run.
    pub(crate) fn read(&self) -> anyhow::Result<SigningSecret> {
        if let Some(bytes) = self.given()? {
            return Ok(SigningSecret { bytes, made: false });
        }
        let mut bytes = vec![0; SHORT_SECRET];
        getrandom::fill(&mut bytes).context("cannot make a secret")?;
        Ok(SigningSecret { bytes, made: true })
    }

    /// The secret that was given, if one was.
    pub(crate) fn given(&self) -> anyhow::Result<Option<Vec<u8>>> {
        let (bytes, source) = match (std::env::var_os(SECRET), &self.file) {
            (Some(_), Some(_)) => {
                bail!("CHAT_JWT_SECRET and CHAT_JWT_SECRET_FILE are both set: keep one")
            }
            (None, None) => return Ok(None),
            (Some(secret), None) => (secret.into_encoded_bytes(), SECRET.to_owned()),
            (None, Some(file)) => {
                let name = file.display();
                let bytes = std::fs::read(file).with_context(|| {
                    format!("cannot read the secret in {name} (CHAT_JWT_SECRET_FILE)")
                })?;
                // Editors end files with a line break.
                (
                    bytes.trim_ascii_end().to_vec(),
                    format!("{name} (CHAT_JWT_SECRET_FILE)"),
                )
            }
        };
        ensure!(
            !bytes.is_empty(),
            "{source} is empty: it must hold the secret that signs access tokens"
        );
        if bytes.len() < SHORT_SECRET {
            tracing::warn!(
                bytes = bytes.len(),
                "the secret is short: HS256 wants at least {SHORT_SECRET} bytes"
            );
        }
        Ok(Some(bytes))
    }
}

/// The world in `file`, or the demo world.
pub(crate) fn world(file: Option<&Path>) -> anyhow::Result<World> {
    let Some(file) = file else {
        return aftermatch_world::parse(aftermatch_world::DEMO).context("the demo world");
    };
    let name = file.display();
    let json =
        std::fs::read_to_string(file).with_context(|| format!("cannot read the world {name}"))?;
    match aftermatch_world::parse(&json) {
        Ok(world) => Ok(world),
        Err(mistakes) => bail!("the world {name} cannot be used:\n{mistakes}"),
    }
}

/// Refuses environment variables that look like settings and are none.
pub(crate) fn check_names(
    command: &clap::Command,
    environment: impl Iterator<Item = (OsString, OsString)>,
) -> Result<(), anyhow::Error> {
    let mut known: Vec<_> = command
        .get_arguments()
        .filter_map(clap::Arg::get_env)
        .map(|name| name.to_string_lossy().into_owned())
        .collect();
    known.push(SECRET.to_owned());
    known.sort_unstable();
    let names = environment.map(|(name, _)| name.to_string_lossy().into_owned());
    let unknown: Vec<_> = names
        .filter(|name| name.starts_with("CHAT_") && !known.contains(name))
        .map(|name| {
            let similar = known.iter().max_by(|a, b| {
                strsim::jaro_winkler(a, &name).total_cmp(&strsim::jaro_winkler(b, &name))
            });
            let similar = similar.map_or("", String::as_str);
            format!("{name} is no setting: did you mean {similar}?")
        })
        .collect();
    ensure!(
        unknown.is_empty(),
        "{}\nThe settings are {}",
        unknown.join("\n"),
        known.join(", ")
    );
    Ok(())
}

/// Adds the variable's name to an error that names the flag alone: whoever set
/// the one may never have heard of the other.
pub(crate) fn with_variable(mut error: clap::Error) -> clap::Error {
    let Some(ContextValue::String(flag)) = error.get(ContextKind::InvalidArg) else {
        return error;
    };
    let mut command = Cli::command();
    command.build();
    let argument = command
        .get_arguments()
        .find(|argument| argument.to_string() == *flag);
    if let Some(variable) = argument.and_then(clap::Arg::get_env) {
        let both = format!("{flag} ({})", variable.display());
        error.insert(ContextKind::InvalidArg, ContextValue::String(both));
    }
    error
}

#[cfg(test)]
mod tests;
