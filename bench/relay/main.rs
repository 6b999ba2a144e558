//! `relay`: a minimal WebSocket server on Tokio, to compare the service with. It
//! only sends a prepared frame to every member of a room: it checks no token,
//! parses no JSON, authorizes and stores nothing. It understands the exact requests
//! of `load`, and nothing else.

mod connection;
mod peer;
mod state;
mod wire;

use std::{
    io::{Write, stdout},
    net::SocketAddr,
    sync::Arc,
};

use clap::Parser;
use tokio::net::TcpListener;
use tokio_util::task::TaskTracker;

use crate::state::ServerState;

/// Sends prepared frames to every member of a room, and does nothing else.
#[derive(Parser)]
struct Cli {
    /// Address and port to listen on.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Size of each frame without its header, as `load` counts it.
    #[arg(long, value_name = "N", default_value_t = 4096, value_parser = clap::value_parser!(u16).range(256..))]
    frame_bytes: u16,
    /// Bytes that may wait for a slow reader. With more it is disconnected.
    #[arg(long, value_name = "N", default_value_t = 1 << 20)]
    max_outbox_bytes: usize,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let cli = Cli::parse();
    let state = Arc::new(ServerState::new(cli.frame_bytes, cli.max_outbox_bytes));
    let listener = TcpListener::bind(cli.listen).await?;
    writeln!(stdout(), "{}", listener.local_addr()?)?;
    let connections = TaskTracker::new();
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        connections.spawn(connection::run(stream, state.clone()));
    }
}
