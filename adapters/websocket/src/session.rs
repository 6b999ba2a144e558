//! One connection from its first frame to its last.

mod pace;
mod perform;
mod read;

use std::{
    future::poll_fn,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use aftermatch_ports::model::{RoomId, Session};
use aftermatch_protocol::close::Close;
use tokio::time::{Instant, Sleep, sleep_until, timeout};

use crate::{
    edge::limiter::ConnectionPermit,
    limits::Limits,
    state::ServerState,
    transport::{
        Outbox, ReadError, Reader, Socket,
        frame::{self, Incoming},
    },
};
use pace::Pace;

/// How long the other side may take for its part of the closing.
const LINGER: Duration = Duration::from_secs(5);

/// So many requests that came together are answered before the first answer is
/// sent off.
const BURST: usize = 64;

/// A session whose requests are answered one after the other.
struct Conversation<'a> {
    shared: &'a ServerState,
    session: Session,
    reader: &'a mut Reader,
    outbox: Arc<Outbox>,
    /// The room in which something was told that is still to be sent off.
    told: Option<RoomId>,
    pace: Pace,
    /// Requests answered since the last time that answers were sent off.
    burst: usize,
}

/// Why no further request is read.
enum End {
    /// This side closes, and waits for the other.
    Close(Close),
    /// The other side closed, or is gone.
    Closed,
}

/// What a connection waits for.
enum Event {
    Incoming(Result<Incoming, ReadError>),
    Close(Close),
    Time,
}

/// Serves the session until either side closes.
pub(crate) async fn run(
    socket: Socket,
    permit: ConnectionPermit,
    session: Session,
    shared: &ServerState,
) {
    let limits = &shared.limits;
    let mut reader = Reader::new(socket.reader, socket.early, limits.frame_bytes);
    let outbox = Arc::new(Outbox::new(
        socket.writer,
        limits.outbox_frames,
        limits.outbox_bytes,
        shared.hub.metrics().clone(),
    ));
    let end = converse(&mut reader, outbox.clone(), session, shared).await;
    // Before the client learns that this connection ends, so that it may open
    // another one at once.
    drop(permit);
    let close = match end {
        End::Close(close) => close,
        End::Closed => Close::NORMAL,
    };
    tracing::debug!(code = close.code, reason = close.reason, "closed");
    outbox.end(close, frame::close(close.code, close.reason));
    let closing = async {
        poll_fn(|context| outbox.poll_empty(context)).await;
        // The connection's writing end goes with the outbox. Who is still in the
        // middle of what cannot be understood is not waited for with it.
        let _kept = (!reader.is_lost()).then_some(outbox);
        if let End::Close(_) = end {
            // Were the connection dropped with something unread on it, the other
            // side might never see the close frame.
            poll_fn(|context| reader.poll_closed(context)).await;
        }
    };
    let _ = timeout(LINGER, closing).await;
}

async fn converse(
    reader: &mut Reader,
    outbox: Arc<Outbox>,
    session: Session,
    shared: &ServerState,
) -> End {
    tracing::debug!("connected");
    let id = session.id;
    shared.hub.connect(&session, outbox.clone());
    if shared.shutdown.is_cancelled() {
        outbox.close(Close::GOING_AWAY);
    }
    let mut conversation = Conversation {
        shared,
        session,
        reader,
        outbox,
        told: None,
        pace: Pace::new(shared.limits.requests_per_second, Instant::now()),
        burst: 0,
    };
    let end = conversation.converse().await;
    conversation.flush();
    shared.chat.disconnect(conversation.session).await;
    shared.hub.disconnect(id);
    end
}

impl Conversation<'_> {
    async fn converse(&mut self) -> End {
        let mut clock = Clock::start(&self.shared.limits);
        let mut alarm = pin!(sleep_until(clock.next()));
        loop {
            let event = poll_fn(|context| self.poll(alarm.as_mut(), context)).await;
            let end = match event {
                Event::Close(close) => Some(End::Close(close)),
                Event::Incoming(Err(ReadError::Gone)) => Some(End::Closed),
                Event::Incoming(Err(ReadError::Violation(violation))) => {
                    Some(End::Close(violation.close()))
                }
                Event::Incoming(Ok(incoming)) => {
                    self.shared.hub.metrics().frames_received.inc();
                    clock.heard = Instant::now();
                    self.receive(incoming).await
                }
                Event::Time => {
                    let end = self.look_at(&mut clock);
                    alarm.as_mut().reset(clock.next());
                    end
                }
            };
            if let Some(end) = end {
                return end;
            }
        }
    }

    /// What comes next. What has been read already is answered before more is
    /// read, and what has been answered is sent off before anything is waited for.
    fn poll(&mut self, alarm: Pin<&mut Sleep>, context: &mut Context<'_>) -> Poll<Event> {
        if let Poll::Ready(close) = self.outbox.poll(context) {
            return Poll::Ready(Event::Close(close));
        }
        if self.burst < BURST
            && self.outbox.has_room()
            && let Some(incoming) = self.reader.next_read()
        {
            return Poll::Ready(Event::Incoming(incoming));
        }
        self.flush();
        if self.outbox.has_room()
            && let Poll::Ready(incoming) = self.reader.poll_next(context)
        {
            return Poll::Ready(Event::Incoming(incoming));
        }
        alarm.poll(context).map(|()| Event::Time)
    }

    async fn receive(&mut self, incoming: Incoming) -> Option<End> {
        self.burst += 1;
        match incoming {
            Incoming::Text(text) => return self.answer_text(&text).await.map(End::Close),
            Incoming::Binary => self.outbox.push(perform::binary_frame()),
            Incoming::Ping(payload) => self.outbox.push(frame::pong(&payload)),
            Incoming::Pong => {}
            Incoming::Close(_) => return Some(End::Closed),
        }
        None
    }

    /// Answers a request. While it waits for a store, nothing waits with it.
    async fn answer_text(&mut self, text: &[u8]) -> Option<Close> {
        let (shared, outbox, told) = (self.shared, self.outbox.clone(), self.told);
        let mut answering = pin!(self.answer(text));
        let mut waits = false;
        poll_fn(|context| {
            let answered = answering.as_mut().poll(context);
            if answered.is_pending() {
                if !std::mem::replace(&mut waits, true) {
                    outbox.flush();
                    told.into_iter().for_each(|room| shared.hub.flush(room));
                }
                // Should it say that the connection is to be closed, the request
                // is answered first.
                let _ = outbox.poll(context);
            }
            answered
        })
        .await
    }

    /// Sends off what was answered and told.
    fn flush(&mut self) {
        self.burst = 0;
        self.outbox.flush();
        if let Some(room) = self.told.take() {
            self.shared.hub.flush(room);
        }
    }

    fn look_at(&mut self, clock: &mut Clock) -> Option<End> {
        let now = Instant::now();
        let over = |since: Instant| now >= since + clock.idle;
        if over(clock.heard) {
            return Some(End::Close(Close::SILENT));
        }
        if self.outbox.blocked().is_some_and(over) {
            return Some(End::Closed);
        }
        if now >= clock.next_ping {
            clock.next_ping = now + clock.ping;
            self.outbox.push(frame::ping());
            self.outbox.flush();
        }
        None
    }
}

/// When a connection has to be looked at though nothing happens on it.
struct Clock {
    heard: Instant,
    next_ping: Instant,
    idle: Duration,
    ping: Duration,
}

impl Clock {
    fn start(limits: &Limits) -> Self {
        let now = Instant::now();
        Self {
            heard: now,
            next_ping: now + limits.ping,
            idle: limits.idle,
            ping: limits.ping,
        }
    }

    /// What is heard later only moves this on, so it need not be asked before.
    fn next(&self) -> Instant {
        self.next_ping.min(self.heard + self.idle)
    }
}
