//! `relay`: a yardstick. A WebSocket server on Tokio that does nothing but pass a
//! ready frame to everyone in a room: no token is read, nothing is parsed, judged
//! or kept. It understands the requests of `load`, to the byte, and nothing else.

mod connection;
mod peer;
mod wire;

use std::{
    collections::HashMap,
    io::{Write, stdout},
    net::SocketAddr,
    sync::Arc,
};

use clap::Parser;
use parking_lot::Mutex;
use tokio::net::TcpListener;
use tokio_util::task::TaskTracker;

use crate::{peer::Peer, wire::Frames};

/// Passes ready frames to everyone in a room, and does nothing else.
#[derive(Parser)]
struct Cli {
    /// Address and port.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// How large each frame is, as `load` counts it: without its header.
    #[arg(long, value_name = "N", default_value_t = 4096, value_parser = clap::value_parser!(u16).range(256..))]
    frame_bytes: u16,
    /// Bytes that may wait for a slow reader; above that it is cut off.
    #[arg(long, value_name = "N", default_value_t = 1 << 20)]
    max_outbox_bytes: usize,
}

/// Who is told what is written in a room.
type Room = Arc<Mutex<Vec<Arc<Peer>>>>;

/// What all connections share.
struct Relay {
    frames: Frames,
    max_outbox_bytes: usize,
    rooms: Mutex<HashMap<u64, Room>>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let cli = Cli::parse();
    let relay = Arc::new(Relay {
        frames: Frames::of(cli.frame_bytes),
        max_outbox_bytes: cli.max_outbox_bytes,
        rooms: Mutex::default(),
    });
    let listener = TcpListener::bind(cli.listen).await?;
    writeln!(stdout(), "{}", listener.local_addr()?)?;
    let connections = TaskTracker::new();
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        connections.spawn(connection::run(stream, relay.clone()));
    }
}
