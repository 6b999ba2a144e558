use std::{fmt, sync::Arc};

use aftermatch_model::{RoomId, RoomVersion, Seat, Seq, SessionId};

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

    /// The room was read up to event `last_seq` ([`Seats::anchor`]). `false`: read
    /// it again.
    #[must_use]
    pub fn anchor(&self, last_seq: Seq) -> bool {
        self.seats.anchor(self.room, last_seq)
    }

    /// The join response is in the session's outbox: delivery begins
    /// ([`Seats::activate`]).
    pub fn activate(mut self, joined: RoomVersion) {
        self.activated = true;
        self.seats.activate(self.session, joined);
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
    use aftermatch_model::{BrandId, Revision, Viewer};
    use mockall::predicate::eq;

    use super::*;
    use crate::MockSeats;

    const SEAT: Seat = Seat {
        session: SessionId(5),
        room: RoomId(1),
        viewer: Viewer::Brand(BrandId(3)),
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
        let joined = RoomVersion {
            room: SEAT.room,
            revision: Revision(10),
            last_seq: Seq(41),
        };
        let mut seats = seats();
        let activate = seats.expect_activate();
        activate
            .with(eq(SEAT.session), eq(joined))
            .once()
            .return_const(());
        Reservation::new(Arc::new(seats), SEAT).activate(joined);
    }

    #[test]
    fn anchored_reservation_is_still_cancelled() {
        for delivery_starts_here in [true, false] {
            let mut seats = seats();
            let anchor = seats.expect_anchor().with(eq(SEAT.room), eq(Seq(41)));
            anchor.once().return_const(delivery_starts_here);
            expect_cancel(&mut seats);
            let reservation = Reservation::new(Arc::new(seats), SEAT);
            assert_eq!(reservation.anchor(Seq(41)), delivery_starts_here);
        }
    }
}
