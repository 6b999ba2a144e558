//! Errors: the one place where refusals and failures become a status, a word and
//! a sentence.

mod code;

use std::time::Duration;

use aftermatch_ports::{
    ChatError, StoreError,
    model::{AttachmentFault, Refusal},
};

pub use self::code::ErrorCode;

/// Why a request was not done, ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProtocolError {
    /// For programs.
    pub code: ErrorCode,
    /// For people.
    pub sentence: String,
    /// How long to wait until another request is accepted.
    pub retry_after: Option<Duration>,
}

impl ProtocolError {
    /// With a sentence that says what is wrong and what to do.
    pub fn new(code: ErrorCode, sentence: impl Into<String>) -> Self {
        Self {
            code,
            sentence: sentence.into(),
            retry_after: None,
        }
    }

    /// The client sends requests faster than it may.
    #[must_use]
    pub fn too_many_requests(wait: Duration) -> Self {
        let sentence = "too many requests: wait for `retry_after_ms` before the next one";
        Self {
            retry_after: Some(wait),
            ..Self::new(ErrorCode::TooManyRequests, sentence)
        }
    }

    /// A frame that is not text.
    #[must_use]
    pub fn binary_frame() -> Self {
        let sentence = "this is a binary frame: send the request as a text frame";
        Self::new(ErrorCode::BinaryFrame, sentence)
    }

    /// The service's own fault. The cause stays in the log.
    #[must_use]
    pub fn internal() -> Self {
        let sentence = "the service failed: this is not your fault";
        Self::new(ErrorCode::Internal, sentence)
    }
}

impl From<ChatError> for ProtocolError {
    fn from(error: ChatError) -> Self {
        match error {
            ChatError::Refused(refusal) => refusal.into(),
            ChatError::Store(failure) => failure.into(),
        }
    }
}

impl From<StoreError> for ProtocolError {
    fn from(failure: StoreError) -> Self {
        if !failure.is_transient() {
            return Self::internal();
        }
        Self::new(
            ErrorCode::Unavailable,
            "the service cannot do this for the moment: try again in a few seconds",
        )
    }
}

impl From<Refusal> for ProtocolError {
    fn from(refusal: Refusal) -> Self {
        let (code, sentence) = match refusal {
            Refusal::TokenInvalid => (
                ErrorCode::InvalidToken,
                "the token is not a valid access token of this platform",
            ),
            Refusal::TokenExpired => (
                ErrorCode::InvalidToken,
                "the access token has expired: refresh it and connect again",
            ),
            Refusal::RenewalRefused { expired: false } => (
                ErrorCode::RenewalRefused,
                "the token is not a valid access token of this platform: the old one stays",
            ),
            Refusal::RenewalRefused { expired: true } => (
                ErrorCode::RenewalRefused,
                "the access token has expired: refresh it and renew again",
            ),
            Refusal::UserMismatch => (
                ErrorCode::UserMismatch,
                "the token is of another user than this connection: the old one stays",
            ),
            Refusal::UserUnknown => (
                ErrorCode::InvalidToken,
                "the token names a user that does not exist",
            ),
            Refusal::UserDeactivated => {
                (ErrorCode::UserDeactivated, "this user has been deactivated")
            }
            Refusal::BrandRequired => (
                ErrorCode::BrandRequired,
                "only a user that owns a brand may use this endpoint",
            ),
            Refusal::AdminRequired => (
                ErrorCode::AdminRequired,
                "only an administrator may use this endpoint",
            ),
            Refusal::NotInRoom => (
                ErrorCode::NotInRoom,
                "not in a room: send `join_room` first",
            ),
            Refusal::RoomForbidden => (
                ErrorCode::RoomForbidden,
                "your brand takes no part in this room",
            ),
            Refusal::RoomNotFound => (ErrorCode::RoomNotFound, "there is no such room"),
            Refusal::RoomFrozen => (ErrorCode::RoomFrozen, "this room is closed for writing"),
            Refusal::AdminsCannotWrite => (
                ErrorCode::AdminsCannotWrite,
                "administrators may not write in this room",
            ),
            Refusal::BusinessRequired => (
                ErrorCode::BusinessRequired,
                "administrators may write only where a participant has the business tariff",
            ),
            Refusal::MessageNotFound => (
                ErrorCode::MessageNotFound,
                "no such message of yours in this room: it was deleted, is of somebody else, \
                 of another room, or never was",
            ),
            Refusal::MessageUnknown => (
                ErrorCode::MessageNotFound,
                "no such message in this room: it is of another room, or never was",
            ),
            Refusal::ReasonBlank => (
                ErrorCode::InvalidParameter,
                "`reason` is blank: it needs at least one character that is not white space",
            ),
            Refusal::ReasonTooLong { length, max } => {
                let sentence =
                    format!("`reason` has {length} characters: at most {max} are allowed");
                return Self::new(ErrorCode::InvalidParameter, sentence);
            }
            Refusal::ReasonHasNul => (
                ErrorCode::InvalidParameter,
                "`reason` has a character U+0000, which cannot be stored",
            ),
            Refusal::TooManyIds { count, max } => {
                let sentence = format!(
                    "`msg_id_list` names {count} messages: at most {max} can be deleted at once"
                );
                return Self::new(ErrorCode::TooManyIds, sentence);
            }
            Refusal::TextBlank => (
                ErrorCode::TextBlank,
                "the text is blank: it needs at least one character that is not white space",
            ),
            Refusal::TextTooLong { length, max } => {
                let sentence =
                    format!("the text has {length} characters: at most {max} are allowed");
                return Self::new(ErrorCode::TextTooLong, sentence);
            }
            Refusal::TextHasNul => (
                ErrorCode::TextHasNul,
                "the text has a character U+0000, which cannot be stored",
            ),
            Refusal::AttachmentsUnknown => (
                ErrorCode::InvalidAttachment,
                "this service takes no attachments: send the message without `attachments`",
            ),
            Refusal::TooManyAttachments { count, max } => {
                let sentence =
                    format!("`attachments` has {count} objects: at most {max} are allowed");
                return Self::new(ErrorCode::InvalidAttachment, sentence);
            }
            Refusal::AttachmentInvalid { index, fault } => {
                let sentence = format!("`attachments[{index}]` has {}", sentence(&fault));
                return Self::new(ErrorCode::InvalidAttachment, sentence);
            }
            Refusal::NoSearchWord => (
                ErrorCode::TextBlank,
                "the text has no word to search for: it needs at least one letter or digit",
            ),
            Refusal::ClientMsgIdMalformed => (
                ErrorCode::InvalidClientMsgId,
                "`client_msg_id` must be 1 to 64 characters of A-Z, a-z, 0-9 and . _ : -",
            ),
            Refusal::ClientMsgIdTaken => (
                ErrorCode::ClientMsgIdTaken,
                "you have given this `client_msg_id` to another text in this room, or to a message \
                 that was deleted since: a new message needs a new one",
            ),
        };
        Self::new(code, sentence)
    }
}

/// What an attachment has that is wrong.
fn sentence(fault: &AttachmentFault) -> String {
    match fault {
        AttachmentFault::IdLength { length, max } => {
            format!("an `id` of {length} characters: 1 to {max} are allowed")
        }
        AttachmentFault::TooLarge { bytes, max } => {
            format!("{bytes} bytes without its `signature`: at most {max} are allowed")
        }
        AttachmentFault::Repeated => {
            "the same `id` as one before it: send each attachment once".to_owned()
        }
        AttachmentFault::SignatureInvalid => {
            "a `signature` that is not the platform's for this `id` and your user: it must be the \
             HMAC-SHA256 of `<user id>:<id>`, as hexadecimal digits or base64url"
                .to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_list_every_code_with_status() {
        let page = include_str!("../../../docs/protocol.md");
        for code in ErrorCode::in_frames() {
            let (status, word) = (code.status(), code.as_str());
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
