use aftermatch_model::{
    Change, Endpoint, Eviction, Refusal, Revision, RoomId, Seat, Seq, SessionId, UserId, Viewer,
};
use async_trait::async_trait;

use crate::Expected;

/// Those who are connected and have joined rooms, waiting to be told what
/// happens there.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Events: Send + Sync {
    /// From now on keeps for `seat` what is told in its room. Nothing of it is
    /// delivered before the connection has had its answer. The session may have
    /// the seat already.
    fn hold(&self, seat: Seat);

    /// The room was read for a held seat, and had changes up to `last`. The first
    /// to say so since the room was empty settles after which number its changes
    /// are told here. `false`: that is a later one, so the room is to be read
    /// again.
    fn begin(&self, room: RoomId, last: Seq) -> bool;

    /// Delivers what was kept for the session's seat in `room`, which is not
    /// taken anew.
    fn release(&self, session: SessionId, room: RoomId);

    /// Gives up the session's seat in `room`, taken or held.
    fn leave(&self, session: SessionId, room: RoomId);

    /// Tells a kept change to everyone joined in its room who may see the room
    /// as it was when the change was kept, and to the asker wherever it is.
    ///
    /// Every connection is told the changes of a room in the order of their
    /// `seq`, in whatever order this is called. Returns when those joined here
    /// have been told: a change whose forerunners are still to come waits for
    /// them. To be called for every change that was kept, and not to be
    /// abandoned.
    ///
    /// # Errors
    /// When the forerunners do not come: the number after which changes are
    /// missing. The change goes on waiting for [`Events::catch_up`].
    async fn tell(&self, change: Change) -> Result<(), Seq>;

    /// Tells changes that were kept by others, each when its turn has come.
    /// `None`: there is nothing to tell of that number.
    fn fill(&self, room: RoomId, changes: Vec<(Seq, Option<Change>)>);

    /// Tells those of `changes` that were not told yet. Nothing else up to the
    /// number `last` is waited for any more. `None`: what it is cannot be read.
    fn catch_up(&self, room: RoomId, changes: Option<Vec<Change>>, last: Seq);

    /// The number of the last change that was told in `room`; `None` where
    /// nobody here has joined it.
    fn last_told(&self, room: RoomId) -> Option<Seq>;

    /// Everyone connected here, and the rooms they have joined.
    fn present(&self) -> Present;

    /// Takes the session's seat in `room` away, and tells it why.
    fn evict(&self, session: SessionId, room: RoomId, why: Eviction);

    /// Ends the session, and tells it why.
    fn expel(&self, session: SessionId, why: Refusal);
}

/// Who is there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Present {
    /// Everyone connected.
    pub sessions: Vec<Presence>,
    /// The rooms where somebody sits: each as it was when the first of them sat
    /// down, and with the last change that was told.
    pub rooms: Vec<Expected>,
}

/// A connection that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presence {
    /// Which.
    pub session: SessionId,
    /// Whose.
    pub user: UserId,
    /// The user's revision when it came.
    pub revision: Revision,
    /// The door it came through.
    pub endpoint: Endpoint,
    /// The rooms in which it has a seat, taken or held, and by which right: one,
    /// or two while it changes rooms.
    pub seats: Vec<(RoomId, Viewer)>,
}
