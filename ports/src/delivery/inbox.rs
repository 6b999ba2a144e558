use aftermatch_model::{
    BrandId, Eviction, Following, LogHead, RoomEvent, RoomId, Seq, SessionId, UserId, Viewer,
};
use async_trait::async_trait;

use crate::{ListedRoom, RoomState, Scope};

/// The newest state of rooms, for the sessions of this process that follow them.
///
/// A room that has changed is *due* for each scope that has it: its summary is read and
/// delivered to the sessions of that scope that have not joined the room. That is once a
/// second at most; what changes meanwhile is in the next summary. No change is left out,
/// because each makes the room due again. If the change is a message that directly follows what
/// was read, the summary is known, and is delivered without reading.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Inbox: Send + Sync {
    /// What the session follows.
    fn following(&self, session: SessionId) -> Following;

    /// Sets what the session follows, which it does from now on. Returns a scope whose
    /// rooms are to be [loaded](Self::load) first.
    fn follow(&self, session: SessionId, following: Following) -> Option<Scope>;

    /// The user of the session owns another brand now: the session follows the rooms of this
    /// one, which are new to it, and those before are gone. Returns a scope whose rooms are to
    /// be [loaded](Self::load) first.
    fn turn_to(&self, session: SessionId, viewer: Viewer) -> Option<Scope>;

    /// Waits until the rooms of a scope may be read for a session that begins to follow them:
    /// those of all brands once a second. Returns whether they are still to be
    /// [loaded](Self::load): they were not, meanwhile.
    async fn next_load(&self, scope: Scope) -> bool;

    /// Every scope that is followed here and has been loaded.
    fn scopes(&self) -> Vec<Scope>;

    /// These are the rooms of the scope, and their states. Rooms that have changed since
    /// they were delivered or loaded are due; so are those that changed since `follow`.
    fn load(&self, scope: Scope, rooms: Vec<(RoomId, RoomState)>);

    /// An event with this number was committed in the room.
    fn written(&self, room: RoomId, seq: Seq);

    /// This event was committed. If it is a message and the [next](Self::is_next) one, the room
    /// need not be read.
    fn event(&self, event: &RoomEvent);

    /// Whether the state of the room is known up to the event before `head`, for anybody who
    /// follows it. If not, nothing more is needed of that event than that it was
    /// [written](Self::written).
    fn is_next(&self, room: RoomId, head: LogHead) -> bool;

    /// These rooms have changed or are gone. `participants` are all that they have now.
    fn changed(&self, rooms: Vec<RoomId>, participants: Vec<(RoomId, BrandId)>);

    /// Waits for rooms that are due. Until each was [delivered](Self::deliver) or
    /// [postponed](Self::postpone) it does not become due again. Any number of tasks may
    /// call this.
    async fn due(&self) -> Vec<DueRoom>;

    /// Delivers a room that was due, or why the scope has it no longer.
    fn deliver(&self, due: DueRoom, summary: Result<Summary, Eviction>);

    /// A room that was due could not be read. It is due again after a pause.
    fn postpone(&self, due: DueRoom);
}

/// A room whose summary is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DueRoom {
    /// The room.
    pub room: RoomId,
    /// Whose room it is.
    pub scope: Scope,
    /// Whether anybody there follows how far others have read.
    pub with_read_positions: bool,
}

/// The state of a room, for the sessions of one scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// The room, as in a list.
    pub listed: ListedRoom,
    /// How far users are shown to have read it, if that was asked for.
    pub read_positions: Vec<(UserId, Seq)>,
}
