//! Those joined in one room, told its changes one after the other.

use std::{collections::BTreeMap, sync::Arc};

use aftermatch_ports::model::{Change, Revision, Seat, Seq, SessionId};
use bytes::Bytes;
use tokio::sync::oneshot;

use crate::{answer, json, outbox::Outbox};

#[derive(Default)]
pub(super) struct Audience {
    seats: Vec<Taken>,
    /// The change whose turn it is; not known before the first seat is taken.
    next: Option<Seq>,
    /// Changes that came before their turn.
    early: BTreeMap<Seq, Early>,
    /// The room's participants as JSON, at one of its revisions.
    participants: Option<(Revision, Vec<u8>)>,
    /// The outboxes of all seats, listed when they are needed.
    outboxes: Option<Arc<[Arc<Outbox>]>>,
    /// Whether something was told that nobody has begun to send off.
    unsent: bool,
    /// Whether somebody is sending off what was told.
    flushing: bool,
}

struct Taken {
    seat: Seat,
    outbox: Arc<Outbox>,
    /// The room's last change when the seat was taken: what it hears is what
    /// follows.
    since: Seq,
    /// What was told since the seat is held, until the join is answered.
    held: Option<Vec<(Seq, Bytes)>>,
}

struct Early {
    change: Change,
    told: oneshot::Sender<()>,
}

impl Audience {
    /// Who is to send off what was told gets the outboxes to go over, unless
    /// there is nothing to send, or somebody at it, who will go over them again.
    pub(super) fn begin_flush(&mut self) -> Option<Arc<[Arc<Outbox>]>> {
        if self.flushing {
            return None;
        }
        self.flushing = true;
        self.flush_again()
    }

    /// The outboxes to go over again, because something was told meanwhile.
    pub(super) fn flush_again(&mut self) -> Option<Arc<[Arc<Outbox>]>> {
        self.flushing = std::mem::take(&mut self.unsent);
        let seats = &self.seats;
        let list = || seats.iter().map(|taken| taken.outbox.clone()).collect();
        self.flushing
            .then(|| self.outboxes.get_or_insert_with(list).clone())
    }

    pub(super) fn hold(&mut self, seat: Seat, outbox: Arc<Outbox>) {
        self.outboxes = None;
        self.seats.push(Taken {
            seat,
            outbox,
            since: Seq::ZERO,
            held: Some(Vec::new()),
        });
    }

    /// Takes the held seat of `session`: delivers the answer, and what followed
    /// the change `since` meanwhile.
    pub(super) fn seat(&mut self, session: SessionId, since: Seq, answer: Bytes) {
        let Some(taken) = self
            .seats
            .iter_mut()
            .find(|taken| taken.seat.session == session)
        else {
            return;
        };
        taken.since = since;
        taken.outbox.push(answer);
        for (seq, frame) in taken.held.take().into_iter().flatten() {
            if seq > since {
                taken.outbox.push(frame);
            }
        }
        if self.next.is_none() {
            self.next = Some(since.next());
            // What was told up to `since` is no news to the only one here.
            self.early = self.early.split_off(&since.next());
            self.catch_up();
        }
    }

    /// Gives up the seat of `session`; says whether nobody is left.
    pub(super) fn leave(&mut self, session: SessionId) -> bool {
        self.seats.retain(|taken| taken.seat.session != session);
        self.outboxes = None;
        if self.seats.is_empty() {
            // Nobody is left to tell: whoever waits to do so need not.
            self.early.clear();
        }
        self.seats.is_empty()
    }

    /// Tells `change` if it is its turn, and then those that waited for it. Else
    /// it waits for its turn, and so can the caller.
    pub(super) fn tell(&mut self, change: Change) -> Option<oneshot::Receiver<()>> {
        match self.next {
            // Behind its turn only when it was given up: late is better than never.
            Some(next) if change.seq <= next => {
                self.deliver(&change);
                self.catch_up();
                None
            }
            _ => {
                let (told, turn) = oneshot::channel();
                self.early.insert(change.seq, Early { change, told });
                Some(turn)
            }
        }
    }

    /// Waits no longer for what should have come before `seq`.
    pub(super) fn give_up_before(&mut self, seq: Seq) {
        while let Some(first) = self.early.first_entry().filter(|first| *first.key() <= seq) {
            let early = first.remove();
            self.deliver(&early.change);
            let _ = early.told.send(());
        }
        self.catch_up();
    }

    fn catch_up(&mut self) {
        while let Some(early) = self.next.and_then(|next| self.early.remove(&next)) {
            self.deliver(&early.change);
            // Whoever asked for it may have stopped waiting.
            let _ = early.told.send(());
        }
    }

    fn deliver(&mut self, change: &Change) {
        self.next = self.next.max(Some(change.seq.next()));
        self.unsent = true;
        let frame = answer::change(change, self.participants(change));
        let room = &change.room.room;
        for taken in &mut self.seats {
            // Whoever asked gets the answer, by whatever right it was allowed.
            let asked = taken.seat.session == change.session;
            let news = change.seq > taken.since && room.admits(taken.seat.viewer);
            if !asked && !news {
                continue;
            }
            let own = answer::change_for_asker(change, taken.seat.session);
            let frame = own.unwrap_or_else(|| frame.clone());
            match &mut taken.held {
                Some(held) => held.push((change.seq, frame)),
                None => taken.outbox.push(frame),
            }
        }
    }

    fn participants(&mut self, change: &Change) -> &[u8] {
        let room = &change.room.room;
        if self
            .participants
            .as_ref()
            .is_none_or(|(revision, _)| *revision != room.revision)
        {
            let mut out = Vec::new();
            json::participants(&mut out, room);
            self.participants = Some((room.revision, out));
        }
        self.participants.as_ref().map_or(&[], |(_, json)| json)
    }
}
