//! Settings: the commands of the program with their flags and variables.

mod api;
mod attachments;
mod bridge;
mod database;
mod given;
mod names;
mod relay;
mod secret;
mod serve;
mod values;
mod webhook;
mod world;

use std::{path::PathBuf, time::Duration};

use clap::{Args, Parser, Subcommand};

pub(crate) use self::{
    attachments::Attachments,
    bridge::{Bridge, CheckBridge, OnDatabase, Step, read_mapping},
    database::{CANNOT_USE, Database},
    given::{Given, InForce, Setting, Source, given},
    names::{check_names, with_variable},
    relay::Relay,
    secret::{
        MIN_BYTES, PREVIOUS_VARIABLE, PreviousSecret, Secret, SigningSecret,
        VARIABLE as SECRET_VARIABLE,
    },
    serve::Serve,
    world::read_world,
};
use values::{DEFAULT_LISTEN, long_duration, positive_id};

/// The chat between two matched brands, with an endpoint for administrators.
///
/// Without a command, the service starts in memory, with a demo world, on
/// 127.0.0.1:8000, and prints how to connect. Each setting is a flag or an
/// environment variable. If both are given, the flag is used.
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
    /// Serve the chat. This is the default command.
    Serve(Box<Serve>),
    /// Check the settings, the secret, the database and the NATS servers of a service before
    /// its first start.
    ///
    /// Takes the settings of `serve`, prints those that are in force and everything that is
    /// wrong, and exits with 2 if something is. Changes nothing.
    Check(Box<Serve>),
    /// Print an access token for a user, signed with the secret of the service.
    ///
    /// Example: aftermatch token --user 3 --ttl 1h
    Token(Token),
    /// Migrate the database to the schema of this program. `serve` does it, too.
    Migrate(Database),
    /// Ask the service on this machine whether it is ready. Fails if it is not.
    Health(Health),
    /// Import the users, brands, rooms and messages of a world file into the
    /// database. Rows that are already there and have not changed stay as they are.
    Import(Import),
    /// Run the chat on the live database of a platform: read its tables by the queries of a
    /// mapping.
    Bridge(Bridge),
}

#[derive(Args)]
pub(crate) struct Health {
    /// Address and port of the probes, if they are not on the port of the chat.
    #[arg(long, env = "CHAT_OPS_LISTEN", value_name = "ADDR")]
    pub(crate) ops_listen: Option<String>,
    /// Address and port of the chat.
    #[arg(long, env = "CHAT_LISTEN", value_name = "ADDR", default_value = DEFAULT_LISTEN)]
    pub(crate) listen: String,
}

#[derive(Args)]
pub(crate) struct Import {
    /// World file (JSON).
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) database: Database,
}

#[derive(Args)]
pub(crate) struct Token {
    /// Id of the user.
    #[arg(long, value_name = "ID", value_parser = positive_id)]
    pub(crate) user: i64,
    /// How long the token is valid: 30m, 1h, 7d, …
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = long_duration)]
    pub(crate) ttl: Duration,
    #[command(flatten)]
    pub(crate) secret: Secret,
}

#[cfg(test)]
mod tests;
