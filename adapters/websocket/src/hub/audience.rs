//! Those joined in one room, told its changes one after the other.

use std::{
    collections::{BTreeMap, BTreeSet},
    mem,
    sync::Arc,
};

use aftermatch_ports::{
    Expected,
    model::{Change, Revision, Seat, Seq, SessionId},
};
use aftermatch_protocol::{
    close::Close,
    event::{event, partly_deleted},
    response::ReadyParticipants,
};
use bytes::Bytes;
use tokio::{sync::oneshot, time::Instant};

use super::Homeless;
use crate::{encode, metrics::Metrics, transport::Outbox};

/// So many numbers are remembered that were never told.
const UNHEARD: i64 = 1_024;

#[derive(Default)]
pub(super) struct Audience {
    seats: Vec<Taken>,
    /// The change whose turn it is; not known before the room was read for the
    /// first seat.
    next: Option<Seq>,
    /// The last change then: what follows is told.
    first: Option<Seq>,
    /// Changes that came before their turn.
    early: BTreeMap<Seq, Early>,
    /// Changes that were given up, and should they come after all are told.
    unheard: BTreeSet<Seq>,
    /// The room's revision when the first seat was taken.
    revision: Option<Revision>,
    /// The room's participants, ready to be sent, at one of its revisions.
    participants: Option<(Revision, ReadyParticipants)>,
    /// The outboxes of all seats, listed when they are needed.
    outboxes: Option<Arc<[Arc<Outbox>]>>,
    /// Since when something was told that nobody has begun to send off.
    unsent: Option<Instant>,
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
    held: Option<Held>,
}

/// One pass over all who hear a room.
pub(super) struct Flush {
    /// When the first of what is sent off was told.
    told: Instant,
    outboxes: Arc<[Arc<Outbox>]>,
}

impl Flush {
    pub(super) fn pass(&self, metrics: &Metrics) {
        self.outboxes.iter().for_each(|outbox| outbox.flush());
        metrics.told.observe(self.told.elapsed().as_secs_f64());
    }
}

#[derive(Default)]
struct Held {
    frames: Vec<(Seq, Bytes)>,
    bytes: usize,
}

struct Early {
    /// `None`: there is nothing to tell of that number.
    change: Option<Change>,
    told: Option<oneshot::Sender<()>>,
}

impl Audience {
    /// Who is to send off what was told gets the outboxes to go over, unless
    /// there is nothing to send, or somebody at it, who will go over them again.
    pub(super) fn begin_flush(&mut self) -> Option<Flush> {
        if self.flushing {
            return None;
        }
        self.flush_again()
    }

    /// The outboxes to go over again, because something was told meanwhile.
    pub(super) fn flush_again(&mut self) -> Option<Flush> {
        let told = self.unsent.take();
        self.flushing = told.is_some();
        let seats = &self.seats;
        let list = || seats.iter().map(|taken| taken.outbox.clone()).collect();
        Some(Flush {
            told: told?,
            outboxes: self.outboxes.get_or_insert_with(list).clone(),
        })
    }

    /// The number of the last change that was told.
    pub(super) fn last_told(&self) -> Option<Seq> {
        self.next.map(Seq::before)
    }

    /// The room as it was when the first seat was taken, and its last change that
    /// was told.
    pub(super) fn expected(&self) -> Option<Expected> {
        Some(Expected {
            room: self.seats.first()?.seat.room,
            revision: self.revision?,
            last: self.last_told()?,
        })
    }

    pub(super) fn seats(&self) -> impl Iterator<Item = Seat> {
        self.seats.iter().map(|taken| taken.seat)
    }

    /// Holds a seat: a new one, or the one that the session has already.
    pub(super) fn hold(&mut self, seat: Seat, outbox: Arc<Outbox>) {
        let held = Some(Held::default());
        if let Some(taken) = self.taken(seat.session) {
            taken.seat = seat;
            taken.held = held;
            return;
        }
        self.outboxes = None;
        self.seats.push(Taken {
            seat,
            outbox,
            since: Seq::ZERO,
            held,
        });
    }

    /// The room was read for a held seat, and had changes up to `last`. Whether
    /// what follows is told here.
    pub(super) fn begin(&mut self, last: Seq) -> (bool, Vec<Homeless>) {
        if self.next.is_some() {
            return (self.first.is_none_or(|first| last >= first), Vec::new());
        }
        self.first = Some(last);
        self.next = Some(last.next());
        // Who reads the room later reads what is up to `last`, too.
        self.early = self.early.split_off(&last.next());
        (true, self.tell_early(Seq::ZERO))
    }

    /// Takes the held seat of `session`, and delivers what followed the change
    /// `since` meanwhile.
    pub(super) fn seat(&mut self, session: SessionId, since: Seq, revision: Revision) {
        if let Some(taken) = self.taken(session) {
            taken.since = since;
            taken.release();
            self.revision.get_or_insert(revision);
        }
    }

    /// Goes on with the held seat as it was.
    pub(super) fn release(&mut self, session: SessionId) {
        if let Some(taken) = self.taken(session) {
            taken.release();
        }
    }

    fn taken(&mut self, session: SessionId) -> Option<&mut Taken> {
        let mut seats = self.seats.iter_mut();
        seats.find(|taken| taken.seat.session == session)
    }

    /// Gives up the seat of `session`.
    pub(super) fn leave(&mut self, session: SessionId) -> Option<Arc<Outbox>> {
        let nth = self
            .seats
            .iter()
            .position(|taken| taken.seat.session == session)?;
        self.outboxes = None;
        Some(self.seats.remove(nth).outbox)
    }

    /// When nobody is left to tell, whoever waits to do so need not.
    pub(super) fn abandon_if_empty(&mut self) -> Option<Vec<Homeless>> {
        self.seats.is_empty().then(|| {
            let early = mem::take(&mut self.early).into_values();
            early
                .filter_map(|early| early.change)
                .flat_map(|change| alone(&change))
                .collect()
        })
    }

    /// Tells `change` if it is its turn, and then those that waited for it. Else
    /// it waits for its turn, and so can the caller.
    pub(super) fn tell(
        &mut self,
        mut change: Change,
    ) -> (Option<oneshot::Receiver<()>>, Vec<Homeless>) {
        let seq = change.seq;
        match self.next {
            Some(next) if seq == next => {
                let mut homeless = self.deliver(&change);
                homeless.extend(self.tell_early(Seq::ZERO));
                (None, homeless)
            }
            // It was given up: late is better than never.
            Some(next) if seq < next && self.unheard.contains(&seq) => {
                self.unheard.remove(&seq);
                (None, self.deliver(&change))
            }
            // The others have heard what came of it.
            Some(next) if seq < next => (None, self.answer(&change).into_iter().collect()),
            known => {
                let mut homeless = Vec::new();
                if known.is_none() && !self.has_seat(change.asker) {
                    homeless = alone(&change);
                    change.asker = None;
                }
                let (told, turn) = oneshot::channel();
                let (change, told) = (Some(change), Some(told));
                self.early.insert(seq, Early { change, told });
                (Some(turn), homeless)
            }
        }
    }

    /// Takes changes of others, each for its turn.
    pub(super) fn fill(&mut self, changes: Vec<(Seq, Option<Change>)>) -> Vec<Homeless> {
        let Some(next) = self.next else {
            return Vec::new();
        };
        for (seq, change) in changes {
            if seq >= next {
                let early = self.early.entry(seq);
                early.or_insert(Early { change, told: None });
            }
        }
        self.tell_early(Seq::ZERO)
    }

    /// Takes what was kept by others up to `last`, and waits for nothing else up
    /// to there. `None`: nobody knows what it is.
    pub(super) fn catch_up(&mut self, changes: Option<Vec<Change>>, last: Seq) -> Vec<Homeless> {
        let Some(next) = self.next.filter(|next| *next <= last) else {
            return Vec::new();
        };
        if changes.is_none() {
            let missing = (next.0..=last.0)
                .rev()
                .take_while(|seq| last.0 - seq < UNHEARD);
            self.unheard = missing.map(Seq).collect();
        }
        let changes = changes.into_iter().flatten();
        self.fill(changes.map(|change| (change.seq, Some(change))).collect());
        let mut homeless = self.tell_early(last);
        self.next = self.next.max(Some(last.next()));
        homeless.extend(self.tell_early(Seq::ZERO));
        homeless
    }

    /// Tells those whose turn has come, and all up to `last`.
    fn tell_early(&mut self, last: Seq) -> Vec<Homeless> {
        let mut homeless = Vec::new();
        while let (Some(next), Some(first)) = (self.next, self.early.first_entry()) {
            let seq = *first.key();
            if seq > next && seq > last {
                break;
            }
            let Early { change, told } = first.remove();
            self.unheard.remove(&seq);
            match change {
                Some(change) => homeless.extend(self.deliver(&change)),
                None => self.next = self.next.max(Some(seq.next())),
            }
            // Whoever asked for it may have stopped waiting.
            let _ = told.map(|told| told.send(()));
        }
        homeless
    }

    fn deliver(&mut self, change: &Change) -> Vec<Homeless> {
        self.next = self.next.max(Some(change.seq.next()));
        self.unsent.get_or_insert_with(Instant::now);
        let frame = encode::text(&event(change, self.participants(change)));
        let room = &change.room.room;
        let mut answered = change.asker.is_none();
        for taken in &mut self.seats {
            // Whoever asked gets the answer, by whatever right it was allowed.
            let asked = Some(taken.seat.session) == change.asker;
            answered |= asked;
            let news = change.seq > taken.since && room.admits(taken.seat.viewer);
            if asked {
                let own = partly_deleted(change).map(|frame| encode::text(&frame));
                taken.tell(change.seq, own.unwrap_or_else(|| frame.clone()));
            } else if news {
                taken.tell(change.seq, frame.clone());
            }
        }
        if answered { Vec::new() } else { alone(change) }
    }

    /// Tells the asker alone.
    fn answer(&mut self, change: &Change) -> Option<Homeless> {
        let asker = change.asker?;
        let frame = answer_of(change, self.participants(change));
        match self.taken(asker) {
            Some(taken) => taken.tell(change.seq, frame),
            None => return Some((asker, frame)),
        }
        self.unsent.get_or_insert_with(Instant::now);
        None
    }

    fn has_seat(&self, session: Option<SessionId>) -> bool {
        self.seats
            .iter()
            .any(|taken| Some(taken.seat.session) == session)
    }

    fn participants(&mut self, change: &Change) -> &ReadyParticipants {
        let room = &change.room.room;
        let write = || (room.revision, ReadyParticipants::of(room));
        let (revision, participants) = self.participants.get_or_insert_with(write);
        if *revision != room.revision {
            (*revision, *participants) = write();
        }
        participants
    }
}

impl Taken {
    fn tell(&mut self, seq: Seq, frame: Bytes) {
        let Some(held) = &mut self.held else {
            return self.outbox.push(frame);
        };
        held.bytes += frame.len();
        held.frames.push((seq, frame));
        if !self.outbox.would_hold(held.frames.len(), held.bytes) {
            *held = Held::default();
            self.outbox.close(Close::TOO_SLOW);
        }
    }

    fn release(&mut self) {
        for (seq, frame) in self.held.take().unwrap_or_default().frames {
            if seq > self.since {
                self.outbox.push(frame);
            }
        }
    }
}

/// The answer to an asker without a seat, if anybody asked.
pub(super) fn alone(change: &Change) -> Vec<Homeless> {
    let frame = |asker| {
        (
            asker,
            answer_of(change, &ReadyParticipants::of(&change.room.room)),
        )
    };
    change.asker.map(frame).into_iter().collect()
}

fn answer_of(change: &Change, participants: &ReadyParticipants) -> Bytes {
    match partly_deleted(change) {
        Some(frame) => encode::text(&frame),
        None => encode::text(&event(change, participants)),
    }
}
