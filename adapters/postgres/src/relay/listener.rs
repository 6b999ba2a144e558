use std::{
    collections::VecDeque,
    convert::Infallible,
    panic::AssertUnwindSafe,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use aftermatch_ports::{Urgency, model::RoomId};
use aftermatch_relay::{Line, Queue, SignalQueue, from_json, lines::decode};
use futures_util::FutureExt;
use sqlx::{
    Error,
    postgres::{PgConnectOptions, PgNotification},
};
use tokio::time::{Instant, sleep, sleep_until};

use crate::error::reason;

use super::{
    connection::{ListenConnection, RIGHTS},
    others::Others,
    outgoing::Outgoing,
    platform::{self, Change},
    rechecks::Rechecks,
};

/// How often to look for other processes, and how long to wait before reconnecting.
const PERIOD: Duration = Duration::from_secs(1);

/// Shortest interval between two sends: events gather meanwhile. The first is sent
/// at once.
const SEND_INTERVAL: Duration = Duration::from_millis(2);

/// The most notifications of one send. Others are received between two sends.
const MAX_NOTIFICATIONS: usize = 100;

/// Receives notifications, and sends outgoing events, over one connection.
pub(super) struct Listener {
    pub(super) options: PgConnectOptions,
    pub(super) statement_timeout: Duration,
    pub(super) outgoing: Arc<Outgoing>,
    pub(super) incoming: Arc<Queue>,
    pub(super) written: Arc<Queue>,
    pub(super) signals: Arc<SignalQueue>,
    pub(super) others: Arc<Others>,
    pub(super) rechecks: Arc<Rechecks>,
    /// Whether events go between processes this way.
    pub(super) relays: Arc<AtomicBool>,
}

impl Listener {
    /// Listens, and reconnects when the connection is lost.
    pub(super) async fn run(self) -> Infallible {
        let mut reported = false;
        loop {
            // A panic, as in a decoder of the driver, costs this connection only: a
            // future that has panicked can never be polled again.
            let listening = self.connect_and_listen(&mut reported);
            let listened = AssertUnwindSafe(listening).catch_unwind();
            match listened.await {
                Ok(Err(error)) if !reported => {
                    tracing::warn!(
                        error = reason(&error),
                        "not listening to the database: trying again every second"
                    );
                    reported = true;
                }
                Ok(Err(_)) => {}
                Ok(Ok(never)) => match never {},
                Err(_) => tracing::error!("listening panicked: connecting again"),
            }
            // Invariant 11.
            self.outgoing.set_enabled(false);
            self.others.disconnected();
            sleep(PERIOD).await;
        }
    }

    /// Fails when the connection is lost, or cannot be made. `reported`: whether the
    /// log has this outage. It ends when there is a connection.
    async fn connect_and_listen(&self, reported: &mut bool) -> Result<Infallible, Error> {
        let connection = self.connect().await?;
        *reported = false;
        self.listen(connection).await
    }

    /// Invariant 6: listens, takes the lock, looks who else has it, and says hello.
    async fn connect(&self) -> Result<ListenConnection, Error> {
        let opening = ListenConnection::open(
            &self.options,
            self.statement_timeout,
            self.relays.load(Ordering::Relaxed),
        );
        let mut connection = opening.await?;
        let others = connection.others().await?;
        let alone = others.is_empty();
        self.outgoing.set_enabled(!alone);
        self.others.connected(others);
        self.rechecks.hasten();
        // Invariant 5.
        if !alone {
            connection.send(self.outgoing.hello()).await?;
        }
        Ok(connection)
    }

    async fn listen(&self, mut connection: ListenConnection) -> Result<Infallible, Error> {
        let (mut next_check, mut next_send) = (Instant::now() + PERIOD, Instant::now());
        let (mut unsent, mut pushed) = (VecDeque::new(), false);
        loop {
            let waits = pushed || !unsent.is_empty();
            tokio::select! {
                notification = connection.receive() => {
                    self.pass_on(&notification?, &connection);
                }
                () = self.outgoing.wait(), if !waits => pushed = true,
                // Only while something waits: a timer wakes this process up.
                () = sleep_until(next_send), if waits => {
                    if unsent.is_empty() {
                        unsent.extend(self.outgoing.take());
                        pushed = false;
                    }
                    let some = unsent.len().min(MAX_NOTIFICATIONS);
                    connection.send(unsent.drain(..some)).await?;
                    next_send = Instant::now() + SEND_INTERVAL;
                }
                () = sleep_until(next_check) => {
                    let others = connection.others().await?;
                    self.outgoing.set_enabled(!others.is_empty());
                    if self.others.found(others) {
                        self.rechecks.hasten();
                    }
                    unsent.extend(self.outgoing.take_lowered());
                    next_check = Instant::now() + PERIOD;
                }
            }
        }
    }

    /// Passes a notification on, unless this process sent it: invariant 3.
    fn pass_on(&self, notification: &PgNotification, connection: &ListenConnection) {
        if notification.channel() == RIGHTS {
            return self.platform(notification.payload(), connection.store());
        }
        let (sender, own) = (notification.process_id(), connection.backend());
        if sender == own {
            return;
        }
        self.others.spoke(sender);
        for line in decode(notification.payload()) {
            match line {
                Line::Hello => {
                    // Invariant 6: confirmed only once events are queued.
                    self.outgoing.confirm(sender);
                    self.others.came(sender);
                    self.rechecks.hasten();
                }
                Line::Confirm(other) if other == own => self.others.confirmed_by(sender),
                Line::Confirm(_) => {}
                Line::Listed => self.others.listed(sender),
                Line::Want(urgency, rooms) => self.wanted_by(sender, rooms, urgency),
                Line::WantAll(wanted) => {
                    self.others.wants_all(sender, wanted);
                    if wanted {
                        self.outgoing.remind_of_all(sender);
                    }
                }
                Line::Watch(watches) => {
                    self.others.watches(sender, watches);
                    if watches {
                        self.outgoing.show_online(sender);
                    }
                }
                Line::Online(brands, is_online) => {
                    self.others.online(sender, brands, is_online);
                }
                Line::Signal(signal) => self.signals.push(signal),
                Line::Unwant(rooms) => {
                    for room in rooms {
                        self.others.wants_no_longer(sender, room);
                    }
                }
                Line::WantReads(users) => {
                    for user in users {
                        if self.others.wants_reads(sender, user) {
                            self.outgoing.remind_of_user(sender, user);
                        }
                    }
                }
                Line::UnwantReads(users) => {
                    for user in users {
                        self.others.wants_reads_no_longer(sender, user);
                    }
                }
                Line::Event(room, json) if self.outgoing.is_wanted(room) => {
                    if let Some(event) = from_json(room, json) {
                        self.incoming.push(event);
                    }
                }
                Line::Event(..) | Line::From(_) => {}
            }
        }
    }

    /// The platform has changed something. What it wrote is delivered at once.
    fn platform(&self, payload: &str, store: u32) {
        match platform::decode(payload, store) {
            Change::Written(events) => {
                for event in events {
                    self.written.push(event);
                }
            }
            Change::Everything => {
                self.others.set_uncertain();
                self.rechecks.hasten();
            }
            Change::Something => self.rechecks.hasten(),
        }
    }

    /// Another process wants these rooms.
    fn wanted_by(&self, other: u32, rooms: Vec<RoomId>, urgency: Urgency) {
        for room in rooms {
            if self.others.wants(other, room, urgency) {
                self.outgoing.remind(other, room);
            }
        }
    }
}
