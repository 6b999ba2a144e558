use crate::RoomId;

/// What a session hears beyond the events of the room that it has joined. Nothing, unless
/// it has asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Following {
    /// The rooms whose newest state it hears.
    pub rooms: FollowedRooms,
    /// Whether it hears who is typing.
    pub typing: bool,
    /// Whether it hears who is online.
    pub presence: bool,
    /// Whether it hears how far others have read.
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
