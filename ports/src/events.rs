use aftermatch_model::{Change, RoomId, Seat, SessionId};
use async_trait::async_trait;

/// Those who joined rooms, waiting to be told what happens there.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Events: Send + Sync {
    /// From now on keeps for `seat` what is told in its room. Nothing of it is
    /// delivered before the connection has had its answer.
    fn hold(&self, seat: Seat);

    /// Gives up the session's seat in `room`, taken or held.
    fn leave(&self, session: SessionId, room: RoomId);

    /// Tells a kept change to everyone joined in its room who may see the room
    /// as it was when the change was kept; the asker among them.
    ///
    /// Every connection is told the changes of a room in the order of their
    /// `seq`, in whatever order this is called. Returns when those joined here
    /// have been told: a change whose forerunners are still to come waits for
    /// them. To be called for every change that was kept, and not to be
    /// abandoned.
    async fn tell(&self, change: Change);
}
