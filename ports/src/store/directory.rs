use aftermatch_model::{BrandId, InvalidReference, RecordId, Records, world::NewBrand};
use async_trait::async_trait;

use crate::StoreError;

/// Writing what the platform owns: users, brands and rooms.
///
/// What is written here changes revisions, and is noticed by
/// [`Revisions`](crate::Revisions), exactly as if the platform had written it into the store
/// itself.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Directory: Send + Sync {
    /// A brand, as it was given.
    async fn brand(&self, id: BrandId) -> Result<Option<NewBrand>, StoreError>;

    /// Adds or replaces all of `records` in one change: nobody sees only some of them. Brands
    /// may change hands among themselves. What is as given already is not touched: its
    /// revision stays, and nobody is rechecked. A room that is replaced has the same log as
    /// before.
    async fn put(&self, records: Records) -> Result<Put, StoreError>;

    /// Removes a record. A brand leaves its rooms; a room takes its messages along.
    async fn remove(&self, id: RecordId) -> Result<Removal, StoreError>;
}

/// The outcome of [`Directory::put`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Put {
    /// The store has all of them now.
    Done(PutCounts),
    /// Nothing has changed: these references do not fit the store.
    Refused(Vec<InvalidReference>),
    /// Nothing has changed: the store cannot hold one of the records. This is its sentence
    /// about that.
    Unfit(String),
}

/// What [`Directory::put`] did. The other records were in the store already.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PutCounts {
    /// How many records were added.
    pub created: usize,
    /// How many had other values before.
    pub changed: usize,
}

/// The outcome of [`Directory::remove`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Removal {
    /// It is gone.
    Removed,
    /// There was none.
    Absent,
    /// It is still there, because something refers to it.
    Refused(InvalidReference),
}
