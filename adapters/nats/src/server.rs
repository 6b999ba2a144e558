//! One server.

use std::{
    collections::HashSet,
    convert::Infallible,
    hash::{BuildHasher, RandomState},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use aftermatch_ports::{
    Signal,
    model::{RoomId, UserId},
};
use aftermatch_relay::{Line, Queue, SignalQueue, from_json, lines};
use async_nats::{Client, ConnectOptions, Event, Message};
use futures_util::StreamExt;
use tokio::{
    sync::watch,
    time::{Instant, MissedTickBehavior, interval, sleep},
};

use crate::{
    outgoing::{Outgoing, Work},
    processes::Processes,
    subscriptions::Subscriptions,
};

/// How often a process says that it is there: invariant 3.
const HEARTBEAT: Duration = Duration::from_secs(3);

/// How long to wait before connecting again.
const PAUSE: Duration = Duration::from_secs(1);

/// The longest message. Servers take 1 MiB unless they are configured otherwise.
const MAX_BYTES: usize = 512 * 1024;

/// The most read positions in a message.
const MAX_READS: usize = 1_000;

pub(crate) struct Server {
    prefix: String,
    /// What this process is called.
    process: u64,
    pub(crate) outgoing: Outgoing,
    pub(crate) processes: Processes,
    events: Arc<Queue>,
    signals: Arc<SignalQueue>,
    is_up: AtomicBool,
    /// How often it has connected.
    connected: AtomicU64,
    /// Whether it has subscribed.
    is_ready: watch::Sender<bool>,
    pub(crate) last_message: parking_lot::Mutex<Option<Instant>>,
}

impl Server {
    pub(crate) fn new(deployment: &str, events: &Arc<Queue>, signals: &Arc<SignalQueue>) -> Self {
        Self {
            prefix: format!("aftermatch.{deployment}"),
            process: RandomState::new().hash_one(0),
            outgoing: Outgoing::new(),
            processes: Processes::new(signals.clone()),
            events: events.clone(),
            signals: signals.clone(),
            is_up: AtomicBool::new(false),
            connected: AtomicU64::new(0),
            is_ready: watch::Sender::default(),
            last_message: parking_lot::Mutex::default(),
        }
    }

    pub(crate) fn is_up(&self) -> bool {
        self.is_up.load(Ordering::Relaxed)
    }

    /// Waits until it has subscribed.
    pub(crate) async fn ready(&self) {
        // The sender lives as long as this.
        let _ = self.is_ready.subscribe().wait_for(|ready| *ready).await;
    }

    /// Something happened to the connection.
    pub(crate) fn happened(&self, event: &Event) {
        match event {
            Event::Connected => {
                if self.connected.fetch_add(1, Ordering::Relaxed) > 0 {
                    tracing::info!("the NATS server is there again");
                }
                self.is_up.store(true, Ordering::Relaxed);
            }
            Event::Disconnected => {
                self.is_up.store(false, Ordering::Relaxed);
                tracing::warn!(
                    "the NATS server is away: events of other processes arrive up to half a \
                     second late"
                );
            }
            Event::SlowConsumer(_) => {
                tracing::debug!("messages came faster than they were received");
            }
            other => tracing::warn!(event = %other, "NATS"),
        }
    }

    /// Connects, and runs the connection.
    pub(crate) async fn run(
        self: Arc<Self>,
        options: ConnectOptions,
        address: String,
    ) -> Infallible {
        let mut last = None;
        loop {
            let connected = options.clone().connect(&address).await;
            let ran = match connected {
                Ok(client) => self.subscribe(&client).await,
                Err(error) => Err(error.into()),
            };
            let error = ran.err().map(|error| error.to_string());
            if let Some(error) = &error
                && last.as_ref() != Some(error)
            {
                tracing::warn!(
                    error,
                    "cannot use the NATS server: trying again every second"
                );
            }
            last = error;
            self.is_up.store(false, Ordering::Relaxed);
            sleep(PAUSE).await;
        }
    }

    async fn subscribe(&self, client: &Client) -> Result<(), async_nats::Error> {
        let control = client.subscribe(self.control()).await?;
        let own = client.subscribe(self.own(self.process)).await?;
        let mut control = futures_util::stream::select(control, own);
        let mut subscriptions = Subscriptions::default();
        let mut heartbeat = interval(HEARTBEAT);
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut connected = 0;
        loop {
            tokio::select! {
                () = self.outgoing.wait() => self.work(client, &mut subscriptions).await?,
                message = control.next() => match message {
                    Some(message) => self.control_message(client, &message).await?,
                    None => return Ok(()),
                },
                Some(message) = subscriptions.messages.next(), if !subscriptions.messages.is_empty() => {
                    self.room_message(&message);
                }
                _ = heartbeat.tick() => {
                    let now = self.connected.load(Ordering::Relaxed);
                    if now != connected {
                        // Invariant 3: what was said meanwhile is lost.
                        connected = now;
                        self.processes.forget_all();
                        let lines = lines::from(self.process) + lines::LISTED;
                        client.publish(self.control(), lines.into()).await?;
                        self.is_ready.send_replace(now > 0);
                    }
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
        subscriptions: &mut Subscriptions,
    ) -> Result<(), async_nats::Error> {
        let Work {
            rooms: changed,
            all,
            reads,
            events,
            signals,
            brands: [online, offline],
            presence_wanted,
        } = self.outgoing.take();
        let mut lines = lines::from(self.process);
        let begin = lines.len();
        let mut new = HashSet::new();
        for (room, wanted) in changed {
            if !wanted {
                subscriptions.rooms.remove(&room);
            } else if !subscriptions.rooms.contains_key(&room) {
                let subscriber = client.subscribe(self.room(room)).await?;
                let end = subscriptions.add(subscriber);
                subscriptions.rooms.insert(room, end);
                new.insert(room);
            }
        }
        lines.extend(lines::ids(lines::WANT, &new));
        match all {
            Some(true) if subscriptions.all.is_none() => {
                let subscriber = client.subscribe(format!("{}.room.*", self.prefix)).await?;
                subscriptions.all = Some(subscriptions.add(subscriber));
                lines += &lines::all(true);
            }
            Some(false) => subscriptions.all = None,
            _ => {}
        }
        let mut new = HashSet::new();
        for (user, wanted) in reads {
            if !wanted {
                subscriptions.reads.remove(&user);
            } else if !subscriptions.reads.contains_key(&user) {
                let subscriber = client.subscribe(self.user(user)).await?;
                let end = subscriptions.add(subscriber);
                subscriptions.reads.insert(user, end);
                new.insert(user);
            }
        }
        lines.extend(lines::ids(lines::WANT_READS, &new));
        if self.processes.is_watched() {
            lines.extend(lines::ids(lines::ONLINE, &online));
            lines.extend(lines::ids(lines::OFFLINE, &offline));
        }
        match presence_wanted {
            Some(true) => lines += lines::WATCH,
            Some(false) => lines += lines::UNWATCH,
            None => {}
        }
        if lines.len() > begin {
            client.publish(self.control(), lines.into()).await?;
        }
        for event in events {
            if let Some(line) = lines::event(&event, MAX_BYTES) {
                client.publish(self.room(event.room), line.into()).await?;
            }
        }
        for signal in signals {
            let subject = match signal {
                Signal::Typing { room, .. } | Signal::Read { room, .. } => self.room(room),
                Signal::OwnRead { user, .. } => self.user(user),
                Signal::Presence { .. } => continue,
            };
            if let Some(line) = lines::signal(signal) {
                client.publish(subject, line.into()).await?;
            }
        }
        Ok(())
    }

    async fn say_hello(&self, client: &Client) -> Result<(), async_nats::Error> {
        if self.is_up() {
            let mut lines = lines::from(self.process) + lines::HELLO;
            if self.outgoing.is_presence_wanted() {
                lines += lines::WATCH;
            }
            client.publish(self.control(), lines.into()).await?;
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
        let mut reads = Vec::new();
        for line in said {
            match line {
                Line::Want(rooms) => {
                    for room in rooms {
                        self.outgoing.remind(room);
                        reads.extend(self.outgoing.recent_reads.lock().of_room(room));
                    }
                }
                Line::WantReads(users) => {
                    for user in users {
                        reads.extend(self.outgoing.recent_reads.lock().of_user(user));
                    }
                }
                Line::Signal(signal) => self.signals.push(signal),
                // What it said before may be out of date, and is said again.
                Line::Listed => self.processes.forget(process),
                Line::WantAll(true) => {
                    self.outgoing.remind_of_all();
                    reads.extend(self.outgoing.recent_reads.lock().of_all_rooms());
                }
                Line::Hello => is_heartbeat = true,
                Line::Watch(watches) => {
                    let is_new = self.processes.watches(process, watches);
                    // A heartbeat only repeats it.
                    if is_new || watches && !is_heartbeat {
                        self.show_online(client, process).await?;
                    }
                }
                Line::Online(brands, is_online) => {
                    self.processes.online(process, brands, is_online);
                }
                _ => {}
            }
        }
        if process == self.process {
            return Ok(());
        }
        self.remind_of_reads(client, process, reads).await
    }

    /// Invariant 1, for what no log has: says again how far users have read lately.
    async fn remind_of_reads(
        &self,
        client: &Client,
        to: u64,
        reads: Vec<Signal>,
    ) -> Result<(), async_nats::Error> {
        for reads in reads.chunks(MAX_READS) {
            let reads = reads.iter().filter_map(|read| lines::signal(*read));
            let lines = lines::from(self.process) + &reads.collect::<String>();
            client.publish(self.own(to), lines.into()).await?;
        }
        Ok(())
    }

    /// Says which brands have connections here. The other process is known to watch by now,
    /// so it receives what changes, too.
    async fn show_online(&self, client: &Client, to: u64) -> Result<(), async_nats::Error> {
        for line in lines::ids(lines::ONLINE, &self.outgoing.all_online()) {
            let lines = lines::from(self.process) + &line;
            client.publish(self.own(to), lines.into()).await?;
        }
        Ok(())
    }

    /// What was published in a room or for a user.
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

    /// Where it is said how far the user reads.
    fn user(&self, user: UserId) -> String {
        format!("{}.user.{user}", self.prefix)
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
