use std::{
    collections::{BTreeMap, BTreeSet},
    mem,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use aftermatch_ports::{
    RemoteEvent, Signal, Urgency,
    model::{BrandId, LogHead, Revision, RoomEvent, RoomId, UserId},
};
use aftermatch_relay::{OnlineHere, Queue, Recent, RecentReads, SignalQueue, lines};
use parking_lot::Mutex;

use super::{
    deadline::Deadline,
    notification::{Notification, Packer, To},
    others::Others,
    wanted::{AllWanted, Wanted},
};

/// What waits to be sent to other processes.
pub(super) struct Outgoing {
    /// Whether there are other processes.
    enabled: AtomicBool,
    others: Arc<Others>,
    /// By when what is in here is to be sent.
    deadline: Deadline,
    /// Events committed here.
    events: Queue,
    /// Invariant 13.
    recent: Mutex<Recent>,
    wanted: Wanted<RoomId, Urgency>,
    all_wanted: AllWanted,
    wanted_reads: Wanted<UserId, ()>,
    /// Processes whose hello is to be confirmed.
    newcomers: Mutex<BTreeSet<u32>>,
    signals: SignalQueue,
    /// Invariant 13, and what of it is to be sent again, by the process that is to receive it.
    recent_reads: Mutex<RecentReads>,
    reminders: Mutex<BTreeMap<u32, SignalQueue>>,
    online: OnlineHere,
    /// Processes that are to receive all brands that are online.
    watchers: Mutex<BTreeSet<u32>>,
}

impl Outgoing {
    pub(super) fn new(others: Arc<Others>) -> Self {
        Self {
            enabled: AtomicBool::default(),
            others,
            deadline: Deadline::default(),
            events: Queue::default(),
            recent: Mutex::new(Recent::default()),
            wanted: Wanted::default(),
            all_wanted: AllWanted::default(),
            wanted_reads: Wanted::default(),
            newcomers: Mutex::default(),
            signals: SignalQueue::default(),
            recent_reads: Mutex::default(),
            reminders: Mutex::default(),
            online: OnlineHere::default(),
            watchers: Mutex::default(),
        }
    }

    /// Called for every committed event: invariants 4 and 5. `author` is the revision
    /// of the user who caused it.
    pub(super) fn push(&self, event: &RoomEvent, author: Revision) {
        if !self.is_enabled() {
            return;
        }
        let room = event.room.room.id;
        let head = LogHead {
            epoch: event.epoch,
            last_seq: event.seq,
        };
        // Invariant 13: in this order.
        self.recent.lock().remember(room, head);
        if let Some(urgency) = self.others.urgency(room) {
            self.events.push(RemoteEvent::of(event, author));
            self.deadline.set(urgency);
        }
    }

    /// Another process has announced that it wants `room`, or that it is more urgent: it
    /// receives what waits of the room, the number of the last event that was published there,
    /// and how far users have read there lately. Invariant 13: its wish is known by now.
    pub(super) fn remind(&self, other: u32, room: RoomId) {
        self.remind_of_events(self.recent.lock().events(room));
        self.remind_of_reads(other, self.recent_reads.lock().of_room(room));
    }

    /// Another process has announced that it wants every room.
    pub(super) fn remind_of_all(&self, other: u32) {
        self.remind_of_events(self.recent.lock().all_events());
        self.remind_of_reads(other, self.recent_reads.lock().of_all_rooms());
    }

    fn remind_of_events(&self, events: impl Iterator<Item = RemoteEvent>) {
        for event in events {
            self.events.push(event);
        }
        // Also if none is remembered: events that wait may be urgent now.
        self.deadline.set(Urgency::AtOnce);
    }

    /// Another process has announced that it wants to know how far this user reads.
    pub(super) fn remind_of_user(&self, other: u32, user: UserId) {
        self.remind_of_reads(other, self.recent_reads.lock().of_user(user));
    }

    fn remind_of_reads(&self, other: u32, reads: Vec<Signal>) {
        if reads.is_empty() {
            return;
        }
        let mut reminders = self.reminders.lock();
        let waiting = reminders.entry(other).or_default();
        for read in reads {
            waiting.push(read);
        }
        drop(reminders);
        self.deadline.set(Urgency::AtOnce);
    }

    fn is_enabled(&self) -> bool {
        self.enabled.load(Ordering::SeqCst)
    }

    /// Sets whether there are other processes. What waits for them is dropped when
    /// there are none.
    pub(super) fn set_enabled(&self, enabled: bool) {
        self.enabled.store(enabled, Ordering::SeqCst);
        self.wanted.announce(enabled);
        self.all_wanted.announce(enabled);
        self.wanted_reads.announce(enabled);
        if !enabled {
            drop(self.take());
        }
    }

    /// Confirms to another process that events are sent. Invariant 6: they are queued
    /// from now on.
    pub(super) fn confirm(&self, other: u32) {
        self.set_enabled(true);
        self.newcomers.lock().insert(other);
        self.deadline.set(Urgency::AtOnce);
    }

    /// Waits until something is to be sent.
    pub(super) async fn wait(&self) {
        self.deadline.reached().await;
    }

    /// Everything that waits: invariant 15.
    pub(super) fn take(&self) -> Vec<Notification> {
        // First: what comes from now on has a deadline of its own.
        self.deadline.clear();
        let mut packer = Packer::default();
        let newcomers = mem::take(&mut *self.newcomers.lock());
        let (new, all) = self.wanted.take_raised(!newcomers.is_empty());
        let (new_reads, all_reads) = self.wanted_reads.take_raised(!newcomers.is_empty());
        let everything = self.all_wanted.take_new();
        for other in newcomers {
            packer.add(To::All, &lines::confirm(other));
            packer.users(To::One(other), &all_reads);
            packer.list(To::One(other), &all, self.all_wanted.get());
            if self.online.is_wanted() {
                packer.add(To::One(other), lines::WATCH);
            }
        }
        if let Some(wanted) = everything {
            packer.add(To::All, &lines::all(wanted));
        }
        packer.rooms(To::All, &new);
        packer.users(To::All, &new_reads);
        for event in self.events.take() {
            packer.event(&self.others.recipients(event.room), &event);
        }
        self.pack_signals(&mut packer);
        packer.finish()
    }

    /// Last: they are the first that may come late.
    fn pack_signals(&self, packer: &mut Packer) {
        for (other, waiting) in mem::take(&mut *self.reminders.lock()) {
            for signal in waiting.take() {
                packer.signal(&[To::One(other)], signal);
            }
        }
        for signal in self.signals.take() {
            packer.signal(&self.recipients(signal), signal);
        }
        if let Some(wanted) = self.online.take_wanted() {
            let line = if wanted { lines::WATCH } else { lines::UNWATCH };
            packer.add(To::All, line);
        }
        for other in mem::take(&mut *self.watchers.lock()) {
            packer.ids(To::One(other), lines::ONLINE, &self.online.all());
        }
        let [online, offline] = self.online.take_changed();
        for to in self.others.watching() {
            packer.ids(to, lines::ONLINE, &online);
            packer.ids(to, lines::OFFLINE, &offline);
        }
    }
}

/// What is in no log.
impl Outgoing {
    pub(super) fn signal(&self, signal: Signal) {
        if self.is_enabled() {
            // Invariant 13: in this order.
            self.recent_reads.lock().remember(signal);
            if let Some(urgency) = self.urgency(signal) {
                self.signals.push(signal);
                self.deadline.set(urgency);
            }
        }
    }

    /// `None`: nobody wants it.
    fn urgency(&self, signal: Signal) -> Option<Urgency> {
        match signal {
            Signal::Typing { room, .. } | Signal::Read { room, .. } => self.others.urgency(room),
            Signal::OwnRead { .. } | Signal::Presence { .. } => {
                let is_wanted = !self.recipients(signal).is_empty();
                is_wanted.then_some(Urgency::AtOnce)
            }
        }
    }

    fn recipients(&self, signal: Signal) -> Vec<To> {
        match signal {
            Signal::Typing { room, .. } | Signal::Read { room, .. } => self.others.recipients(room),
            Signal::OwnRead { user, .. } => self.others.recipients_of_reads(user),
            Signal::Presence { .. } => Vec::new(),
        }
    }

    pub(super) fn online(&self, brand: BrandId, is_online: bool) {
        let is_watched = || self.is_enabled() && !self.others.watching().is_empty();
        if self.online.set(brand, is_online, is_watched) {
            self.deadline.set(Urgency::AtOnce);
        }
    }

    /// Another process wants to know which brands are online here. It is known by now.
    pub(super) fn show_online(&self, other: u32) {
        self.watchers.lock().insert(other);
        self.deadline.set(Urgency::AtOnce);
    }

    pub(super) fn want_presence(&self, wanted: bool) {
        self.others.want_online(wanted);
        self.online.want(wanted);
        self.deadline.set(Urgency::AtOnce);
    }
}

/// What this process wants.
impl Outgoing {
    pub(super) fn want(&self, room: RoomId, urgency: Option<Urgency>) {
        if self.wanted.set(room, urgency) {
            self.deadline.set(Urgency::AtOnce);
        }
    }

    /// Whether every room is wanted.
    pub(super) fn want_all(&self, wanted: bool) {
        self.all_wanted.set(wanted);
        self.deadline.set(Urgency::AtOnce);
    }

    pub(super) fn want_reads(&self, user: UserId, wanted: bool) {
        if self.wanted_reads.set(user, wanted.then_some(())) {
            self.deadline.set(Urgency::AtOnce);
        }
    }

    pub(super) fn is_wanted(&self, room: RoomId) -> bool {
        self.all_wanted.get() || self.wanted.contains(room)
    }

    /// The first notifications of a connection.
    pub(super) fn hello(&self) -> Vec<Notification> {
        let mut packer = Packer::default();
        packer.add(To::All, lines::HELLO);
        let (_, all_reads) = self.wanted_reads.take_raised(true);
        packer.users(To::All, &all_reads);
        let (_, all) = self.wanted.take_raised(true);
        packer.list(To::All, &all, self.all_wanted.get());
        if self.online.is_wanted() {
            packer.add(To::All, lines::WATCH);
        }
        packer.finish()
    }

    /// What is no longer wanted, or not as soon.
    pub(super) fn take_lowered(&self) -> Vec<Notification> {
        let mut packer = Packer::default();
        packer.rooms(To::All, &self.wanted.take_lowered());
        packer.users(To::All, &self.wanted_reads.take_lowered());
        packer.finish()
    }
}

#[cfg(test)]
mod tests;
