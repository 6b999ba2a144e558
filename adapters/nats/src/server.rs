//! One server.

use std::{
    convert::Infallible,
    hash::{BuildHasher, RandomState},
    iter, mem,
    sync::Arc,
    time::Duration,
};

use aftermatch_ports::{RemoteEvent, Signal};
use aftermatch_relay::{Line, Queue, SignalQueue, from_json, lines};
use async_nats::{Client, ConnectOptions, Message, StatusCode, client::PublishErrorKind};
use futures_util::{FutureExt, StreamExt};
use tokio::{
    sync::watch,
    task::unconstrained,
    time::{Instant, MissedTickBehavior, interval, sleep},
};

use crate::{
    address::{Address, MAX_BYTES},
    health::Health,
    options::OptionsError,
    outgoing::{Outgoing, Work},
    processes::Processes,
    subjects::Subjects,
    subscriptions::Subscriptions,
    wanted::Changes,
};

/// How often a process says that it is there: invariant 3.
const HEARTBEAT: Duration = Duration::from_secs(3);

/// How long to wait for a server to say that nobody receives a message. It does not say that
/// where somebody receives everything.
const ANSWER: Duration = Duration::from_millis(100);

/// How long to wait before connecting again.
const PAUSE: Duration = Duration::from_secs(1);

/// How many messages of one subscription wait to be received at most. Further ones are lost.
const WAITING: usize = 4_096;

pub(crate) struct Server {
    health: Arc<Health>,
    subjects: Subjects,
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

impl Server {
    pub(crate) fn new(
        address: Address,
        deployment: &str,
        events: &Arc<Queue>,
        signals: &Arc<SignalQueue>,
    ) -> Self {
        Self {
            health: Arc::new(Health::new(address)),
            subjects: Subjects::new(deployment),
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
        let mut control = client.subscribe(self.subjects.control()).await?;
        let mut own = client.subscribe(self.subjects.own(self.process)).await?;
        let mut subscriptions = Subscriptions::default();
        self.outgoing.begin();
        let mut heartbeat = interval(HEARTBEAT);
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut connected = 0;
        loop {
            tokio::select! {
                () = self.outgoing.wait() => self.work(client, &mut subscriptions).await?,
                Some(message) = own.next() => self.control_message(client, &message).await?,
                message = control.next() => match message {
                    Some(message) => {
                        // Invariant 6.
                        while let Some(Some(earlier)) = unconstrained(own.next()).now_or_never() {
                            self.control_message(client, &earlier).await?;
                        }
                        self.control_message(client, &message).await?;
                    }
                    None => return Ok(()),
                },
                Some(message) = subscriptions.messages.next(), if !subscriptions.messages.is_empty() => {
                    self.room_message(&message);
                }
                _ = heartbeat.tick() => {
                    let now = self.health.connected();
                    if now != connected {
                        connected = now;
                        self.connected(client, &mut subscriptions).await?;
                        heartbeat.reset_after(ANSWER);
                    } else if now > 0 {
                        self.is_ready.send_replace(true);
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

    /// It has connected, for the first time or again.
    async fn connected(
        &self,
        client: &Client,
        subscriptions: &mut Subscriptions,
    ) -> Result<(), async_nats::Error> {
        // Invariant 3: what was said meanwhile is lost.
        self.processes.forget_all();
        self.outgoing.say_presence_wanted();
        self.work(client, subscriptions).await?;
        // The server says that nobody receives this, and has subscribed to all by then.
        let (nobody, reply) = (self.subjects.nobody(), self.subjects.own(self.process));
        Ok(client.publish_with_reply(nobody, reply, "".into()).await?)
    }

    /// Does what waits.
    async fn work(
        &self,
        client: &Client,
        subscriptions: &mut Subscriptions,
    ) -> Result<(), async_nats::Error> {
        let Work {
            wanted,
            events,
            signals,
            brands: [online, offline],
            presence_wanted,
        } = self.outgoing.take();
        let mut lines = self.subscribe_to(client, subscriptions, wanted).await?;
        if self.processes.is_watched() {
            lines.extend(lines::ids(lines::ONLINE, &online));
            lines.extend(lines::ids(lines::OFFLINE, &offline));
        }
        if let Some(wanted) = presence_wanted {
            let line = if wanted { lines::WATCH } else { lines::UNWATCH };
            lines.push(line.to_owned());
        }
        self.publish_lines(client, self.subjects.control(), lines)
            .await?;
        self.publish_waiting(client, events, signals).await
    }

    /// Subscribes, and returns what is to be asked of the others *then*: invariant 1.
    async fn subscribe_to(
        &self,
        client: &Client,
        subscriptions: &mut Subscriptions,
        Changes { rooms, users, all }: Changes,
    ) -> Result<Vec<String>, async_nats::Error> {
        let room = |room| self.subjects.room(room);
        let rooms = subscriptions.change(client, rooms, room).await?;
        let user = |user| self.subjects.user(user);
        let users = subscriptions.change(client, users, user).await?;
        let every = |()| self.subjects.every_room();
        let all = all.map(|wanted| ((), wanted)).into_iter().collect();
        let all = subscriptions.change(client, all, every).await?;
        let mut lines = lines::ids(lines::WANT, &rooms);
        lines.extend(all.into_iter().map(|()| lines::all(true)));
        lines.extend(lines::ids(lines::WANT_READS, &users));
        Ok(lines)
    }

    async fn publish_waiting(
        &self,
        client: &Client,
        events: Vec<RemoteEvent>,
        signals: Vec<Signal>,
    ) -> Result<(), async_nats::Error> {
        let max_bytes = max_bytes(client);
        for event in events {
            if let Some(line) = lines::event(&event, max_bytes) {
                publish(client, self.subjects.room(event.room), line).await?;
            }
        }
        for signal in signals {
            let subject = match signal {
                Signal::Typing { room, .. } | Signal::Read { room, .. } => self.subjects.room(room),
                Signal::OwnRead { user, .. } => self.subjects.user(user),
                Signal::Presence { .. } => continue,
            };
            if let Some(line) = lines::signal(signal) {
                publish(client, subject, line).await?;
            }
        }
        Ok(())
    }

    /// Publishes the lines, in as many messages as they need.
    async fn publish_lines(
        &self,
        client: &Client,
        subject: String,
        lines: impl IntoIterator<Item = String>,
    ) -> Result<(), async_nats::Error> {
        let max_bytes = max_bytes(client);
        let from = lines::from(self.process);
        let mut message = from.clone();
        for line in lines {
            if message.len() > from.len() && message.len() + line.len() > max_bytes {
                let full = mem::replace(&mut message, from.clone());
                publish(client, subject.clone(), full).await?;
            }
            message += &line;
        }
        if message.len() > from.len() {
            publish(client, subject, message).await?;
        }
        Ok(())
    }

    async fn say_hello(&self, client: &Client) -> Result<(), async_nats::Error> {
        if self.is_up() {
            let mut lines = lines::from(self.process) + lines::HELLO;
            if self.outgoing.is_presence_wanted() {
                lines += lines::WATCH;
            }
            publish(client, self.subjects.control(), lines).await?;
        }
        Ok(())
    }

    /// What processes say of themselves.
    async fn control_message(
        &self,
        client: &Client,
        message: &Message,
    ) -> Result<(), async_nats::Error> {
        if message.status == Some(StatusCode::NO_RESPONDERS) {
            self.is_ready.send_replace(true);
        }
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
                Line::Want(_, rooms) => {
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
                Line::Signal(signal) => self.received(signal),
                // Programs of 0.2.0 say it to all when they have connected, and forget who watches.
                Line::Listed if message.subject.as_str() == self.subjects.control() => {
                    self.processes.forget(process);
                }
                Line::Listed => self.processes.forget_online(process),
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
        self.remind_of_reads(client, process, reads).await
    }

    /// Invariant 1, for what no log has: says again how far users have read lately.
    async fn remind_of_reads(
        &self,
        client: &Client,
        to: u64,
        reads: Vec<Signal>,
    ) -> Result<(), async_nats::Error> {
        let reads = reads.into_iter().filter_map(lines::signal);
        self.publish_lines(client, self.subjects.own(to), reads)
            .await
    }

    /// Says which brands have connections here, in place of all that was said before. The other
    /// process is known to watch by now, so it receives what changes, too.
    async fn show_online(&self, client: &Client, to: u64) -> Result<(), async_nats::Error> {
        let online = lines::ids(lines::ONLINE, &self.outgoing.all_online());
        let lines = iter::once(lines::LISTED.to_owned()).chain(online);
        self.publish_lines(client, self.subjects.own(to), lines)
            .await
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
                Line::Signal(signal) => self.received(signal),
                _ => {}
            }
        }
    }

    /// Users who are not wanted share a subject with others who are.
    fn received(&self, signal: Signal) {
        match signal {
            Signal::OwnRead { user, .. } if !self.outgoing.wants_reads(user) => {}
            _ => self.signals.push(signal),
        }
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

#[cfg(test)]
mod tests;
