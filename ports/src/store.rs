//! What the core needs of a store. Every guarantee of these traits is a law that
//! each store's own tests run (`laws`).

mod directory;
mod event_queue;
mod history;
mod log;
mod messages;
mod people;
mod pushes;
mod read_positions;
mod revisions;
mod rooms;

pub use directory::{Directory, Put, PutCounts, Removal};
pub use event_queue::{EventQueue, QueuedEvent, WaitingEvents};
pub use history::{
    DeltaSince, FoundPiece, History, HistoryPage, HistoryRange, MAX_DELETED, MAX_PAGED,
    MAX_SEARCHED, PIECE_BYTES,
};
pub use log::{AuditPage, Log, LogPage, VersionsPage};
pub use messages::{
    Commit, CreateOne, CreateOutcome, Created, Deleted, Draft, Messages, Outcome, Precondition,
};
pub use people::People;
pub use pushes::{Backlog, DuePush, PushLimits, PushPage, Pushes, Settled};
pub use read_positions::{ReadMark, ReadPositions};
pub use revisions::{Changes, Difference, Expected, Revisions};
pub use rooms::{MAX_UNREAD, Page, RoomState, RoomSummary, Rooms, Scope};

#[cfg(feature = "mock")]
pub use self::{
    directory::MockDirectory, event_queue::MockEventQueue, history::MockHistory, log::MockLog,
    messages::MockMessages, people::MockPeople, pushes::MockPushes,
    read_positions::MockReadPositions, revisions::MockRevisions, rooms::MockRooms,
};

/// How fresh a read has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Read {
    /// The store may answer from a cache. Good enough to authorize a write, whose
    /// [`Precondition`] catches an outdated read, and for nothing else.
    Cached,
    /// The store answers with what it holds now.
    Fresh,
}
