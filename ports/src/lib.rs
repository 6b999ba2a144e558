//! The ports of the core: what clients can request of it ([`Chat`]), what the platform can
//! ([`Platform`]), and what it needs from the outside.
//!
//! | ports | for |
//! |---|---|
//! | [`Chat`] | what a client can request; the use cases implement it |
//! | [`Platform`] | what the platform can request; the use cases implement it |
//! | [`Directory`], [`People`], [`Rooms`], [`Messages`], [`Log`], [`History`], [`ReadPositions`], [`Revisions`] | a store: in memory or in Postgres |
//! | [`Seats`], [`Broadcast`], [`Inbox`], [`Signals`], [`Online`], [`Presence`] | delivery to the connections of this process |
//! | [`Relay`] | events between processes |
//! | [`Pushes`], [`Webhook`], [`EventQueue`] | messages for users who are not connected: what waits, the platform, and what it can ask for |
//! | [`Tokens`], [`Signatures`], [`Clock`], [`Health`] | signatures, time, probes |
//!
//! An adapter depends on this crate alone; the model is re-exported as [`model`].
//! A guarantee is written on the method that gives it, and every guarantee of a
//! store is a law that each store's own tests run (`laws`).
//!
//! # To add something a client can request
//! 1. a method on [`Chat`], and a use case in a file of its own;
//! 2. if a store has to do more: a method on its port with the guarantee written on
//!    it, a law that proves it, and an implementation in every store;
//! 3. the action, its request and its response in `adapters/protocol`.
//!
//! # Absence, refusals, failures
//! What does not exist is `Ok(None)`. What the rules forbid is a
//! [`Refusal`](model::Refusal). A failure of the infrastructure is a
//! [`StoreError`].

mod chat;
mod clock;
mod delivery;
mod error;
mod health;
#[cfg(feature = "laws")]
pub mod laws;
mod platform;
mod relay;
mod signatures;
mod store;
mod tokens;
mod webhook;

pub use aftermatch_model as model;
pub use chat::{
    Chat, CreateAnswer, Follow, Followed, Join, Joined, ListedRoom, Missed, Renewed, Replay, Rest,
    Since, Submission,
};
pub use clock::Clock;
pub use delivery::{
    Broadcast, Connected, ConnectedSession, DueRoom, Inbox, Online, Presence, PresenceChange,
    Reservation, Seats, Signal, Signals, Summary,
};
pub use error::{Cause, ChatError, StoreError};
pub use health::Health;
pub use platform::{Moderator, Platform, PlatformError, Post, Posted};
pub use relay::{Interest, Relay, RemoteContent, RemoteEvent, RemoteKind, Urgency};
pub use signatures::Signatures;
pub use store::{
    AuditPage, Backlog, Changes, Commit, CreateOne, CreateOutcome, Created, Deleted, DeltaSince,
    Difference, Directory, Draft, DuePush, EventQueue, Expected, FoundPiece, History, HistoryPage,
    HistoryRange, Log, LogPage, MAX_DELETED, MAX_PAGED, MAX_SEARCHED, MAX_UNREAD, Messages,
    Outcome, PIECE_BYTES, Page, People, Precondition, PushLimits, PushPage, Pushes, Put, PutCounts,
    QueuedEvent, Read, ReadMark, ReadPositions, Removal, Revisions, RoomState, RoomSummary, Rooms,
    Scope, Settled, VersionsPage, WaitingEvents,
};
pub use tokens::Tokens;
pub use webhook::{PushFailure, Webhook};

#[cfg(feature = "mock")]
pub use self::{
    clock::MockClock,
    delivery::{MockBroadcast, MockInbox, MockOnline, MockPresence, MockSeats, MockSignals},
    health::MockHealth,
    platform::MockPlatform,
    relay::MockRelay,
    signatures::MockSignatures,
    store::{
        MockDirectory, MockEventQueue, MockHistory, MockLog, MockMessages, MockPeople, MockPushes,
        MockReadPositions, MockRevisions, MockRooms,
    },
    tokens::MockTokens,
    webhook::MockWebhook,
};
