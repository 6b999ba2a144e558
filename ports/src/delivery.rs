//! Delivery to the connections of this process: who has joined which room
//! ([`Seats`]), what they receive ([`Broadcast`]), who is connected
//! ([`Presence`]).

mod broadcast;
mod presence;
mod reservation;
mod seats;

pub use broadcast::Broadcast;
pub use presence::{Connected, ConnectedSession, Presence};
pub use reservation::Reservation;
pub use seats::Seats;

#[cfg(feature = "mock")]
pub use self::{broadcast::MockBroadcast, presence::MockPresence, seats::MockSeats};
