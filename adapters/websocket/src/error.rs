//! What a client is told when it does not get what it asked for: the one place
//! where refusals become a status, a word and a sentence.

use std::time::Duration;

use aftermatch_ports::{ChatError, Unavailable, model::Refusal};

/// The stable word for programs: `error_code` of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Code {
    NotJson,
    NotAnObject,
    BinaryFrame,
    InvalidAction,
    InvalidRequestId,
    UnknownAction,
    InvalidParameter,
    NotInRoom,
    TooManyIds,
    TextBlank,
    TextTooLong,
    TextHasNul,
    InvalidClientMsgId,
    ClientMsgIdTaken,
    /// Only ever the answer to a handshake.
    InvalidToken,
    UserDeactivated,
    RoomForbidden,
    BusinessRequired,
    BrandRequired,
    AdminRequired,
    RoomNotFound,
    MessageNotFound,
    TooManyRequests,
    Internal,
    Unavailable,
}

impl Code {
    /// Everything that a frame can carry.
    pub(crate) const IN_FRAMES: [Self; 24] = [
        Self::NotJson,
        Self::NotAnObject,
        Self::BinaryFrame,
        Self::InvalidAction,
        Self::InvalidRequestId,
        Self::UnknownAction,
        Self::InvalidParameter,
        Self::NotInRoom,
        Self::TooManyIds,
        Self::TextBlank,
        Self::TextTooLong,
        Self::TextHasNul,
        Self::InvalidClientMsgId,
        Self::ClientMsgIdTaken,
        Self::UserDeactivated,
        Self::RoomForbidden,
        Self::BusinessRequired,
        Self::BrandRequired,
        Self::AdminRequired,
        Self::RoomNotFound,
        Self::MessageNotFound,
        Self::TooManyRequests,
        Self::Internal,
        Self::Unavailable,
    ];

    /// The status and the word, as `docs/protocol.md` lists them.
    pub(crate) const fn wire(self) -> (u16, &'static str) {
        match self {
            Self::NotJson => (400, "not_json"),
            Self::NotAnObject => (400, "not_an_object"),
            Self::BinaryFrame => (400, "binary_frame"),
            Self::InvalidAction => (400, "invalid_action"),
            Self::InvalidRequestId => (400, "invalid_request_id"),
            Self::UnknownAction => (405, "unknown_action"),
            Self::InvalidParameter => (400, "invalid_parameter"),
            Self::NotInRoom => (400, "not_in_room"),
            Self::TooManyIds => (400, "too_many_ids"),
            Self::TextBlank => (400, "text_blank"),
            Self::TextTooLong => (400, "text_too_long"),
            Self::TextHasNul => (400, "text_has_nul"),
            Self::InvalidClientMsgId => (400, "invalid_client_msg_id"),
            Self::ClientMsgIdTaken => (409, "client_msg_id_taken"),
            Self::InvalidToken => (401, "invalid_token"),
            Self::UserDeactivated => (401, "user_deactivated"),
            Self::RoomForbidden => (403, "room_forbidden"),
            Self::BusinessRequired => (403, "business_required"),
            Self::BrandRequired => (403, "brand_required"),
            Self::AdminRequired => (403, "admin_required"),
            Self::RoomNotFound => (404, "room_not_found"),
            Self::MessageNotFound => (404, "message_not_found"),
            Self::TooManyRequests => (429, "too_many_requests"),
            Self::Internal => (500, "internal"),
            Self::Unavailable => (503, "unavailable"),
        }
    }
}

/// Why a request was not done, ready to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WireError {
    pub(crate) code: Code,
    pub(crate) sentence: String,
    /// When trying again will help.
    pub(crate) retry_after: Option<Duration>,
}

impl WireError {
    pub(crate) fn new(code: Code, sentence: impl Into<String>) -> Self {
        Self {
            code,
            sentence: sentence.into(),
            retry_after: None,
        }
    }

    pub(crate) fn status(&self) -> u16 {
        self.code.wire().0
    }

    /// One client asks faster than it may.
    pub(crate) fn too_many_requests(wait: Duration) -> Self {
        let sentence = "too many requests: wait for `retry_after_ms` before the next one";
        Self {
            retry_after: Some(wait),
            ..Self::new(Code::TooManyRequests, sentence)
        }
    }

    /// The service's own fault; what it was stays in the log.
    pub(crate) fn internal() -> Self {
        Self::new(Code::Internal, "the service failed: this is not your fault")
    }
}

impl From<ChatError> for WireError {
    fn from(error: ChatError) -> Self {
        match error {
            ChatError::Refused(refusal) => refusal.into(),
            ChatError::Unavailable(failure) => failure.into(),
        }
    }
}

impl From<Unavailable> for WireError {
    fn from(failure: Unavailable) -> Self {
        let source = std::error::Error::source(&failure).map(ToString::to_string);
        if failure.is_passing() {
            tracing::warn!(error = source, "a store is unavailable");
            Self::new(
                Code::Unavailable,
                "the service cannot do this for the moment: try again in a few seconds",
            )
        } else {
            tracing::error!(error = source, "a store failed");
            Self::internal()
        }
    }
}

impl From<Refusal> for WireError {
    fn from(refusal: Refusal) -> Self {
        let (code, sentence) = match refusal {
            Refusal::TokenInvalid => (
                Code::InvalidToken,
                "the token is not a valid access token of this platform",
            ),
            Refusal::TokenExpired => (
                Code::InvalidToken,
                "the access token has expired: refresh it and connect again",
            ),
            Refusal::UserUnknown => (
                Code::InvalidToken,
                "the token names a user that does not exist",
            ),
            Refusal::UserDeactivated => (Code::UserDeactivated, "this user has been deactivated"),
            Refusal::BrandRequired => (
                Code::BrandRequired,
                "only a user that owns a brand may use this endpoint",
            ),
            Refusal::AdminRequired => (
                Code::AdminRequired,
                "only an administrator may use this endpoint",
            ),
            Refusal::NotInRoom => (Code::NotInRoom, "not in a room: send `join_room` first"),
            Refusal::RoomForbidden => {
                (Code::RoomForbidden, "your brand takes no part in this room")
            }
            Refusal::RoomNotFound => (Code::RoomNotFound, "there is no such room"),
            Refusal::BusinessRequired => (
                Code::BusinessRequired,
                "administrators may write only where a participant has the business tariff",
            ),
            Refusal::MessageNotFound => (
                Code::MessageNotFound,
                "no such message of yours in this room: it was deleted, is of somebody else, \
                 of another room, or never was",
            ),
            Refusal::TooManyIds { count, max } => {
                let sentence = format!(
                    "`msg_id_list` names {count} messages: at most {max} can be deleted at once"
                );
                return Self::new(Code::TooManyIds, sentence);
            }
            Refusal::TextBlank => (
                Code::TextBlank,
                "the text is blank: it needs at least one character that is not white space",
            ),
            Refusal::TextTooLong { length, max } => {
                let sentence =
                    format!("the text has {length} characters: at most {max} are allowed");
                return Self::new(Code::TextTooLong, sentence);
            }
            Refusal::TextHasNul => (
                Code::TextHasNul,
                "the text has a character U+0000, which cannot be stored",
            ),
            Refusal::ClientMsgIdMalformed => (
                Code::InvalidClientMsgId,
                "`client_msg_id` must be 1 to 64 characters of A-Z, a-z, 0-9 and . _ : -",
            ),
            Refusal::ClientMsgIdTaken => (
                Code::ClientMsgIdTaken,
                "you have given this `client_msg_id` to another text in this room, or to a message \
                 that was deleted since: a new message needs a new one",
            ),
        };
        Self::new(code, sentence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documents_list_every_code_with_its_status() {
        let page = include_str!("../../../docs/protocol.md");
        for code in Code::IN_FRAMES {
            let (status, word) = code.wire();
            let listed = page.lines().any(|line| {
                line.starts_with('|')
                    && line.contains(&format!("`{word}`"))
                    && line.contains(&status.to_string())
            });
            assert!(
                listed,
                "`{word}` with status {status} is not in docs/protocol.md"
            );
        }
    }
}
