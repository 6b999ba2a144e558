use std::{
    convert::Infallible,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use aftermatch_ports::{
    RemoteEvent, Signal, Urgency,
    model::{BrandId, LogHead, Revision, RoomEvent, RoomId, UserId},
};
use aftermatch_relay::{Queue, SignalQueue};
use sqlx::postgres::PgConnectOptions;
use tokio::{sync::Mutex, time::timeout};

use super::{listener::Listener, others::Others, outgoing::Outgoing, rechecks::Rechecks};

/// How long to wait for the other processes: invariant 7.
const READY_TIMEOUT: Duration = Duration::from_secs(3);

/// What goes to other processes, and what comes from them and from the platform.
pub(crate) struct Notifications {
    outgoing: Arc<Outgoing>,
    incoming: Arc<Queue>,
    /// How far the logs of rooms go in which the platform has written.
    written: Arc<Queue>,
    signals: Arc<SignalQueue>,
    others: Arc<Others>,
    rechecks: Arc<Rechecks>,
    relays: Arc<AtomicBool>,
    listener: Mutex<Pin<Box<dyn Future<Output = Infallible> + Send>>>,
}

impl Notifications {
    pub(crate) fn new(options: PgConnectOptions, statement_timeout: Duration) -> Self {
        let signals = Arc::new(SignalQueue::default());
        let others = Arc::new(Others::new(signals.clone()));
        let outgoing = Arc::new(Outgoing::new(others.clone()));
        let rechecks = Arc::new(Rechecks::new());
        let incoming = Arc::new(Queue::default());
        let written = Arc::new(Queue::default());
        let relays = Arc::new(AtomicBool::new(true));
        let listener = Listener {
            options,
            statement_timeout,
            outgoing: outgoing.clone(),
            incoming: incoming.clone(),
            written: written.clone(),
            signals: signals.clone(),
            others: others.clone(),
            rechecks: rechecks.clone(),
            relays: relays.clone(),
        };
        Self {
            outgoing,
            incoming,
            written,
            signals,
            others,
            rechecks,
            relays,
            listener: Mutex::new(Box::pin(listener.run())),
        }
    }

    /// Another relay carries events between processes.
    pub(crate) fn only_listen(&self) {
        self.relays.store(false, Ordering::Relaxed);
    }

    /// The next recheck comes sooner.
    pub(crate) fn hasten(&self) {
        self.rechecks.hasten();
    }

    /// Waits until the next recheck is due.
    pub(super) async fn recheck(&self) {
        tokio::select! {
            // Invariant 1.
            biased;
            () = self.rechecks.next() => {}
            never = self.listen() => match never {},
        }
    }

    /// Waits until all other processes send their events to this one, or for three
    /// seconds.
    pub(super) async fn ready(&self) {
        let ready = async {
            tokio::select! {
                biased;
                () = self.others.confirmed() => {}
                never = self.listen() => match never {},
            }
        };
        if timeout(READY_TIMEOUT, ready).await.is_err() {
            tracing::info!(
                "another process has not confirmed that it sends its events: not waiting"
            );
        }
    }

    /// Waits for events of other processes.
    pub(super) async fn receive(&self) -> Vec<RemoteEvent> {
        self.incoming.receive(self.listen()).await
    }

    /// Waits until the platform has written in rooms: how far their logs go.
    pub(super) async fn platform_events(&self) -> Vec<(RoomId, LogHead)> {
        let written = self.written.receive(self.listen()).await.into_iter();
        let head = |event: RemoteEvent| LogHead {
            epoch: event.epoch,
            last_seq: event.seq,
        };
        written.map(|event| (event.room, head(event))).collect()
    }

    /// Waits for signals of other processes.
    pub(super) async fn signals(&self) -> Vec<Signal> {
        self.signals.receive(self.listen()).await
    }

    /// Queues a signal for the other processes that want its room or its user.
    pub(super) fn signal(&self, signal: Signal) {
        self.outgoing.signal(signal);
    }

    /// The brand has a connection here, or none any more.
    pub(super) fn online(&self, brand: BrandId, is_online: bool) {
        self.outgoing.online(brand, is_online);
    }

    /// Whether it is wanted which brands have connections elsewhere.
    pub(super) fn want_presence(&self, wanted: bool) {
        self.outgoing.want_presence(wanted);
    }

    /// Queues an event for the other processes that want it, if there are any.
    pub(super) fn send(&self, event: &RoomEvent, author: Revision) {
        self.outgoing.push(event, author);
    }

    /// Whether events of `room` are wanted here, and how soon.
    pub(super) fn want(&self, room: RoomId, urgency: Option<Urgency>) {
        self.outgoing.want(room, urgency);
    }

    /// Whether events of every room are wanted here.
    pub(super) fn want_all(&self, wanted: bool) {
        self.outgoing.want_all(wanted);
    }

    /// Whether it is wanted here how far the user reads.
    pub(super) fn want_reads(&self, user: UserId, wanted: bool) {
        self.outgoing.want_reads(user, wanted);
    }

    /// Whether something may have changed that nothing shows: invariant 8. Asking
    /// takes away what is only true once.
    pub(crate) fn is_uncertain(&self) -> bool {
        self.others.take_uncertain()
    }

    /// Runs the listener, or waits while another call runs it: invariants 9 and 10.
    async fn listen(&self) -> Infallible {
        self.listener.lock().await.as_mut().await
    }
}
