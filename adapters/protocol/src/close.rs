//! Why a connection is closed: the code and the reason in the close frame.

use aftermatch_ports::model::Refusal;

/// A code and a reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Close {
    /// The code, for programs.
    pub code: u16,
    /// The reason, for people.
    pub reason: &'static str,
}

impl Close {
    /// A normal end.
    pub const NORMAL: Self = Self::new(1000, "");
    /// The service shuts down.
    pub const GOING_AWAY: Self = Self::new(1001, "the service is going away");
    /// The client sent nothing, not even a pong.
    pub const SILENT: Self = Self::new(1001, "nothing came for too long");
    /// The reason of the client's close frame is not UTF-8.
    pub const NOT_UTF8: Self = Self::new(1007, "a close reason that is not UTF-8");
    /// A compressed message of the client cannot be inflated.
    pub const CORRUPT: Self = Self::new(1007, "a compressed message that cannot be inflated");
    /// The client sent a frame over the limit.
    pub const TOO_BIG: Self = Self::new(1009, "the frame is too large");
    /// A message of the client came in part only.
    pub const UNFINISHED: Self = Self::new(1008, "a message took too long to arrive");
    /// The client went on although it was refused again and again.
    pub const TOO_MANY: Self = Self::new(4429, "too many requests: send fewer");
    /// The client does not read fast enough.
    pub const TOO_SLOW: Self = Self::try_later("too slow a reader: try again later");
    /// The user may no longer use the platform.
    pub const DEACTIVATED: Self = Self::new(4401, "this user has been deactivated");
    /// The access token has ended, and no other one came.
    pub const TOKEN_ENDED: Self = Self::new(4401, "the access token has ended");
    /// The user lost the right to the endpoint.
    pub const NO_RIGHT: Self = Self::new(4403, "no right to this endpoint any more");

    const fn new(code: u16, reason: &'static str) -> Self {
        Self { code, reason }
    }

    /// The client sent bytes that are not a WebSocket frame.
    #[must_use]
    pub const fn protocol_error(reason: &'static str) -> Self {
        Self::new(1002, reason)
    }

    /// The service cannot serve this connection now.
    #[must_use]
    pub const fn try_later(reason: &'static str) -> Self {
        Self::new(1013, reason)
    }

    /// How to close the connection of a user who lost the right to be connected.
    /// `None` if the refusal does not end the connection.
    #[must_use]
    pub const fn after(refusal: &Refusal) -> Option<Self> {
        match refusal {
            Refusal::UserDeactivated => Some(Self::DEACTIVATED),
            Refusal::BrandRequired | Refusal::AdminRequired => Some(Self::NO_RIGHT),
            Refusal::TokenInvalid
            | Refusal::TokenExpired
            | Refusal::RenewalRefused { .. }
            | Refusal::UserMismatch
            | Refusal::UserUnknown
            | Refusal::NotInRoom
            | Refusal::RoomForbidden
            | Refusal::RoomNotFound
            | Refusal::RoomFrozen
            | Refusal::AdminsCannotWrite
            | Refusal::BusinessRequired
            | Refusal::MessageNotFound
            | Refusal::MessageUnknown
            | Refusal::ReasonBlank
            | Refusal::ReasonTooLong { .. }
            | Refusal::ReasonHasNul
            | Refusal::TooManyIds { .. }
            | Refusal::TextBlank
            | Refusal::TextTooLong { .. }
            | Refusal::TextHasNul
            | Refusal::AttachmentsUnknown
            | Refusal::TooManyAttachments { .. }
            | Refusal::AttachmentInvalid { .. }
            | Refusal::NoSearchWord
            | Refusal::ClientMsgIdMalformed
            | Refusal::ClientMsgIdTaken => None,
        }
    }
}
