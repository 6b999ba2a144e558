//! A line to a NATS server on which messages are lost, come twice or in another order.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, copy},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
};
use tokio_util::{
    sync::{CancellationToken, DropGuard},
    task::TaskTracker,
};

use crate::{NatsServer, unique};

/// A line to a NATS server. Of five messages that the server sends, one is lost, one comes
/// twice, and one comes after the next one. It ends with the test.
pub struct LossyLine {
    port: u16,
    _tasks: TaskTracker,
    _end: DropGuard,
}

impl LossyLine {
    /// A line to `server`.
    ///
    /// # Panics
    /// If its port is taken.
    pub async fn to(server: &NatsServer) -> Self {
        let port = unique::port();
        let listener = TcpListener::bind(("127.0.0.1", port)).await;
        let listener = listener.expect("the port of the line is free");
        let (tasks, end) = (TaskTracker::new(), CancellationToken::new());
        let accepting = accept(listener, server.address(), tasks.clone(), end.clone());
        tasks.spawn(end.clone().run_until_cancelled_owned(accepting));
        Self {
            port,
            _tasks: tasks,
            _end: end.drop_guard(),
        }
    }

    /// Its address.
    #[must_use]
    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }
}

async fn accept(
    listener: TcpListener,
    server: SocketAddr,
    tasks: TaskTracker,
    end: CancellationToken,
) {
    while let Ok((client, _)) = listener.accept().await {
        let Ok(server) = TcpStream::connect(server).await else {
            continue;
        };
        let (mut from_client, to_client) = client.into_split();
        let (from_server, mut to_server) = server.into_split();
        let both = async move {
            // Either end ends the other.
            tokio::select! {
                _ = copy(&mut from_client, &mut to_server) => {}
                _ = lose(BufReader::new(from_server), to_client) => {}
            }
        };
        tasks.spawn(end.clone().run_until_cancelled_owned(both));
    }
}

/// Passes what the server sends, without some messages.
async fn lose(mut from: BufReader<OwnedReadHalf>, mut to: OwnedWriteHalf) -> std::io::Result<()> {
    let mut held = Vec::new();
    for nth in 0.. {
        let Some(message) = pass_until_message(&mut from, &mut to).await? else {
            break;
        };
        match nth % 5 {
            1 => {}
            2 => to.write_all(&message.repeat(2)).await?,
            3 => held = message,
            _ => {
                to.write_all(&message).await?;
                to.write_all(&std::mem::take(&mut held)).await?;
            }
        }
    }
    Ok(())
}

/// Passes lines that are no messages. Returns the next message, with its line; `None` at the
/// end.
async fn pass_until_message(
    from: &mut BufReader<OwnedReadHalf>,
    to: &mut OwnedWriteHalf,
) -> std::io::Result<Option<Vec<u8>>> {
    loop {
        let mut message = Vec::new();
        if from.read_until(b'\n', &mut message).await? == 0 {
            return Ok(None);
        }
        if !message.starts_with(b"MSG ") {
            to.write_all(&message).await?;
            continue;
        }
        // `MSG subject sid [reply-to] bytes`, and the bytes with an end of the line.
        let line = String::from_utf8_lossy(&message);
        let bytes = line.split_ascii_whitespace().last();
        let bytes: usize = bytes.and_then(|n| n.parse().ok()).expect("a length");
        let mut content = vec![0; bytes + 2];
        from.read_exact(&mut content).await?;
        message.append(&mut content);
        return Ok(Some(message));
    }
}
