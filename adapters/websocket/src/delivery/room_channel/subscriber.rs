use std::sync::Arc;

use aftermatch_ports::model::{RoomVersion, Seat, Seq, Viewer};
use aftermatch_protocol::close::Close;
use bytes::Bytes;

use crate::delivery::connection::Connection;

/// A session that has joined the room, or is about to.
pub(super) struct Subscriber {
    pub(super) seat: Seat,
    pub(super) connection: Arc<Connection>,
    /// The room's last event when it was joined. The session receives what follows.
    pub(super) since: Seq,
    /// The role of the active seat. During a reservation: of the one before it.
    active: Option<Viewer>,
    /// What was delivered since the seat was reserved, until it becomes active. Boxed:
    /// delivery walks over all subscribers, of which few are about to join.
    buffered: Option<Box<Buffered>>,
}

#[derive(Default)]
struct Buffered {
    frames: Vec<(Seq, Bytes)>,
    bytes: usize,
    /// Queued when the seat was taken away before it became active.
    notice: Option<Bytes>,
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
    pub(super) fn activate(&mut self, joined: RoomVersion) -> bool {
        self.since = joined.last_seq;
        self.active = Some(self.seat.viewer);
        let active = self.release();
        if active {
            self.connection.join(joined.room);
        }
        active
    }

    /// Goes on with the seat as it was before the reservation. Returns `false` if
    /// there is none.
    pub(super) fn cancel(&mut self) -> bool {
        let Some(active) = self.active else {
            self.connection.end_reservation();
            return false;
        };
        self.seat.viewer = active;
        self.release()
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
            None => true,
        }
    }
}
