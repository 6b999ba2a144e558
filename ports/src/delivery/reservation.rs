use std::{fmt, sync::Arc};

use aftermatch_model::{LogHead, RoomId, Seat, Seq, SessionId};

use crate::Seats;

/// A seat that is being taken. Dropped before [`Reservation::activate`], it is
/// cancelled: no failed or abandoned join leaves a seat behind.
#[must_use]
pub struct Reservation {
    seats: Arc<dyn Seats>,
    session: SessionId,
    room: RoomId,
    activated: bool,
}

impl Reservation {
    /// Reserves `seat`: from now on the room's events are buffered for it.
    pub fn new(seats: Arc<dyn Seats>, seat: Seat) -> Self {
        seats.reserve(seat);
        Self {
            seats,
            session: seat.session,
            room: seat.room,
            activated: false,
        }
    }

    /// The room was read up to `head` ([`Seats::anchor`]). `false`: read it again.
    #[must_use]
    pub fn anchor(&self, head: LogHead) -> bool {
        self.seats.anchor(self.session, self.room, head)
    }

    /// The join response is in the session's outbox: delivery begins after event
    /// `joined` ([`Seats::activate`]).
    pub fn activate(mut self, joined: Seq) {
        self.activated = true;
        self.seats.activate(self.session, self.room, joined);
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        if !self.activated {
            self.seats.cancel(self.session, self.room);
        }
    }
}

impl fmt::Debug for Reservation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reservation")
            .field("session", &self.session)
            .field("room", &self.room)
            .finish_non_exhaustive()
    }
}

#[cfg(all(test, feature = "mock"))]
mod tests {
    use aftermatch_model::{BrandId, Epoch, Viewer};
    use mockall::predicate::eq;

    use super::*;
    use crate::MockSeats;

    const SEAT: Seat = Seat {
        session: SessionId(5),
        room: RoomId(1),
        viewer: Viewer::Brand(BrandId(3)),
        is_lean: false,
    };

    /// Expects a seat to be reserved, and no other call.
    fn seats() -> MockSeats {
        let mut seats = MockSeats::new();
        let reserve = seats.expect_reserve().with(eq(SEAT)).once();
        reserve.return_const(());
        seats
    }

    fn expect_cancel(seats: &mut MockSeats) {
        let cancel = seats.expect_cancel();
        cancel
            .with(eq(SEAT.session), eq(SEAT.room))
            .once()
            .return_const(());
    }

    #[test]
    fn dropped_reservation_is_cancelled() {
        let mut seats = seats();
        expect_cancel(&mut seats);
        drop(Reservation::new(Arc::new(seats), SEAT));
    }

    #[test]
    fn activated_reservation_is_not_cancelled() {
        let mut seats = seats();
        let activate = seats.expect_activate();
        activate
            .with(eq(SEAT.session), eq(SEAT.room), eq(Seq(41)))
            .once()
            .return_const(());
        Reservation::new(Arc::new(seats), SEAT).activate(Seq(41));
    }

    #[test]
    fn anchored_reservation_is_still_cancelled() {
        let head = LogHead {
            epoch: Epoch { store: 1, room: 2 },
            last_seq: Seq(41),
        };
        for delivery_starts_here in [true, false] {
            let mut seats = seats();
            let anchor = seats.expect_anchor();
            let anchor = anchor.with(eq(SEAT.session), eq(SEAT.room), eq(head));
            anchor.once().return_const(delivery_starts_here);
            expect_cancel(&mut seats);
            let reservation = Reservation::new(Arc::new(seats), SEAT);
            assert_eq!(reservation.anchor(head), delivery_starts_here);
        }
    }
}
