//! One connection from its first frame to its last.

mod perform;

use std::{pin::pin, sync::Arc, time::Duration};

use aftermatch_ports::model::Session;
use bytes::Bytes;
use poem::Upgraded;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep_until, timeout};

use crate::{
    admission::Admitted,
    frame::{self, Incoming},
    handshake::Shared,
    outbox::{Close, Outbox},
    socket::{self, Broken, Reader, Writer},
};

/// How long the other side may take for its part of the closing.
const LINGER: Duration = Duration::from_secs(5);

/// A session whose requests are answered one after the other.
struct Conversation<'a> {
    shared: &'a Shared,
    session: Session,
    outbox: Arc<Outbox>,
}

/// Why no further request is read.
enum End {
    /// This side closes, and waits for the other.
    Close(Close),
    /// The other side closed, or is gone.
    Closed,
}

pub(crate) async fn run(connection: Upgraded, session: Session, shared: &Shared) {
    let limits = &shared.limits;
    let (reader, writer) = socket::split(connection, limits.frame_bytes, limits.idle);
    let outbox = Arc::new(Outbox::new(limits.outbox_frames, limits.outbox_bytes));
    let place = shared.admission.admit(session.user);
    let writing = write(writer, &outbox, limits.ping);
    let reading = read(reader, session, shared, outbox.clone(), place);
    // What is read is answered in the same turn.
    tokio::join!(biased; reading, writing);
}

async fn read(
    mut reader: Reader,
    session: Session,
    shared: &Shared,
    outbox: Arc<Outbox>,
    place: Result<Admitted, &'static str>,
) {
    let end = match &place {
        Ok(_) => {
            tracing::info!("connected");
            let id = session.id;
            shared.hub.connect(id, outbox.clone());
            let mut conversation = Conversation {
                shared,
                session,
                outbox: outbox.clone(),
            };
            let end = conversation.converse(&mut reader).await;
            shared.chat.disconnect(conversation.session).await;
            shared.hub.disconnect(id);
            end
        }
        Err(reason) => End::Close(Close::new(1013, reason)),
    };
    let close = match end {
        End::Close(close) => close,
        End::Closed => Close::NORMAL,
    };
    outbox.close(close);
    tracing::info!(code = close.code, reason = close.reason, "closed");
    if let End::Close(_) = end {
        // Were the connection dropped with something unread on it, the other
        // side might never see the close frame.
        let _ = timeout(LINGER, reader.drain()).await;
    }
}

impl Conversation<'_> {
    async fn converse(&mut self, reader: &mut Reader) -> End {
        // Made once: what is waited for anew with every frame costs with every frame.
        let outbox = self.outbox.clone();
        let mut closing = pin!(async {
            tokio::select! {
                () = self.shared.shutdown.cancelled() => Close::GOING_AWAY,
                close = outbox.closing() => close,
            }
        });
        let silence = self.shared.limits.idle;
        let mut heard = Instant::now();
        let mut silent = pin!(sleep_until(heard + silence));
        loop {
            tokio::select! {
                biased;
                close = &mut closing => return End::Close(close),
                () = outbox.has_room() => {}
            }
            let incoming = tokio::select! {
                biased;
                close = &mut closing => return End::Close(close),
                incoming = reader.next() => incoming,
                () = &mut silent => {
                    if heard.elapsed() >= silence {
                        return End::Close(Close::SILENT);
                    }
                    silent.as_mut().reset(heard + silence);
                    continue;
                }
            };
            heard = Instant::now();
            // A request that has begun is never abandoned: what was kept is told.
            let end = match incoming {
                Err(Broken::Gone) => Some(End::Closed),
                Err(Broken::Violation(violation)) => Some(End::Close(Close::new(
                    violation.close_code(),
                    violation.reason(),
                ))),
                Ok(incoming) => self.receive(incoming).await,
            };
            if let Some(end) = end {
                return end;
            }
        }
    }

    async fn receive(&mut self, incoming: Incoming) -> Option<End> {
        match incoming {
            Incoming::Text(text) => return self.answer(&text).await.map(End::Close),
            Incoming::Binary => self.outbox.push(perform::binary_frame()),
            Incoming::Ping(payload) => self.outbox.push(frame::pong(&payload)),
            Incoming::Pong => {}
            Incoming::Close(_) => return Some(End::Closed),
        }
        None
    }
}

async fn write(mut writer: Writer, outbox: &Outbox, every: Duration) {
    let mut ping = interval_at(Instant::now() + every, every);
    ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let mut batch = Vec::new();
        let close = tokio::select! {
            close = outbox.take(&mut batch) => close,
            _ = ping.tick() => {
                outbox.push(frame::ping());
                continue;
            }
        };
        if let Some(close) = close {
            let close = frame::close(close.code, close.reason);
            let _ = timeout(LINGER, last(&mut writer, close)).await;
            return;
        }
        let written = tokio::select! {
            biased;
            written = writer.write(&batch) => written,
            () = outbox.overflow() => continue,
        };
        if written.is_err() {
            outbox.close(Close::NORMAL);
            return;
        }
        outbox.written(batch.len(), batch.iter().map(Bytes::len).sum());
    }
}

/// Ends what an overflow interrupted, and closes.
async fn last(writer: &mut Writer, close: Bytes) -> std::io::Result<()> {
    writer.finish().await?;
    writer.write(&[close]).await
}
