//! What waits to be done at a server.

use std::collections::HashSet;

use aftermatch_ports::{
    RemoteEvent, Signal,
    model::{BrandId, LogHead, Revision, RoomEvent, RoomId, UserId},
};
use aftermatch_relay::{OnlineHere, Queue, Recent, RecentReads, SignalQueue};
use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::wanted::{Changes, Wanted};

/// What waits to be done at a server.
pub(crate) struct Outgoing {
    /// Events committed here.
    events: Queue,
    signals: SignalQueue,
    /// Invariant 1.
    recent: Mutex<Recent>,
    pub(crate) recent_reads: Mutex<RecentReads>,
    wanted: Wanted,
    online: OnlineHere,
    /// Notified when there is something to do.
    changed: Notify,
}

/// What is to be done now.
pub(crate) struct Work {
    pub(crate) wanted: Changes,
    pub(crate) events: Vec<RemoteEvent>,
    pub(crate) signals: Vec<Signal>,
    /// Brands that came, and that went.
    pub(crate) brands: [HashSet<BrandId>; 2],
    pub(crate) presence_wanted: Option<bool>,
}

impl Outgoing {
    pub(crate) fn new() -> Self {
        Self {
            events: Queue::default(),
            signals: SignalQueue::default(),
            recent: Mutex::new(Recent::default()),
            recent_reads: Mutex::default(),
            wanted: Wanted::default(),
            online: OnlineHere::default(),
            changed: Notify::new(),
        }
    }

    /// Invariant 1: remembered first. Without a connection nothing waits to be published:
    /// the others find it in the log.
    pub(crate) fn publish(&self, event: &RoomEvent, author: Revision, is_up: bool) {
        let head = LogHead {
            epoch: event.epoch,
            last_seq: event.seq,
        };
        self.recent.lock().remember(event.room.room.id, head);
        if is_up {
            self.events.push(RemoteEvent::of(event, author));
            self.changed.notify_one();
        }
    }

    /// Another process has subscribed to `room`.
    pub(crate) fn remind(&self, room: RoomId) {
        for event in self.recent.lock().events(room) {
            self.events.push(event);
        }
        self.changed.notify_one();
    }

    /// Another process has subscribed to all rooms.
    pub(crate) fn remind_of_all(&self) {
        for event in self.recent.lock().all_events() {
            self.events.push(event);
        }
        self.changed.notify_one();
    }

    pub(crate) fn want(&self, room: RoomId, wanted: bool) {
        self.wanted.room(room, wanted);
        self.changed.notify_one();
    }

    pub(crate) fn want_all(&self, wanted: bool) {
        self.wanted.all(wanted);
        self.changed.notify_one();
    }

    pub(crate) fn want_reads(&self, user: UserId, wanted: bool) {
        self.wanted.user(user, wanted);
        self.changed.notify_one();
    }

    pub(crate) fn wants_reads(&self, user: UserId) -> bool {
        self.wanted.has_user(user)
    }

    /// A connection begins, at which there is no subscription yet.
    pub(crate) fn begin(&self) {
        self.wanted.begin();
        self.changed.notify_one();
    }

    pub(crate) fn signal(&self, signal: Signal, is_up: bool) {
        // Invariant 1: remembered first.
        self.recent_reads.lock().remember(signal);
        if is_up {
            self.signals.push(signal);
            self.changed.notify_one();
        }
    }

    /// `is_watched`: whether another process wants to know.
    pub(crate) fn online(
        &self,
        brand: BrandId,
        is_online: bool,
        is_watched: impl FnOnce() -> bool,
    ) {
        if self.online.set(brand, is_online, is_watched) {
            self.changed.notify_one();
        }
    }

    /// All brands that have connections here.
    pub(crate) fn all_online(&self) -> HashSet<BrandId> {
        self.online.all()
    }

    pub(crate) fn want_presence(&self, wanted: bool) {
        self.online.want(wanted);
        self.changed.notify_one();
    }

    /// Whether presence is wanted is said again.
    pub(crate) fn say_presence_wanted(&self) {
        self.online.say_wanted();
    }

    pub(crate) fn is_presence_wanted(&self) -> bool {
        self.online.is_wanted()
    }

    /// Waits until there may be something to do.
    pub(crate) async fn wait(&self) {
        self.changed.notified().await;
    }

    pub(crate) fn take(&self) -> Work {
        Work {
            wanted: self.wanted.take(),
            events: self.events.take(),
            signals: self.signals.take(),
            brands: self.online.take_changed(),
            presence_wanted: self.online.take_wanted(),
        }
    }
}
