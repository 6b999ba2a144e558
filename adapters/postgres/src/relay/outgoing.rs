use std::{
    collections::{BTreeMap, BTreeSet},
    mem,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use aftermatch_ports::{
    RemoteEvent, Signal,
    model::{BrandId, LogHead, Revision, RoomEvent, RoomId, UserId},
};
use aftermatch_relay::{OnlineHere, Queue, Recent, RecentReads, SignalQueue, lines};
use parking_lot::Mutex;

use super::{
    notification::{Notification, Packer, To},
    others::Others,
    wanted::{AllWanted, Wanted},
};

/// What waits to be sent to other processes.
pub(super) struct Outgoing {
    /// Whether there are other processes.
    enabled: AtomicBool,
    others: Arc<Others>,
    /// Events committed here.
    events: Queue,
    /// Invariant 13.
    recent: Mutex<Recent>,
    wanted: Wanted<RoomId>,
    all_wanted: AllWanted,
    wanted_reads: Wanted<UserId>,
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
        if !self.others.recipients(room).is_empty() {
            self.events.push(RemoteEvent::of(event, author));
        }
    }

    /// Another process has announced that it wants `room`: it receives the number of
    /// the last event that was published there, and how far users have read there lately.
    /// Invariant 13: its wish is known by now.
    pub(super) fn remind(&self, other: u32, room: RoomId) {
        for event in self.recent.lock().events(room) {
            self.events.push(event);
        }
        self.remind_of_reads(other, self.recent_reads.lock().of_room(room));
    }

    /// Another process has announced that it wants every room.
    pub(super) fn remind_of_all(&self, other: u32) {
        for event in self.recent.lock().all_events() {
            self.events.push(event);
        }
        self.remind_of_reads(other, self.recent_reads.lock().of_all_rooms());
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
        self.events.wake();
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
        self.events.wake();
    }

    /// Waits until there may be something to send.
    pub(super) async fn wait(&self) {
        self.events.wait().await;
    }

    /// What is to be sent now.
    pub(super) fn take(&self) -> Vec<Notification> {
        let mut packer = Packer::default();
        let newcomers = mem::take(&mut *self.newcomers.lock());
        let (new, all) = self.wanted.take_new(!newcomers.is_empty());
        let (new_reads, all_reads) = self.wanted_reads.take_new(!newcomers.is_empty());
        let everything = self.all_wanted.take_new();
        for other in newcomers {
            packer.add(To::All, &lines::confirm(other));
            packer.ids(To::One(other), lines::WANT_READS, &all_reads);
            packer.list(To::One(other), &all, self.all_wanted.get());
            if self.online.is_wanted() {
                packer.add(To::One(other), lines::WATCH);
            }
        }
        if let Some(wanted) = everything {
            packer.add(To::All, &lines::all(wanted));
        }
        packer.ids(To::All, lines::WANT, &new);
        packer.ids(To::All, lines::WANT_READS, &new_reads);
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
            let recipients = match signal {
                Signal::Typing { room, .. } | Signal::Read { room, .. } => {
                    self.others.recipients(room)
                }
                Signal::OwnRead { user, .. } => self.others.recipients_of_reads(user),
                Signal::Presence { .. } => Vec::new(),
            };
            packer.signal(&recipients, signal);
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
            self.signals.push(signal);
            self.events.wake();
        }
    }

    pub(super) fn online(&self, brand: BrandId, is_online: bool) {
        let is_watched = self.is_enabled() && !self.others.watching().is_empty();
        self.online.set(brand, is_online, is_watched);
        if is_watched {
            self.events.wake();
        }
    }

    /// Another process wants to know which brands are online here. It is known by now.
    pub(super) fn show_online(&self, other: u32) {
        self.watchers.lock().insert(other);
        self.events.wake();
    }

    pub(super) fn want_presence(&self, wanted: bool) {
        self.others.want_online(wanted);
        self.online.want(wanted);
        self.events.wake();
    }
}

/// What this process wants.
impl Outgoing {
    pub(super) fn want(&self, room: RoomId) {
        if self.wanted.add(room) {
            self.events.wake();
        }
    }

    pub(super) fn unwant(&self, room: RoomId) {
        self.wanted.remove(room);
    }

    /// Whether every room is wanted.
    pub(super) fn want_all(&self, wanted: bool) {
        self.all_wanted.set(wanted);
        self.events.wake();
    }

    pub(super) fn want_reads(&self, user: UserId, wanted: bool) {
        if !wanted {
            self.wanted_reads.remove(user);
        } else if self.wanted_reads.add(user) {
            self.events.wake();
        }
    }

    pub(super) fn is_wanted(&self, room: RoomId) -> bool {
        self.all_wanted.get() || self.wanted.contains(room)
    }

    /// The first notifications of a connection.
    pub(super) fn hello(&self) -> Vec<Notification> {
        let mut packer = Packer::default();
        packer.add(To::All, lines::HELLO);
        let (_, all_reads) = self.wanted_reads.take_new(true);
        packer.ids(To::All, lines::WANT_READS, &all_reads);
        let (_, all) = self.wanted.take_new(true);
        packer.list(To::All, &all, self.all_wanted.get());
        if self.online.is_wanted() {
            packer.add(To::All, lines::WATCH);
        }
        packer.finish()
    }

    /// What is no longer wanted.
    pub(super) fn take_unwanted(&self) -> Vec<Notification> {
        let mut packer = Packer::default();
        packer.ids(To::All, lines::UNWANT, &self.wanted.take_left());
        packer.ids(To::All, lines::UNWANT_READS, &self.wanted_reads.take_left());
        packer.finish()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use aftermatch_ports::model::{
        Epoch, EventKind, MessageId, Pen, RequestId, Room, RoomKind, RoomView, Seq, Text, UserId,
    };
    use time::OffsetDateTime;

    use super::*;

    fn event(room: i64) -> RoomEvent {
        let epoch = Epoch { store: 1, room: 2 };
        let room = Room {
            id: RoomId(room),
            revision: Revision(3),
            epoch,
            participants: Vec::new(),
            kind: RoomKind::default(),
            pen: Pen::default(),
            frozen: false,
        };
        RoomEvent {
            seq: Seq(1),
            epoch,
            at: OffsetDateTime::UNIX_EPOCH.into(),
            by: UserId(4),
            room: RoomView {
                room: Arc::new(room),
                has_business: false,
            },
            requester: None,
            request_id: RequestId::NONE,
            kind: EventKind::Edited {
                id: MessageId(5),
                text: Text::stored("text"),
            },
        }
    }

    /// The first word of each line, and for which processes.
    fn sent(outgoing: &Outgoing) -> Vec<(To, String)> {
        let mut sent = Vec::new();
        for Notification { to, payload } in outgoing.take() {
            let lines = payload.lines();
            let words = lines.filter_map(|line| line.split(' ').next());
            sent.extend(words.map(|word| (to, word.to_owned())));
        }
        sent
    }

    fn to(to: To, word: &str) -> (To, String) {
        (to, word.to_owned())
    }

    #[test]
    fn single_process_queues_nothing() {
        let outgoing = Outgoing::new(Arc::default());
        outgoing.want(RoomId(1));
        outgoing.push(&event(1), Revision(1));
        assert_eq!(sent(&outgoing), []);
        outgoing.confirm(7);
        let newcomer = To::One(7);
        let list = [
            to(To::All, "confirm"),
            to(newcomer, "want"),
            to(newcomer, "listed"),
        ];
        assert_eq!(sent(&outgoing), list);
    }

    #[test]
    fn event_goes_to_those_who_want_it() {
        let others = Arc::new(Others::default());
        let outgoing = Outgoing::new(others.clone());
        others.connected(HashSet::from([7, 8, 9]));
        outgoing.set_enabled(true);
        outgoing.push(&event(1), Revision(1));
        assert_eq!(
            sent(&outgoing),
            [to(To::All, "1")],
            "they have said nothing"
        );
        for other in [7, 8, 9] {
            others.listed(other);
        }
        outgoing.push(&event(1), Revision(1));
        assert_eq!(sent(&outgoing), []);
        assert!(others.wants(8, RoomId(1)));
        outgoing.remind(8, RoomId(1));
        outgoing.push(&event(1), Revision(1));
        assert_eq!(sent(&outgoing), [to(To::One(8), "1"), to(To::One(8), "1")]);
        outgoing.remind(8, RoomId(2));
        assert_eq!(sent(&outgoing), []);
    }
}
