use aftermatch_model::{Change, Revision, RoomId, Seq, Tag, UserId};
use async_trait::async_trait;

use crate::Unavailable;

/// What others do to the store while this process runs: the platform, which
/// changes who may do what, and other processes of this service, which keep
/// changes of their own.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Watch: Send + Sync {
    /// Waits for something to look at. There is always something within a
    /// second, whatever was missed before: [`Tiding::Look`] is the guarantee,
    /// all else is to be faster.
    ///
    /// To be called by one at a time, again and again.
    async fn next(&self) -> Tiding;

    /// Tells other processes of the service, if there are any, of a change that
    /// was kept here. Does not wait for it, and may be lost.
    fn announce(&self, change: &Change);

    /// Which of these are not as they are expected to be.
    async fn moved(
        &self,
        users: Vec<(UserId, Revision)>,
        rooms: Vec<Expected>,
    ) -> Result<Moved, Unavailable>;
}

/// What there is to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tiding {
    /// Users or rooms may have changed, or just some time has gone by.
    Look,
    /// Other processes have kept these changes.
    Kept(Vec<Told>),
}

/// A change that another process has kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Where.
    pub room: RoomId,
    /// Its number.
    pub seq: Seq,
    /// What the asker put on the request.
    pub tag: Tag,
}

/// A room as somebody knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expected {
    /// Which.
    pub room: RoomId,
    /// Its revision.
    pub revision: Revision,
    /// The number of its last change.
    pub last: Seq,
}

/// What is not as it was expected.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Moved {
    /// Users that are at another revision, or gone.
    pub users: Vec<UserId>,
    /// Rooms that are at another revision, or gone.
    pub rooms: Vec<RoomId>,
    /// Rooms that have changes after the expected last one, and the number of
    /// their last change.
    pub ahead: Vec<(RoomId, Seq)>,
}
