//! The model of a chat between matched brands: people, rooms, messages, and the
//! rules about who may do what, as plain functions over plain values.
//!
//! Nothing here waits, reads a clock, or knows of a network or a database. What
//! the service allows is in [`access`].

pub mod access;
mod attachment;
mod audit;
mod delta;
mod epoch;
mod event;
mod following;
mod ids;
mod kind;
mod log;
mod message;
mod pen;
mod people;
pub mod push;
mod records;
mod refusal;
mod room;
mod search;
mod session;
mod text;
mod timestamp;
pub mod world;

pub use attachment::{Attachment, Attachments, SignedAttachment};
pub use audit::{AuditedEvent, AuditedKind, MessageVersion, Reason, Taken, TakenText, VersionKind};
pub use delta::RoomDelta;
pub use epoch::{Epoch, LogHead};
pub use event::{EventKind, RequestId, RoomEvent};
pub use following::{FollowedRooms, Following};
pub use ids::{BrandId, MessageId, RequestedId, Revision, RoomId, Seq, SessionId, UserId};
pub use kind::RoomKind;
pub use log::LoggedEvent;
pub use message::{Author, ClientMsgId, Message};
pub use pen::Pen;
pub use people::{Brand, Profile, Tariff, User};
pub use push::{Candidate, Contact, Push, PushDecision, Recipient};
pub use records::{InvalidReference, RecordId, Records};
pub use refusal::{AttachmentFault, Refusal};
pub use room::{Room, RoomView};
pub use search::SearchWords;
pub use session::{Endpoint, Eviction, Seat, Session, Viewer};
pub use text::Text;
pub use timestamp::Timestamp;
pub use world::World;
