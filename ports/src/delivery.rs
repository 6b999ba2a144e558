//! Delivery to the connections of this process: who has joined which room
//! ([`Seats`]), what they receive ([`Broadcast`]), the newest state of the rooms that they
//! follow ([`Inbox`]), what is in no log ([`Signals`], [`Online`]), who is connected
//! ([`Presence`]).

mod broadcast;
mod inbox;
mod online;
mod presence;
mod reservation;
mod seats;
mod signals;

pub use broadcast::Broadcast;
pub use inbox::{DueRoom, Inbox, Summary};
pub use online::{Online, PresenceChange};
pub use presence::{Connected, ConnectedSession, Presence};
pub use reservation::Reservation;
pub use seats::Seats;
pub use signals::{Signal, Signals};

#[cfg(feature = "mock")]
pub use self::{
    broadcast::MockBroadcast, inbox::MockInbox, online::MockOnline, presence::MockPresence,
    seats::MockSeats, signals::MockSignals,
};
