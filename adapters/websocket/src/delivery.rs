//! Delivery of room events to the connections of this process: the ports
//! [`Seats`], [`Broadcast`], [`Inbox`], [`Signals`], [`Online`] and [`Presence`].
//!
//! A [`Hub`] knows every [`Connection`] and, for each joined room, a
//! [`RoomChannel`]. An event becomes one frame, which the outboxes of everyone
//! joined share. Sending is part of delivery: an event of a session, and what was
//! buffered while it joined, is sent at the end of that session's turn, together with
//! its own responses ([`Connection::flush`]); any other event is sent at once.
//!
//! An event that is missing in a room leads to a deadline ([`Deadlines`]), at which the
//! room is given to a caller of [`Broadcast::overdue`], or is closed if that has lasted
//! too long.
//!
//! Locks are taken in this order: `Hub::rooms`, a room channel, `Hub::connections`,
//! a connection's rooms, its outbox. The relay ([`Interest`]) is called under the first
//! of them, and calls nothing here. The lock on the deadlines is taken alone.
//!
//! [`Seats`]: aftermatch_ports::Seats
//! [`Broadcast`]: aftermatch_ports::Broadcast
//! [`Inbox`]: aftermatch_ports::Inbox
//! [`Signals`]: aftermatch_ports::Signals
//! [`Online`]: aftermatch_ports::Online
//! [`Presence`]: aftermatch_ports::Presence
//! [`Broadcast::overdue`]: aftermatch_ports::Broadcast::overdue
//! [`Interest`]: aftermatch_ports::Interest
//! [`Deadlines`]: deadlines::Deadlines
//! [`RoomChannel`]: room_channel::RoomChannel

mod broadcast;
mod connection;
mod deadlines;
mod finish;
mod flush;
mod followers;
mod hub;
mod inbox;
mod loads;
mod online;
mod online_brands;
mod pass;
mod presence;
mod room_channel;
mod seats;
mod signals;
#[cfg(test)]
mod tests;
mod wants;

pub(crate) use connection::Connection;
pub use hub::Hub;
