//! `load`: puts a running chat server under load and reports throughput, latency,
//! CPU time and memory.

mod attack;
mod bytes;
mod chat;
mod connection;
mod cpu_clock;
mod driver;
mod envelope;
mod frame;
mod idle;
mod inbox;
mod journal;
mod member;
mod neighbour;
mod nodes;
mod pace;
mod report;
mod server_work;
mod target;
mod times;
mod traffic;
mod usage;
mod world;

use std::{
    io::{BufWriter, Write, stderr, stdout},
    process::ExitCode,
};

use clap::{Parser, Subcommand};

use crate::{
    attack::Attack, bytes::Bytes, chat::Chat, idle::Idle, inbox::Inbox, neighbour::Neighbour,
    nodes::Nodes, world::World,
};

/// Puts a running chat server under load.
///
/// Start the server with the world that `load world` writes for the same `--rooms`
/// and `--brands`, and with limits that are large enough.
#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Writes a world file to standard output.
    World {
        #[command(flatten)]
        world: World,
        /// Approximate size of a brand's profile.
        #[arg(long, value_name = "N", default_value_t = 1500)]
        profile_bytes: usize,
        /// Messages of 40,000 bytes in the last room.
        #[arg(long, value_name = "N", default_value_t = 0)]
        history: u64,
    },
    /// Opens many connections that stay silent.
    Idle(Idle),
    /// Lets authors write the next message as soon as they get a response.
    Chat(Chat),
    /// Lets authors write at a fixed rate, to hearers at other processes.
    Nodes(Nodes),
    /// Measures clients that follow their rooms.
    #[command(subcommand)]
    Inbox(Inbox),
    /// Does what a hostile client may do, on several connections, until its standard
    /// input ends.
    Attack(Attack),
    /// Counts what receivers of messages download, on the service with `bench/product.json`.
    Bytes(Bytes),
    /// Measures the times of clients that behave well, while others may attack.
    Neighbour(Neighbour),
}

fn main() -> ExitCode {
    match run(&Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(stderr(), "error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: &Command) -> anyhow::Result<()> {
    match command {
        Command::World {
            world,
            profile_bytes,
            history,
        } => {
            let mut out = BufWriter::new(stdout().lock());
            world.write(*profile_bytes, *history, &mut out)?;
            out.flush()?;
            Ok(())
        }
        Command::Idle(idle) => idle.run(),
        Command::Chat(chat) => chat.run(),
        Command::Nodes(nodes) => nodes.run(),
        Command::Inbox(inbox) => inbox.run(),
        Command::Bytes(bytes) => bytes.run(),
        Command::Attack(attack) => attack.run(),
        Command::Neighbour(neighbour) => neighbour.run(),
    }
}
