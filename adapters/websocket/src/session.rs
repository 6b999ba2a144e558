//! One connection from its first frame to its last.

mod audit;
#[cfg(test)]
mod autobahn;
mod conversation;
mod creates;
mod dispatch;
mod join;
mod messages;
mod rate_limit;
mod reads;
mod requests;
mod timers;
mod turn;
mod used;
mod writes;

use std::{future::poll_fn, sync::Arc, time::Duration};

use aftermatch_ports::model::Session;
use aftermatch_protocol::close::Close;
use tokio::time::{Instant, sleep, timeout};

use self::{conversation::Conversation, turn::Turn};
pub(crate) use self::{
    requests::{Allowance, RequestLimiter},
    writes::WriteLimiter,
};
use crate::{
    delivery::Connection,
    edge::limiter::ConnectionPermit,
    metrics::HeldBytes,
    state::ServerState,
    transport::{Compression, Outbox, Reader, Socket, frame},
    turn_queue::TurnQueue,
};

/// How long the client may take for its part of the closing handshake.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// How many turns of what a client sends are read after the close frame.
const DROPPED_TURNS: usize = 8;

/// How long a client that does not stop may take for its part of the closing handshake.
const UNREAD_TIMEOUT: Duration = Duration::from_secs(1);

/// Why no further request is read.
enum Closing {
    /// The server closes, and waits for the client.
    ByServer(Close),
    /// The client closed, or its connection broke.
    ByClient,
}

impl Closing {
    /// Who closes, and how the server does.
    fn parts(&self) -> (&'static str, Close) {
        match self {
            Self::ByServer(close) => ("server", *close),
            Self::ByClient => ("client", Close::NORMAL),
        }
    }
}

/// Serves the connection until either side closes.
pub(crate) async fn run(
    socket: Socket,
    compression: Option<Compression>,
    permit: ConnectionPermit,
    session: Session,
    allowance: Allowance,
    state: &ServerState,
) {
    let limits = &state.limits;
    let held = HeldBytes::new(state.hub.metrics().clone());
    let mut reader = Reader::new(
        socket.reader,
        socket.early,
        limits.frame_bytes,
        compression.is_some(),
        held,
    );
    let outbox = Outbox::new(
        socket.writer,
        compression,
        limits.outbox_frames,
        limits.outbox_bytes,
        state.hub.metrics().clone(),
    );
    let began = Instant::now();
    tracing::info!("connected");
    let registration = state.hub.connect(&session, outbox);
    let connection = registration.connection().clone();
    if state.shutdown.is_cancelled() {
        connection.outbox().close(Close::GOING_AWAY);
    }
    let mut conversation = Conversation::new(state, session, allowance, &mut reader, &connection);
    let closing = conversation.run().await;
    let frames_received = conversation.frames_received();
    drop(registration);
    let (by, close) = closing.parts();
    // Before the client learns that this connection ends, so that it may open
    // another one at once. Not for one who floods: what is closing counts, too.
    let _permit = (close == Close::TOO_MANY).then_some(permit);
    tracing::info!(
        by,
        code = close.code,
        reason = close.reason,
        seconds = began.elapsed().as_secs(),
        frames_received,
        frames_sent = connection.outbox().frames_sent(),
        "closed"
    );
    // In a box: who stays holds no place for the end.
    Box::pin(finish(closing, reader, connection, &state.turns)).await;
}

/// The closing handshake.
async fn finish(
    closing: Closing,
    mut reader: Reader,
    connection: Arc<Connection>,
    turns: &Arc<TurnQueue>,
) {
    let (_, close) = closing.parts();
    let frame = frame::close(close.code, close.reason);
    connection.outbox().end(close, frame);
    let handshake = async {
        poll_fn(|context| connection.outbox().poll_empty(context)).await;
        // Dropping the outbox ends the connection. A client whose frames can no
        // longer be understood gets that at once.
        let _open = (!reader.is_lost()).then_some(connection);
        if let Closing::ByServer(_) = closing {
            // A connection dropped with unread bytes is reset, and the close frame
            // could be lost with it.
            drop_incoming(&mut reader, turns).await;
        }
    };
    let _ = timeout(CLOSE_TIMEOUT, handshake).await;
}

/// Drops what the client still sends until it has closed too, in turns like a session.
/// If it goes on and on, nothing more is read, and it gets a moment to see the close frame.
async fn drop_incoming(reader: &mut Reader, turns: &Arc<TurnQueue>) {
    for _ in 0..DROPPED_TURNS {
        let mut turn = Turn::default();
        while !turn.is_over() {
            let dropped = poll_fn(|context| {
                let polled = reader.poll_drop(context);
                if polled.is_pending() {
                    // Waiting is no work: a slow client may take its time.
                    turn = Turn::default();
                }
                polled
            });
            if !dropped.await {
                return;
            }
            turn.count();
        }
        turns.next_turn().await;
    }
    sleep(UNREAD_TIMEOUT).await;
}
