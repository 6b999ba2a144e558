//! One server.

use std::{
    collections::{HashMap, HashSet},
    convert::Infallible,
    hash::{BuildHasher, RandomState},
    mem,
    pin::Pin,
    sync::Arc,
    time::Duration,
};

use aftermatch_ports::{Signal, model::RoomId};
use aftermatch_relay::{Line, Queue, SignalQueue, from_json, lines};
use async_nats::{Client, ConnectOptions, Message, Subscriber, client::PublishErrorKind};
use futures_util::{Stream, StreamExt, stream::SelectAll};
use tokio::{
    sync::{oneshot, watch},
    time::{Instant, MissedTickBehavior, interval, sleep},
};

use crate::{
    address::{Address, MAX_BYTES},
    health::Health,
    options::OptionsError,
    outgoing::{Outgoing, Work},
    processes::Processes,
};

/// How often a process says that it is there: invariant 3.
const HEARTBEAT: Duration = Duration::from_secs(3);

/// How long to wait before connecting again.
const PAUSE: Duration = Duration::from_secs(1);

/// How many messages of one subscription wait to be received at most. Further ones are lost.
const WAITING: usize = 4_096;

pub(crate) struct Server {
    health: Arc<Health>,
    prefix: String,
    /// What this process is called.
    process: u64,
    pub(crate) outgoing: Outgoing,
    pub(crate) processes: Processes,
    events: Arc<Queue>,
    signals: Arc<SignalQueue>,
    /// Whether it has subscribed.
    is_ready: watch::Sender<bool>,
    pub(crate) last_message: parking_lot::Mutex<Option<Instant>>,
}

/// The subscriptions to rooms.
#[derive(Default)]
struct Subscriptions {
    messages: SelectAll<Pin<Box<dyn Stream<Item = Message> + Send>>>,
    /// Dropped to end a subscription.
    rooms: HashMap<RoomId, oneshot::Sender<()>>,
    all: Option<oneshot::Sender<()>>,
}

impl Server {
    pub(crate) fn new(
        address: Address,
        deployment: &str,
        events: &Arc<Queue>,
        signals: &Arc<SignalQueue>,
    ) -> Self {
        Self {
            health: Arc::new(Health::new(address)),
            prefix: format!("aftermatch.{deployment}"),
            process: RandomState::new().hash_one(0),
            outgoing: Outgoing::new(),
            processes: Processes::new(signals.clone()),
            events: events.clone(),
            signals: signals.clone(),
            is_ready: watch::Sender::default(),
            last_message: parking_lot::Mutex::default(),
        }
    }

    pub(crate) fn is_up(&self) -> bool {
        self.health.is_up()
    }

    /// Waits until it has subscribed.
    pub(crate) async fn ready(&self) {
        // The sender lives as long as this.
        let _ = self.is_ready.subscribe().wait_for(|ready| *ready).await;
    }

    pub(crate) async fn connect_options(&self) -> Result<ConnectOptions, OptionsError> {
        let options = self.health.connect_options().await?;
        // Its own events do not come back.
        Ok(options.no_echo().subscription_capacity(WAITING))
    }

    /// Connects, and runs the connection.
    pub(crate) async fn run(self: Arc<Self>, options: ConnectOptions) -> Infallible {
        loop {
            let connected = options.clone().connect(self.health.server()).await;
            let ran = match connected {
                Ok(client) => self.subscribe(&client).await,
                Err(error) => Err(error.into()),
            };
            self.health.ended(ran.err());
            sleep(PAUSE).await;
        }
    }

    async fn subscribe(&self, client: &Client) -> Result<(), async_nats::Error> {
        let control = client.subscribe(self.control()).await?;
        let own = client.subscribe(self.own(self.process)).await?;
        let mut control = futures_util::stream::select(control, own);
        let mut rooms = Subscriptions::default();
        let mut heartbeat = interval(HEARTBEAT);
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut connected = 0;
        loop {
            tokio::select! {
                () = self.outgoing.wait() => self.work(client, &mut rooms).await?,
                message = control.next() => match message {
                    Some(message) => self.control_message(client, &message).await?,
                    None => return Ok(()),
                },
                Some(message) = rooms.messages.next(), if !rooms.messages.is_empty() => {
                    self.room_message(&message);
                }
                _ = heartbeat.tick() => {
                    let now = self.health.connected();
                    if now != connected {
                        // Invariant 3: what was said meanwhile is lost.
                        connected = now;
                        self.processes.forget_all();
                        let lines = lines::from(self.process) + lines::LISTED;
                        publish(client, self.control(), lines).await?;
                        self.is_ready.send_replace(now > 0);
                    }
                    self.health.look_at_size(client.server_info().max_payload);
                    self.processes.forget_silent();
                    self.say_hello(client).await?;
                    if now == 0 {
                        heartbeat.reset_after(Duration::from_millis(20));
                    }
                }
            }
        }
    }

    /// Does what waits. Invariant 1: subscribes before it asks.
    async fn work(
        &self,
        client: &Client,
        rooms: &mut Subscriptions,
    ) -> Result<(), async_nats::Error> {
        let Work {
            rooms: changed,
            all,
            events,
            signals,
            brands: [online, offline],
            presence_wanted,
        } = self.outgoing.take();
        let mut lines = Vec::new();
        let mut new = HashSet::new();
        for (room, wanted) in changed {
            if !wanted {
                rooms.rooms.remove(&room);
            } else if !rooms.rooms.contains_key(&room) {
                let subscriber = client.subscribe(self.room(room)).await?;
                let end = rooms.add(subscriber);
                rooms.rooms.insert(room, end);
                new.insert(room);
            }
        }
        lines.extend(lines::ids(lines::WANT, &new));
        match all {
            Some(true) if rooms.all.is_none() => {
                let subscriber = client.subscribe(format!("{}.room.*", self.prefix)).await?;
                rooms.all = Some(rooms.add(subscriber));
                lines.push(lines::all(true));
            }
            Some(false) => rooms.all = None,
            _ => {}
        }
        if self.processes.is_watched() {
            lines.extend(lines::ids(lines::ONLINE, &online));
            lines.extend(lines::ids(lines::OFFLINE, &offline));
        }
        match presence_wanted {
            Some(true) => lines.push(lines::WATCH.to_owned()),
            Some(false) => lines.push(lines::UNWATCH.to_owned()),
            None => {}
        }
        let max_bytes = max_bytes(client);
        self.publish_lines(client, lines, max_bytes).await?;
        for event in events {
            if let Some(line) = lines::event(&event, max_bytes) {
                publish(client, self.room(event.room), line).await?;
            }
        }
        for signal in signals {
            if let (Signal::Typing { room, .. } | Signal::Read { room, .. }, Some(line)) =
                (signal, lines::signal(signal))
            {
                publish(client, self.room(room), line).await?;
            }
        }
        Ok(())
    }

    /// Publishes the lines, in as many messages as they need.
    async fn publish_lines(
        &self,
        client: &Client,
        lines: Vec<String>,
        max_bytes: usize,
    ) -> Result<(), async_nats::Error> {
        let from = lines::from(self.process);
        let mut message = from.clone();
        for line in lines {
            if message.len() > from.len() && message.len() + line.len() > max_bytes {
                let full = mem::replace(&mut message, from.clone());
                publish(client, self.control(), full).await?;
            }
            message += &line;
        }
        if message.len() > from.len() {
            publish(client, self.control(), message).await?;
        }
        Ok(())
    }

    async fn say_hello(&self, client: &Client) -> Result<(), async_nats::Error> {
        if self.is_up() {
            let mut lines = lines::from(self.process) + lines::HELLO;
            if self.outgoing.is_presence_wanted() {
                lines += lines::WATCH;
            }
            publish(client, self.control(), lines).await?;
        }
        Ok(())
    }

    /// What processes say of themselves.
    async fn control_message(
        &self,
        client: &Client,
        message: &Message,
    ) -> Result<(), async_nats::Error> {
        let Ok(text) = str::from_utf8(&message.payload) else {
            return Ok(());
        };
        let mut said = lines::decode(text);
        let Some(Line::From(process)) = said.next() else {
            return Ok(());
        };
        self.processes.spoke(process);
        let mut is_heartbeat = false;
        for line in said {
            match line {
                Line::Want(rooms) => rooms
                    .into_iter()
                    .for_each(|room| self.outgoing.remind(room)),
                // What it said before may be out of date, and is said again.
                Line::Listed => self.processes.forget(process),
                Line::WantAll(true) => self.outgoing.remind_of_all(),
                Line::Hello => is_heartbeat = true,
                Line::Watch(watches) => {
                    let is_new = self.processes.watches(process, watches);
                    // A heartbeat only repeats it.
                    if is_new || watches && !is_heartbeat {
                        self.show_online(client, process).await?;
                    }
                }
                Line::Online(brands, is_online) if self.outgoing.is_presence_wanted() => {
                    self.processes.online(process, brands, is_online);
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Says which brands have connections here. The other process is known to watch by now,
    /// so it receives what changes, too.
    async fn show_online(&self, client: &Client, to: u64) -> Result<(), async_nats::Error> {
        for line in lines::ids(lines::ONLINE, &self.outgoing.all_online()) {
            let lines = lines::from(self.process) + &line;
            publish(client, self.own(to), lines).await?;
        }
        Ok(())
    }

    /// What was published in a room.
    fn room_message(&self, message: &Message) {
        *self.last_message.lock() = Some(Instant::now());
        let Ok(text) = str::from_utf8(&message.payload) else {
            return;
        };
        for line in lines::decode(text) {
            match line {
                Line::Event(room, json) => {
                    if let Some(event) = from_json(room, json) {
                        self.events.push(event);
                    }
                }
                Line::Signal(signal) => self.signals.push(signal),
                _ => {}
            }
        }
    }

    fn room(&self, room: RoomId) -> String {
        format!("{}.room.{room}", self.prefix)
    }

    /// Where processes speak to all.
    fn control(&self) -> String {
        format!("{}.processes", self.prefix)
    }

    /// Where one process is spoken to.
    fn own(&self, process: u64) -> String {
        format!("{}.process.{process}", self.prefix)
    }
}

/// How long messages may be.
fn max_bytes(client: &Client) -> usize {
    match client.server_info().max_payload {
        // It has not connected yet.
        0 => MAX_BYTES,
        max_payload => max_payload.min(MAX_BYTES),
    }
}

/// Publishes it. What is longer than the server allows is dropped: the log has it.
async fn publish(client: &Client, subject: String, text: String) -> Result<(), async_nats::Error> {
    match client.publish(subject, text.into()).await {
        Err(error) if error.kind() == PublishErrorKind::MaxPayloadExceeded => Ok(()),
        published => Ok(published?),
    }
}

impl Subscriptions {
    /// Receives the messages until what this returns is dropped.
    fn add(&mut self, subscriber: Subscriber) -> oneshot::Sender<()> {
        let (end, ended) = oneshot::channel();
        let messages = subscriber.take_until(ended);
        self.messages.push(Box::pin(messages));
        end
    }
}
