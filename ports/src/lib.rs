//! The edge of the core: what clients can ask of it ([`Chat`]) and what it
//! needs from the world ([`People`], [`Rooms`], [`Messages`], [`Events`],
//! [`Tokens`], [`Clock`]).
//!
//! The model is re-exported as [`model`], so that an adapter names one in-house
//! crate. A guarantee stands on the method that gives it, and every guarantee of
//! a store is a law of [`contract`], which each store's own tests run.
//!
//! # To add something a client can ask
//! 1. a method on [`Chat`], and a use case of its own file that implements it;
//! 2. where a store has to know more: a method on its port, with the guarantee
//!    written on it, a law in [`contract`] that proves it, and then an
//!    implementation in every adapter;
//! 3. words for it in the WebSocket adapter.
//!
//! # Absence, refusals, failures
//! What is not there is `Ok(None)`. What the rules forbid is a
//! [`Refusal`](model::Refusal). What the world did to us is [`Unavailable`].

mod chat;
mod clock;
#[cfg(feature = "contract")]
pub mod contract;
mod error;
mod events;
mod health;
mod messages;
mod people;
mod rooms;
mod tokens;
mod watch;

pub use aftermatch_model as model;
pub use chat::{Chat, Joined, Listed, Missed};
pub use clock::Clock;
pub use error::{ChatError, Unavailable};
pub use events::{Events, Presence, Present};
pub use health::Health;
pub use messages::{
    Changes, Created, Creation, Deleted, Draft, Guard, History, MAX_GONE, Messages, Stretch,
    Written,
};
pub use people::People;
pub use rooms::{Overview, Page, Rooms, Scope};
pub use tokens::Tokens;
pub use watch::{Expected, Moved, Tiding, Told, Watch};

#[cfg(feature = "mock")]
pub use self::{
    chat::MockChat, clock::MockClock, events::MockEvents, health::MockHealth,
    messages::MockMessages, people::MockPeople, rooms::MockRooms, tokens::MockTokens,
    watch::MockWatch,
};

/// How new an answer has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Read {
    /// The store may answer from memory. Good enough for a verdict that a
    /// [`Guard`] holds up, and for nothing else.
    Cached,
    /// As the store has it now.
    Fresh,
}
