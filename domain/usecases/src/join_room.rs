//! Joining a room.
//!
//! Invariants:
//! 1. Every event after [`Joined::last_seq`] is delivered: the seat is reserved,
//!    and so buffers events, before the room is read.
//! 2. A refused or failed join changes nothing: the reservation is dropped, which
//!    cancels it, and the old seat is given up only after everything succeeded.
//! 3. No event of the old room follows the join response: the old seat is given up
//!    before this returns, and the caller queues the response after that.

use aftermatch_ports::{
    ChatError, Joined, Missed, Read, Reservation,
    model::{RoomId, RoomView, Seat, Seq, Session, Viewer, access::MAX_REPLAY},
};

use crate::{Ports, authorize};

/// What was read of the room for one attempt to join.
struct Entry {
    view: RoomView,
    last_seq: Seq,
    missed: Missed,
}

/// Joins `room`. The result has what happened there after event `since`.
pub(crate) async fn run(
    ports: &Ports,
    session: &Session,
    room: RoomId,
    since: Option<Seq>,
) -> Result<Joined, ChatError> {
    let (_, viewer) = authorize::viewer(ports, session, Read::Fresh).await?;
    let seat = Seat {
        session: session.id,
        room,
        viewer,
    };
    // Invariant 1.
    let reservation = Reservation::new(ports.seats.clone(), seat);
    let mut entry = enter(ports, viewer, room, since).await?;
    if !reservation.anchor(entry.last_seq) {
        // Delivery here already started after a later event. The events up to that
        // one are not delivered, so they have to be part of what is read.
        entry = enter(ports, viewer, room, since).await?;
    }
    // Invariants 2 and 3.
    let old = ports.seats.room_of(session.id);
    if old.is_some_and(|old| old != room) {
        ports.seats.leave(session.id);
    }
    Ok(Joined {
        reservation,
        view: entry.view,
        last_seq: entry.last_seq,
        missed: entry.missed,
    })
}

/// Reads the room as it is now.
async fn enter(
    ports: &Ports,
    viewer: Viewer,
    room: RoomId,
    since: Option<Seq>,
) -> Result<Entry, ChatError> {
    let visible = authorize::visible_room(ports, viewer, room, Read::Fresh).await?;
    let (last_seq, missed) = match since {
        None => (ports.history.last_seq(room).await?, Missed::NotRequested),
        Some(since) => missed(ports, room, since).await?,
    };
    Ok(Entry {
        view: visible.at(ports.clock.now()),
        last_seq,
        missed,
    })
}

/// What the client missed after event `since`, and the number of the last event.
async fn missed(ports: &Ports, room: RoomId, since: Seq) -> Result<(Seq, Missed), ChatError> {
    let read = ports.history.delta_since(room, since, MAX_REPLAY).await?;
    let events = read.delta.map(|delta| delta.events(since));
    let missed = match events {
        Some(events) if events.len() <= MAX_REPLAY => Missed::Events(events),
        _ => Missed::TooMuch,
    };
    Ok((read.last_seq, missed))
}

#[cfg(test)]
mod tests;
