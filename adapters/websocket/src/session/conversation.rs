//! The requests of one connection, answered one after the other.
//!
//! A turn answers requests that came together, and then sends the responses and the
//! events in one go: one write for each recipient. It is bounded ([`Turn`]), so that a
//! client who sends without end waits its turn among the others.

use std::{
    future::poll_fn,
    pin::{Pin, pin},
    task::{Context, Poll},
    time::Duration,
};

use aftermatch_ports::model::Session;
use aftermatch_protocol::close::Close;
use bytes::Bytes;
use tokio::{
    task::yield_now,
    time::{Instant, Sleep, sleep_until},
};

use super::{Closing, requests::Allowance, timers::Timers, turn::Turn};
use crate::{
    delivery::Connection,
    state::ServerState,
    transport::{
        Outbox, ReadError, Reader,
        frame::{self, Incoming},
    },
};

pub(super) struct Conversation<'a> {
    pub(super) state: &'a ServerState,
    pub(super) session: Session,
    pub(super) connection: &'a Connection,
    allowance: Allowance,
    /// When the connection is closed because its access token has ended.
    pub(super) expiry: Option<Instant>,
    /// Whether the frame that is being answered was over a limit.
    pub(super) is_refused: bool,
    reader: &'a mut Reader,
    turn: Turn,
    /// What was read behind messages that were answered together.
    next: Option<Result<Incoming, ReadError>>,
    /// Whether the last request waited for the store: then messages that came meanwhile wait
    /// together.
    waited: bool,
    frames_received: u64,
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
        allowance: Allowance,
        reader: &'a mut Reader,
        connection: &'a Connection,
    ) -> Self {
        Self {
            state,
            session,
            connection,
            allowance,
            expiry: None,
            is_refused: false,
            reader,
            turn: Turn::default(),
            next: None,
            waited: false,
            frames_received: 0,
        }
    }

    pub(super) fn frames_received(&self) -> u64 {
        self.frames_received
    }

    pub(super) fn outbox(&self) -> &'a Outbox {
        self.connection.outbox()
    }

    /// Answers requests until either side closes.
    pub(super) async fn run(&mut self) -> Closing {
        let mut timers = Timers::start(&self.state.limits);
        let mut alarm = pin!(sleep_until(timers.next(self.outbox(), self.reader)));
        loop {
            let event = poll_fn(|context| self.poll(alarm.as_mut(), context)).await;
            let closing = match event {
                Event::Close(close) => Some(Closing::ByServer(close)),
                Event::Incoming(Err(ReadError::Gone)) => Some(Closing::ByClient),
                Event::Incoming(Err(ReadError::Violation(violation))) => {
                    Some(Closing::ByServer(violation.close()))
                }
                Event::Incoming(Ok(incoming)) => {
                    self.wait_for_turn().await;
                    let before = self.expiry;
                    let closing = self.receive(incoming).await;
                    if self.expiry != before {
                        timers.end_at(self.expiry);
                        let next = timers.next(self.outbox(), self.reader);
                        alarm.as_mut().reset(next);
                    }
                    closing
                }
                Event::Timer => {
                    if !self.outbox().has_room() {
                        self.reader.resume();
                    }
                    let closing = timers.check(self.outbox(), self.reader);
                    let next = timers.next(self.outbox(), self.reader);
                    alarm.as_mut().reset(next);
                    closing
                }
            };
            if let Some(closing) = closing {
                return closing;
            }
        }
    }

    /// The next event. Everything is sent before anything is waited for.
    fn poll(&mut self, alarm: Pin<&mut Sleep>, context: &mut Context<'_>) -> Poll<Event> {
        if let Poll::Ready(close) = self.outbox().poll(context) {
            return Poll::Ready(Event::Close(close));
        }
        if self.outbox().has_room()
            && let Some(incoming) = self.next.take().or_else(|| self.reader.next_read())
        {
            return Poll::Ready(Event::Incoming(incoming));
        }
        let over = self.turn.is_over();
        self.connection.flush();
        if self.outbox().has_room()
            && let Poll::Ready(incoming) = self.poll_next(context)
        {
            return Poll::Ready(Event::Incoming(incoming));
        }
        let polled = alarm.poll(context);
        if polled.is_pending() {
            self.turn.pause(over);
        }
        polled.map(|()| Event::Timer)
    }

    /// The next message, or what was read behind messages that were answered together.
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Result<Incoming, ReadError>> {
        match self.next.take() {
            Some(next) => Poll::Ready(next),
            None => self.reader.poll_next(context),
        }
    }

    async fn wait_for_turn(&mut self) {
        if self.turn.is_over() {
            if self.turn.is_full() {
                self.connection.flush();
            }
            self.state.turns.next_turn().await;
            self.turn.next();
        }
        self.turn.count();
    }

    async fn receive(&mut self, incoming: Incoming) -> Option<Closing> {
        let admitted = self.admit();
        let close = match (incoming, admitted) {
            (Incoming::Close(_), _) => return Some(Closing::ByClient),
            // In a box: who sends nothing holds no place for a request.
            (Incoming::Text(text), admitted) => Box::pin(self.respond_to(text, admitted)).await,
            (Incoming::Binary, admitted) => {
                self.refuse_binary(admitted);
                None
            }
            (Incoming::Ping(payload), Ok(())) => {
                self.outbox().control(frame::pong(&payload));
                None
            }
            (Incoming::Ping(_) | Incoming::Pong | Incoming::Fragment, _) => None,
        };
        let goes_on = self.allowance.count(!self.is_refused);
        close
            .or((!goes_on).then_some(Close::TOO_MANY))
            .map(Closing::ByServer)
    }

    /// Counts a frame, and whether the connection may send it already.
    fn admit(&mut self) -> Result<(), Duration> {
        self.state.hub.metrics().frames_received.inc();
        self.frames_received += 1;
        let admitted = self.allowance.admit(Instant::now());
        self.is_refused = admitted.is_err();
        admitted
    }

    /// The next text, if it has been read, after one that was admitted.
    pub(super) fn next_text(&mut self) -> Option<(Bytes, Result<(), Duration>)> {
        if !self.outbox().has_room() || self.outbox().blocked().is_some() {
            return None;
        }
        match self.reader.next_read()? {
            Ok(Incoming::Text(text)) => {
                let _ = self.allowance.count(true);
                Some((text, self.admit()))
            }
            other => {
                self.next = Some(other);
                None
            }
        }
    }

    /// Answers a request, and those that wait with it. Before it waits for a store, what was
    /// answered so far is sent. What a store did for several sessions together is sent when all
    /// of them have gone on, so that a room they share needs one pass.
    async fn respond_to(&mut self, text: Bytes, admitted: Result<(), Duration>) -> Option<Close> {
        let (state, connection) = (self.state, self.connection);
        let together = self.waited;
        let mut waiting = None;
        let close = {
            let mut response = pin!(async {
                if together {
                    self.respond_together(text, admitted).await
                } else {
                    self.respond_to_frame(&text, admitted).await
                }
            });
            poll_fn(|context| {
                let polled = response.as_mut().poll(context);
                if polled.is_pending() {
                    waiting.get_or_insert_with(|| state.waiting.token());
                    connection.flush();
                    // If the connection is to be closed, the request is answered first.
                    let _ = connection.outbox().poll(context);
                }
                polled
            })
            .await
        };
        self.waited = waiting.is_some();
        drop(waiting);
        if self.waited {
            // Others went on meanwhile, and nothing was read.
            self.turn = Turn::default();
            self.reader.resume();
            if !state.waiting.is_empty() {
                yield_now().await;
            }
        }
        close
    }
}
