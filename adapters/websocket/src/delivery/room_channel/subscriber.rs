use std::{collections::BTreeMap, sync::Arc};

use aftermatch_ports::model::{BrandId, Eviction, RoomEvent, Seat, Seq, UserId};
use aftermatch_protocol::{close::Close, event};
use bytes::Bytes;

use crate::{delivery::connection::Connection, encode, transport::Shared};

/// A session that has joined the room, or is about to.
pub(super) struct Subscriber {
    pub(super) seat: Seat,
    pub(super) connection: Arc<Connection>,
    /// The room's last event when it was joined. The session receives what follows.
    pub(super) since: Seq,
    /// The active seat. During a reservation: the one before it.
    active: Option<Seat>,
    /// What was delivered since the seat was reserved, until it becomes active. Boxed:
    /// delivery walks over all subscribers, of which few are about to join.
    buffered: Option<Box<Buffered>>,
}

/// What is in no log and must not be missed. What came last is enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Held {
    Read(UserId),
    Presence(BrandId),
}

struct Buffered {
    frames: Vec<(Seq, Bytes)>,
    bytes: usize,
    held: BTreeMap<Held, Bytes>,
    /// Whether the room was read: the join response names the log of that moment.
    anchored: bool,
    /// The last event that this seat could not receive, because its brand was not in the
    /// room. The join may have read the room after that.
    excluded: Seq,
    /// Queued when the seat was taken away before it became active.
    notice: Option<Bytes>,
    /// The notice of the seat before the reservation, which ended meanwhile. Only for
    /// a join that fails: one that succeeds is a new seat.
    lost: Option<Bytes>,
}

impl Default for Buffered {
    fn default() -> Self {
        Self {
            frames: Vec::new(),
            bytes: 0,
            held: BTreeMap::new(),
            anchored: false,
            excluded: Seq::ZERO,
            notice: None,
            lost: None,
        }
    }
}

impl Subscriber {
    pub(super) fn reserve(seat: Seat, connection: Arc<Connection>) -> Self {
        Self {
            seat,
            connection,
            since: Seq::ZERO,
            active: None,
            buffered: Some(Box::default()),
        }
    }

    /// The session joins the room that it has joined already.
    pub(super) fn reserve_again(&mut self, seat: Seat) {
        self.seat = seat;
        self.buffered = Some(Box::default());
    }

    /// Delivers what was buffered, and everything from now on. Returns `false` if the
    /// seat was taken away: then the notice is queued instead.
    pub(super) fn activate(&mut self, joined: Seq) -> bool {
        let excluded = self.buffered.as_ref().map(|buffered| buffered.excluded);
        if excluded.is_some_and(|excluded| excluded > joined) {
            let room = self.seat.room;
            self.revoke(|| encode::text(&event::room_closed(room, Eviction::BrandRemoved)));
        }
        self.since = joined;
        self.active = Some(self.seat);
        let active = self.release();
        if active {
            self.connection.join(self.seat.room);
        }
        active
    }

    /// Goes on with the seat as it was before the reservation. Returns `false` if
    /// there is none.
    pub(super) fn cancel(&mut self) -> bool {
        let Some(active) = self.active else {
            self.connection.end_reservation();
            let lost = self.buffered.take().and_then(|buffered| buffered.lost);
            if let Some(lost) = lost {
                self.connection.outbox().push(lost);
            }
            return false;
        };
        self.seat = active;
        self.release()
    }

    /// The frame of an event as this seat receives it, also if the join that is in progress
    /// fails. `lean` is the one without the room, once a seat has needed it.
    pub(super) fn frame(
        &self,
        event: &RoomEvent,
        whole: &mut Shared,
        lean: &mut Option<Shared>,
    ) -> Bytes {
        let outbox = self.connection.outbox();
        if !self.seat.is_lean || self.active.is_some_and(|active| !active.is_lean) {
            return outbox.form(whole);
        }
        let encode = || encode::text(&event::event(event, None)).into();
        outbox.form(lean.get_or_insert_with(encode))
    }

    /// The room was read for the reserved seat.
    pub(super) fn anchor(&mut self) {
        if let Some(buffered) = &mut self.buffered {
            buffered.anchored = true;
        }
    }

    pub(super) fn is_anchored(&self) -> bool {
        self.buffered
            .as_ref()
            .is_some_and(|buffered| buffered.anchored)
    }

    /// Whether it has a seat, apart from one that is being reserved.
    pub(super) fn is_active(&self) -> bool {
        self.active.is_some()
    }

    /// Whether the seat is being reserved.
    pub(super) fn is_reserved(&self) -> bool {
        self.buffered.is_some()
    }

    /// Takes a reserved seat away: its notice will follow the join response. Returns
    /// `false` if it was taken away before.
    pub(super) fn revoke(&mut self, notice: impl FnOnce() -> Bytes) -> bool {
        let Some(buffered) = self.buffered.as_mut().filter(|each| each.notice.is_none()) else {
            return false;
        };
        buffered.notice = Some(notice());
        self.connection.revoke(self.seat.room);
        true
    }

    /// The log has ended, and this seat with it: like [`Self::revoke`], without what
    /// was buffered.
    pub(super) fn end(&mut self, notice: &Bytes) -> bool {
        self.forget();
        self.revoke(|| notice.clone())
    }

    /// The log has ended, and the reservation is for the one that follows. Returns
    /// whether a seat that it had before was taken away.
    pub(super) fn restart(&mut self, notice: &Bytes) -> bool {
        self.forget();
        self.since = Seq::ZERO;
        let lost = self.active.take().is_some();
        if lost && let Some(buffered) = &mut self.buffered {
            buffered.lost = Some(notice.clone());
            self.connection.leave(self.seat.room);
        }
        lost
    }

    /// Drops what was buffered.
    fn forget(&mut self) {
        if let Some(buffered) = &mut self.buffered {
            buffered.frames.clear();
            buffered.bytes = 0;
        }
    }

    /// The seat cannot receive event `seq`. Returns `false` if it is active, and so has
    /// missed it.
    pub(super) fn exclude(&mut self, seq: Seq) -> bool {
        let Some(buffered) = &mut self.buffered else {
            return false;
        };
        buffered.excluded = buffered.excluded.max(seq);
        true
    }

    pub(super) fn push(&mut self, seq: Seq, frame: Bytes) {
        let Some(buffered) = &mut self.buffered else {
            return self.connection.outbox().push(frame);
        };
        if buffered.notice.is_some() {
            return;
        }
        buffered.bytes += frame.len();
        buffered.frames.push((seq, frame));
        let outbox = self.connection.outbox();
        if !outbox.would_fit(buffered.frames.len(), buffered.bytes) {
            **buffered = Buffered::default();
            outbox.close(Close::TOO_SLOW);
        }
    }

    /// Keeps a signal until the reservation ends: the join may have read how it was before.
    pub(super) fn hold(&mut self, held: Held, frame: Bytes) {
        if let Some(buffered) = &mut self.buffered {
            buffered.held.insert(held, frame);
        }
    }

    /// Ends the reservation and delivers what was buffered. Returns `false` if the
    /// seat was taken away.
    fn release(&mut self) -> bool {
        self.connection.end_reservation();
        let Some(buffered) = self.buffered.take() else {
            return true;
        };
        let outbox = self.connection.outbox();
        for (seq, frame) in buffered.frames {
            if seq > self.since {
                outbox.push(frame);
            }
        }
        match buffered.notice {
            Some(notice) => {
                outbox.push(notice);
                false
            }
            None => {
                for frame in buffered.held.into_values() {
                    outbox.push(frame);
                }
                true
            }
        }
    }
}
