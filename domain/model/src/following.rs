use crate::RoomId;

/// What a session receives beyond the events of the room that it has joined. Nothing, unless
/// it has asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Following {
    /// The rooms whose newest state it receives.
    pub rooms: FollowedRooms,
    /// Whether it receives who is typing.
    pub typing: bool,
    /// Whether it receives who is online.
    pub presence: bool,
    /// Whether it receives how far others have read.
    pub read_positions: bool,
}

/// The rooms that a session follows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum FollowedRooms {
    /// None.
    #[default]
    None,
    /// All that it may see.
    InReach,
    /// These. Only for administrators.
    These(Vec<RoomId>),
}
