//! The task that pushes messages to the platform: rooms beside each other, and one message of a
//! room after the other.

use std::{collections::HashMap, convert::Infallible, error::Error, sync::Arc, time::Duration};

use aftermatch_ports::{DuePush, StoreError, model::RoomId};
use aftermatch_usecases::sync::push::{self, Outage, PushPorts, Step, Turn};
use aftermatch_webhook::HttpWebhook;
use tokio::{
    task::{Id, JoinError, JoinSet},
    time::{Instant, sleep, sleep_until},
};

/// How many rooms are sent at a time.
const ROOMS: usize = 8;

/// Pause between two looks at what is new.
const PAUSE: Duration = Duration::from_secs(1);

/// At first it is not known who is connected to other processes: they say so within this time.
const WARM_UP: Duration = Duration::from_secs(5);

/// Pushes, for as long as the service runs.
pub(super) async fn run(ports: Arc<PushPorts>, webhook: Arc<HttpWebhook>) -> Infallible {
    ports.online.watch();
    let mut pusher = Pusher {
        ports,
        webhook,
        running: JoinSet::new(),
        rooms: HashMap::new(),
        outage: Outage::default(),
        next_try: Instant::now() + WARM_UP,
        leads: false,
        fails: false,
    };
    loop {
        let result = pusher.round().await;
        pusher.report(&result);
        if result.is_err() {
            sleep(PAUSE).await;
        }
    }
}

struct Pusher {
    ports: Arc<PushPorts>,
    webhook: Arc<HttpWebhook>,
    running: JoinSet<Result<Step, StoreError>>,
    /// The rooms of what runs.
    rooms: HashMap<Id, RoomId>,
    outage: Outage,
    /// At the start, and while the platform is away.
    next_try: Instant,
    /// Whether the log says that this process pushes.
    leads: bool,
    /// Whether the log says that the store cannot be read.
    fails: bool,
}

impl Pusher {
    /// Looks for what is new, and sends for a second.
    async fn round(&mut self) -> Result<(), StoreError> {
        let found = push::find(&self.ports).await;
        let backlog = match found {
            Ok(backlog) => backlog,
            Err(error) => {
                self.leads = false;
                self.webhook.show(None);
                return Err(error);
            }
        };
        self.webhook.show(backlog);
        let leads = backlog.is_some();
        if leads && !self.leads {
            tracing::info!("this process pushes messages to the webhook");
        }
        self.leads = leads;
        let Some(backlog) = backlog else {
            sleep(PAUSE).await;
            return Ok(());
        };
        let end = Instant::now()
            + if backlog.has_more {
                Duration::ZERO
            } else {
                PAUSE
            };
        loop {
            self.start().await?;
            tokio::select! {
                done = self.running.join_next_with_id(), if !self.running.is_empty() => {
                    if let Some(done) = done {
                        self.finish(done).await?;
                    }
                }
                () = sleep_until(end) => return Ok(()),
            }
        }
    }

    /// Starts as many rooms as may run.
    async fn start(&mut self) -> Result<(), StoreError> {
        let most = match self.outage.pause() {
            _ if Instant::now() < self.next_try => 0,
            None => ROOMS,
            Some(_) => 1,
        };
        let free = most.saturating_sub(self.running.len());
        if free == 0 {
            return Ok(());
        }
        // At least as many of these do not run yet.
        let due = self.ports.pushes.due(ROOMS).await?;
        let runs = |due: &DuePush| self.rooms.values().any(|room| *room == due.room);
        let mut next: Vec<DuePush> = Vec::new();
        for due in due.into_iter().filter(|due| !runs(due)) {
            if next.len() < free && next.iter().all(|other| other.room != due.room) {
                next.push(due);
            }
        }
        for due in next {
            let ports = self.ports.clone();
            let step = async move { push::step(&ports, due).await };
            let task = self.running.spawn(step);
            self.rooms.insert(task.id(), due.room);
        }
        Ok(())
    }

    async fn finish(
        &mut self,
        done: Result<(Id, Result<Step, StoreError>), JoinError>,
    ) -> Result<(), StoreError> {
        let id = done.as_ref().map_or_else(JoinError::id, |(id, _)| *id);
        let room = self.rooms.remove(&id);
        let step = match done {
            Ok((_, step)) => step?,
            Err(error) => {
                tracing::error!(?room, %error, "pushing failed in a room: trying again");
                sleep(PAUSE).await;
                return Ok(());
            }
        };
        match step {
            Step::Quiet => {}
            Step::GivenUp => tracing::error!(
                room = room.map(|room| room.0),
                "the webhook did not accept a message for a day: it is in push_dead_letters"
            ),
            Step::Delivered => {
                if self.outage.delivered() == Some(Turn::Ended) {
                    tracing::info!("the webhook accepts messages again");
                    self.ports.pushes.hasten().await?;
                }
            }
            Step::Failed(failure) => {
                if self.outage.failed() == Some(Turn::Began) {
                    tracing::warn!(
                        error = failure.reason,
                        "the webhook is away: messages wait, and one is tried from time to time"
                    );
                }
                if let Some(pause) = self.outage.pause() {
                    let pause = pause.max(failure.retry_after.unwrap_or_default());
                    self.next_try = Instant::now() + pause;
                }
            }
        }
        Ok(())
    }

    /// Reports once when the store cannot be read, and once when it can again.
    fn report(&mut self, result: &Result<(), StoreError>) {
        match (result, self.fails) {
            (Err(error), false) => {
                let error = error.source().map(ToString::to_string);
                tracing::warn!(error, "nothing can be pushed: trying again every second");
            }
            (Ok(()), true) => tracing::info!("messages are pushed again"),
            _ => {}
        }
        self.fails = result.is_err();
    }
}
