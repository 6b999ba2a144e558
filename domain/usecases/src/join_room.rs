//! Joining a room.
//!
//! Invariants:
//! 1. Every event after [`Joined::head`] is delivered: the seat is reserved,
//!    and so buffers events, before the room is read.
//! 2. A refused or failed join changes nothing: the reservation is dropped, which
//!    cancels it, and the old seat is given up only after everything succeeded.
//! 3. No event of the old room follows the join response: the old seat is given up
//!    before this returns, and the caller queues the response after that.
//!
//! What the client missed may be long: [`replay`] reads it piece by piece.

pub(crate) mod replay;

use aftermatch_ports::{
    ChatError, Join, Joined, Missed, Read, Reservation, Since, StoreError,
    model::{LogHead, RoomId, RoomView, Seat, Seq, Session, UserId, Viewer, access},
};

use crate::{Ports, authorize};

/// How often a room is read. The second time is enough unless its log becomes another
/// one meanwhile.
const ATTEMPTS: usize = 4;

/// What was read of the room for one attempt to join.
struct Entry {
    view: RoomView,
    head: LogHead,
    missed: Missed,
}

pub(crate) async fn run(
    ports: &Ports,
    session: &Session,
    join: &Join,
) -> Result<Joined, ChatError> {
    let (room, since) = (join.room, join.since.as_ref());
    let (_, viewer) = authorize::viewer(ports, session, Read::Fresh).await?;
    let seat = Seat {
        session: session.id,
        room,
        viewer,
        is_lean: join.is_lean,
    };
    // Invariant 1.
    let reservation = Reservation::new(ports.seats.clone(), seat);
    let entry = enter_anchored(ports, viewer, room, since, &reservation).await?;
    let read_positions = read_positions(ports, join).await?;
    // Invariants 2 and 3.
    let old = ports.seats.room_of(session.id);
    if old.is_some_and(|old| old != room) {
        ports.seats.leave(session.id);
    }
    Ok(Joined {
        reservation,
        view: entry.view,
        head: entry.head,
        missed: entry.missed,
        read_positions,
    })
}

async fn read_positions(
    ports: &Ports,
    join: &Join,
) -> Result<Option<Vec<(UserId, Seq)>>, StoreError> {
    if !join.with_read_positions {
        return Ok(None);
    }
    let shown = ports.read_positions.shown(vec![join.room]).await?;
    let shown = shown.into_iter().map(|(_, user, seq)| (user, seq));
    Ok(Some(shown.collect()))
}

/// Reads the room, again if delivery here already started after a later event: the
/// events up to that one are not delivered, so they have to be part of what is read.
async fn enter_anchored(
    ports: &Ports,
    viewer: Viewer,
    room: RoomId,
    since: Option<&Since>,
    reservation: &Reservation,
) -> Result<Entry, ChatError> {
    for _ in 0..ATTEMPTS {
        let entry = enter(ports, viewer, room, since).await?;
        if reservation.anchor(entry.head) {
            return Ok(entry);
        }
    }
    Err(StoreError::transient("the log changed during every attempt to join").into())
}

/// Reads the room as it is now.
async fn enter(
    ports: &Ports,
    viewer: Viewer,
    room: RoomId,
    since: Option<&Since>,
) -> Result<Entry, ChatError> {
    let visible = authorize::visible_room(ports, viewer, room, Read::Fresh).await?;
    let (head, missed) = match since {
        None => (ports.log.head(room).await?, Missed::NotRequested),
        Some(since) => replay::begin(ports, room, since).await?,
    };
    Ok(Entry {
        view: visible.at(ports.clock.now()),
        // Without a log the room was removed meanwhile.
        head: head.ok_or(access::unknown_room(viewer))?,
        missed,
    })
}

#[cfg(test)]
mod tests;
