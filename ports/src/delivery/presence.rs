use aftermatch_model::{Endpoint, LogHead, Refusal, RoomId, SessionId, UserId, Viewer};

/// Who is connected to this process.
#[cfg_attr(feature = "mock", mockall::automock)]
pub trait Presence: Send + Sync {
    /// Everyone connected, and the rooms they have joined.
    fn connected(&self) -> Connected;

    /// Closes the session's connection and sends it the reason.
    fn disconnect(&self, session: SessionId, reason: Refusal);
}

/// The sessions and joined rooms of this process.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Connected {
    /// Every session.
    pub sessions: Vec<ConnectedSession>,
    /// Every joined room, and what was delivered there.
    pub rooms: Vec<(RoomId, LogHead)>,
}

/// A session that is connected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectedSession {
    /// The session.
    pub session: SessionId,
    /// Its user.
    pub user: UserId,
    /// The endpoint it connected to.
    pub endpoint: Endpoint,
    /// The role in which it connected.
    pub viewer: Viewer,
    /// The rooms in which it has a seat, active or reserved, and in which role:
    /// one, or two while it changes rooms.
    pub seats: Vec<(RoomId, Viewer)>,
}
