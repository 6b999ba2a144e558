//! What a chat between matched brands is: people, rooms, messages, and every
//! rule about who may do what, as plain functions over plain values.
//!
//! Nothing here waits, reads a clock, or knows that there is a network or a
//! database. Whoever wants to know what the service allows reads [`rules`].

mod change;
mod ids;
mod message;
mod people;
mod refusal;
mod room;
pub mod rules;
mod session;
mod text;
mod timestamp;
pub mod world;

pub use change::{Change, Net, Tag, What};
pub use ids::{BrandId, MessageId, Revision, RoomId, Seq, SessionId, UserId};
pub use message::{Author, ClientMsgId, Message};
pub use people::{Brand, Profile, Tariff, User};
pub use refusal::Refusal;
pub use room::{Room, RoomView};
pub use session::{Endpoint, Eviction, Seat, Session, Viewer};
pub use text::Text;
pub use timestamp::Timestamp;
pub use world::World;
