//! The task that pushes messages to the platform: rooms beside each other, and one message of a
//! room after the other.

mod rooms;
mod target;

use std::{convert::Infallible, error::Error, sync::Arc, time::Duration};

use aftermatch_ports::{Backlog, PushFailure, StoreError, model::RoomId};
use aftermatch_usecases::sync::push::{self, Outage, PushPorts, Step, Turn};
use tokio::time::{Instant, sleep, sleep_until};

use self::rooms::Rooms;
pub(super) use self::target::Target;

/// How many rooms are sent at a time.
const ROOMS: usize = 8;

/// Pause between two looks at what is new.
const PAUSE: Duration = Duration::from_secs(1);

/// At first it is not known who is connected to other processes: they say so within this time.
const WARM_UP: Duration = Duration::from_secs(5);

/// Pushes, for as long as the service runs.
pub(super) async fn run(ports: Arc<PushPorts>, target: Target) -> Infallible {
    tokio::select! {
        never = push(ports, target.clone()) => never,
        never = target.tend() => never,
    }
}

async fn push(ports: Arc<PushPorts>, target: Target) -> Infallible {
    let mut pusher = Pusher {
        rooms: Rooms::new(ports.clone()),
        ports,
        target,
        outage: Outage::default(),
        next_try: Instant::now(),
        leads: false,
        fails: false,
    };
    loop {
        let found = push::find(&pusher.ports).await;
        pusher.report(&found);
        match found {
            Ok(Some(backlog)) => {
                // The next look says what is wrong, if it is with everything.
                if pusher.send(backlog).await.is_err() {
                    sleep(PAUSE).await;
                }
            }
            Ok(None) | Err(_) => sleep(PAUSE).await,
        }
    }
}

struct Pusher {
    ports: Arc<PushPorts>,
    target: Target,
    rooms: Rooms,
    outage: Outage,
    /// At the start, and while the platform is away.
    next_try: Instant,
    /// Whether this process pushes.
    leads: bool,
    /// Whether the log says that nothing can be pushed.
    fails: bool,
}

impl Pusher {
    /// Shows operators what was found. The log says once when that begins to fail, and once when
    /// it works again.
    fn report(&mut self, found: &Result<Option<Backlog>, StoreError>) {
        let backlog = found.as_ref().ok().copied().flatten();
        self.target.show(backlog);
        if backlog.is_some() && !self.leads {
            tracing::info!("this process pushes messages to the {}", self.target);
            self.ports.online.watch();
            self.next_try = Instant::now() + WARM_UP;
        }
        self.leads = backlog.is_some();
        match (found, self.fails) {
            (Err(error), false) => {
                let error = error.source().map(ToString::to_string);
                tracing::warn!(error, "nothing can be pushed: trying again every second");
            }
            (Ok(_), true) => tracing::info!("messages can be pushed again"),
            _ => {}
        }
        self.fails = found.is_err();
    }

    /// Sends until it is time to look for what is new.
    async fn send(&mut self, backlog: Backlog) -> Result<(), StoreError> {
        let pause = if backlog.has_more {
            Duration::ZERO
        } else {
            PAUSE
        };
        let end = Instant::now() + pause;
        loop {
            let most = match self.outage.pause() {
                _ if Instant::now() < self.next_try => 0,
                None => ROOMS,
                Some(_) => 1,
            };
            self.rooms.start(most).await?;
            tokio::select! {
                (room, step) = self.rooms.next() => self.finish(room, step?).await?,
                () = sleep_until(end) => return Ok(()),
            }
        }
    }

    async fn finish(&mut self, room: RoomId, step: Step) -> Result<(), StoreError> {
        match step {
            Step::Quiet => {}
            Step::GivenUp => tracing::error!(
                room = room.0,
                "the {} did not accept a message for a day: it is in push_dead_letters",
                self.target
            ),
            Step::Delivered => {
                if self.outage.delivered() == Some(Turn::Ended) {
                    tracing::info!("the {} accepts messages again", self.target);
                    self.next_try = Instant::now();
                    self.ports.pushes.hasten().await?;
                }
            }
            Step::Failed(failure) => self.failed(&failure),
        }
        Ok(())
    }

    fn failed(&mut self, failure: &PushFailure) {
        if self.outage.failed() == Some(Turn::Began) {
            tracing::warn!(
                error = failure.reason,
                "the {} is away: messages wait, and one is tried from time to time",
                self.target
            );
        }
        if let Some(pause) = self.outage.pause() {
            let pause = pause.max(failure.retry_after.unwrap_or_default());
            self.next_try = Instant::now() + pause;
        }
    }
}
