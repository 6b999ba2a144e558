//! The requests of one connection, answered one after the other.
//!
//! A turn answers the requests that came together, up to [`BURST`], and then sends
//! the responses and the events in one go: one write for each recipient.

use std::{
    future::poll_fn,
    mem,
    pin::{Pin, pin},
    task::{Context, Poll},
};

use aftermatch_ports::model::Session;
use aftermatch_protocol::close::Close;
use tokio::time::{Instant, Sleep, sleep_until};

use super::{Closing, rate_limit::RateLimiter, timers::Timers};
use crate::{
    delivery::Connection,
    state::ServerState,
    transport::{
        Outbox, ReadError, Reader,
        frame::{self, Incoming},
    },
};

/// How many requests are answered before the responses are sent.
const BURST: usize = 64;

pub(super) struct Conversation<'a> {
    pub(super) state: &'a ServerState,
    pub(super) session: Session,
    pub(super) connection: &'a Connection,
    pub(super) rate_limiter: RateLimiter,
    reader: &'a mut Reader,
    /// Requests answered in this turn.
    burst: usize,
}

/// What a connection waits for.
enum Event {
    Incoming(Result<Incoming, ReadError>),
    Close(Close),
    Timer,
}

impl<'a> Conversation<'a> {
    pub(super) fn new(
        state: &'a ServerState,
        session: Session,
        reader: &'a mut Reader,
        connection: &'a Connection,
    ) -> Self {
        let per_second = state.limits.requests_per_second;
        Self {
            state,
            session,
            connection,
            rate_limiter: RateLimiter::new(per_second, Instant::now()),
            reader,
            burst: 0,
        }
    }

    pub(super) fn outbox(&self) -> &'a Outbox {
        self.connection.outbox()
    }

    /// Answers requests until either side closes.
    pub(super) async fn run(&mut self) -> Closing {
        let mut timers = Timers::start(&self.state.limits);
        let mut alarm = pin!(sleep_until(timers.next()));
        loop {
            let event = poll_fn(|context| self.poll(alarm.as_mut(), context)).await;
            let closing = match event {
                Event::Close(close) => Some(Closing::ByServer(close)),
                Event::Incoming(Err(ReadError::Gone)) => Some(Closing::ByClient),
                Event::Incoming(Err(ReadError::Violation(violation))) => {
                    Some(Closing::ByServer(violation.close()))
                }
                Event::Incoming(Ok(incoming)) => {
                    self.state.hub.metrics().frames_received.inc();
                    timers.received();
                    self.receive(incoming).await
                }
                Event::Timer => {
                    let closing = timers.check(self.outbox());
                    alarm.as_mut().reset(timers.next());
                    closing
                }
            };
            if let Some(closing) = closing {
                return closing;
            }
        }
    }

    /// The next event. Frames that are in the buffer come before more is read, and
    /// the turn ends, so everything is sent, before anything is waited for.
    fn poll(&mut self, alarm: Pin<&mut Sleep>, context: &mut Context<'_>) -> Poll<Event> {
        if let Poll::Ready(close) = self.outbox().poll(context) {
            return Poll::Ready(Event::Close(close));
        }
        if self.burst < BURST
            && self.outbox().has_room()
            && let Some(incoming) = self.reader.next_read()
        {
            return Poll::Ready(Event::Incoming(incoming));
        }
        self.burst = 0;
        self.connection.flush();
        if self.outbox().has_room()
            && let Poll::Ready(incoming) = self.reader.poll_next(context)
        {
            return Poll::Ready(Event::Incoming(incoming));
        }
        alarm.poll(context).map(|()| Event::Timer)
    }

    async fn receive(&mut self, incoming: Incoming) -> Option<Closing> {
        self.burst += 1;
        match incoming {
            Incoming::Text(text) => return self.respond_to(&text).await.map(Closing::ByServer),
            Incoming::Binary => self.refuse_binary(),
            Incoming::Ping(payload) => self.outbox().push(frame::pong(&payload)),
            Incoming::Pong => {}
            Incoming::Close(_) => return Some(Closing::ByClient),
        }
        None
    }

    /// Answers a request. Before it waits for a store, what was answered so far is
    /// sent.
    async fn respond_to(&mut self, text: &[u8]) -> Option<Close> {
        let connection = self.connection;
        let mut response = pin!(self.respond_to_frame(text));
        let mut waiting = false;
        poll_fn(|context| {
            let polled = response.as_mut().poll(context);
            if polled.is_pending() {
                if !mem::replace(&mut waiting, true) {
                    connection.flush();
                }
                // If the connection is to be closed, the request is answered first.
                let _ = connection.outbox().poll(context);
            }
            polled
        })
        .await
    }
}
