//! Delivery of room events to the connections of this process: the ports
//! [`Seats`], [`Broadcast`] and [`Presence`].
//!
//! A [`Hub`] knows every [`Connection`] and, for each joined room, a
//! [`RoomChannel`]. An event becomes one frame, which the outboxes of everyone
//! joined share. Sending is part of delivery: an event of a session, and what was
//! buffered while it joined, is sent at the end of that session's turn, together with
//! its own responses ([`Connection::flush`]); any other event is sent at once.
//!
//! Locks are taken in this order: `Hub::rooms`, a room channel, `Hub::connections`,
//! a connection's rooms, its outbox.
//!
//! [`Seats`]: aftermatch_ports::Seats
//! [`Broadcast`]: aftermatch_ports::Broadcast
//! [`Presence`]: aftermatch_ports::Presence
//! [`RoomChannel`]: room_channel::RoomChannel

mod broadcast;
mod connection;
mod flush;
mod hub;
mod pass;
mod presence;
mod room_channel;
mod seats;
#[cfg(test)]
mod tests;

pub(crate) use connection::Connection;
pub use hub::Hub;
