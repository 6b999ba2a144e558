//! The bytes of one connection, with the faults of a network.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
    time::sleep,
};

/// How many bytes the proxy holds in one direction, at most.
const BUFFER_BYTES: usize = 16 * 1024;

/// What is wrong with the network.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    None,
    Frozen,
    Slow(Duration),
    CutAfterSending,
}

/// The connection ends in both directions.
struct Cut;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    ToServer,
    ToClient,
}

/// Passes bytes in both directions, until both have ended.
pub(super) async fn join(client: TcpStream, server: TcpStream, fault: watch::Receiver<Fault>) {
    for socket in [&client, &server] {
        let _ = socket.set_nodelay(true);
    }
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let to_server = pump(Direction::ToServer, from_client, to_server, fault.clone());
    let to_client = pump(Direction::ToClient, from_server, to_client, fault);
    let _ = tokio::try_join!(to_server, to_client);
}

async fn pump(
    direction: Direction,
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut fault: watch::Receiver<Fault>,
) -> Result<(), Cut> {
    let mut buffer = Vec::with_capacity(BUFFER_BYTES);
    loop {
        buffer.clear();
        let read = from.read_buf(&mut buffer).await;
        // Bytes, and ends of connections, wait here while the proxy is frozen.
        let now = fault.wait_for(|fault| *fault != Fault::Frozen).await;
        let now = *now.map_err(|_proxy_is_gone| Cut)?;
        if let Fault::Slow(delay) = now {
            sleep(delay).await;
        }
        if !matches!(read, Ok(1..)) || to.write_all(&buffer).await.is_err() {
            return Ok(());
        }
        if (direction, now) == (Direction::ToServer, Fault::CutAfterSending) {
            return Err(Cut);
        }
    }
}
