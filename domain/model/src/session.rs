use crate::{BrandId, Revision, RoomId, SessionId, UserId};

/// Which of the two doors a connection came through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Endpoint {
    /// Where matched brands talk.
    Chat,
    /// Where administrators watch over it.
    AdminChat,
}

/// As whom a user looks at rooms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Viewer {
    /// As the brand the user owns.
    Brand(BrandId),
    /// As an administrator.
    Admin,
}

/// One connection of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The connection's number.
    pub id: SessionId,
    /// Whose connection it is.
    pub user: UserId,
    /// The user's revision when it was let in.
    pub revision: Revision,
    /// The door it came through.
    pub endpoint: Endpoint,
    /// The room it has joined: one at a time.
    pub room: Option<RoomId>,
}

/// A session's place in a room, from which it hears what happens there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seat {
    /// Whose place.
    pub session: SessionId,
    /// In which room.
    pub room: RoomId,
    /// By which right.
    pub viewer: Viewer,
}

/// Why a seat was taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Eviction {
    /// There is no such room any more.
    RoomRemoved,
    /// The brand takes no part in the room any more.
    BrandRemoved,
    /// The user does not own the brand any more by whose right it sat there.
    BrandLost,
}
