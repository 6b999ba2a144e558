use crate::{BrandId, RoomId, SessionId, UserId};

/// One of the two WebSocket endpoints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Endpoint {
    /// For brands.
    Chat,
    /// For administrators.
    AdminChat,
}

/// The role in which a user acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Viewer {
    /// As the brand that the user owns.
    Brand(BrandId),
    /// As an administrator.
    Admin,
}

/// One connection of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The session's id.
    pub id: SessionId,
    /// The user who connected.
    pub user: UserId,
    /// The endpoint it connected to.
    pub endpoint: Endpoint,
    /// The role in which the user connected.
    pub viewer: Viewer,
    /// When its access token expires, in seconds since 1970.
    pub token_expires: i64,
}

/// The place of a session in one room: it receives the room's events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seat {
    /// The session.
    pub session: SessionId,
    /// The room.
    pub room: RoomId,
    /// The role in which the session joined.
    pub viewer: Viewer,
    /// Whether it receives new messages without their room.
    pub is_lean: bool,
}

/// Why a seat was taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Eviction {
    /// The room no longer exists.
    RoomRemoved,
    /// The brand is no longer in the room.
    BrandRemoved,
    /// The user no longer owns the brand as which it joined.
    BrandLost,
    /// The store was replaced by another one: a standby, a restored copy. The
    /// numbers of the room's events may mean other events now.
    Restarted,
    /// Events are missing and could not be read for too long.
    Behind,
}
