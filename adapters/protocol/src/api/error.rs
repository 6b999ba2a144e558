//! Why a request of the platform was not done.

use std::borrow::Cow;

use aftermatch_ports::{
    PlatformError, StoreError,
    model::{InvalidReference, Refusal},
};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{error::ProtocolError, json};

macro_rules! api_codes {
    ($($code:ident = $status:literal, $word:literal, $meaning:literal;)*) => {
        /// The stable word for programs: `error_code` of a response.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum ApiCode {
            $(#[doc = $meaning] $code,)*
        }

        impl ApiCode {
            pub(crate) const ALL: &[Self] = &[$(Self::$code),*];

            /// The HTTP status that goes with it.
            #[must_use]
            pub const fn status(self) -> u16 {
                match self { $(Self::$code => $status,)* }
            }

            /// The word.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$code => $word,)* }
            }

            pub(crate) const fn meaning(self) -> &'static str {
                match self { $(Self::$code => $meaning,)* }
            }
        }
    };
}

api_codes! {
    NotJson = 400, "not_json",
        "The body is not JSON, or not UTF-8. The sentence has the line and the column.";
    InvalidParameter = 400, "invalid_parameter",
        "An id in the path, or a parameter behind the `?`, is malformed or unknown.";
    InvalidToken = 401, "invalid_token",
        "The header `Authorization` is missing, or its token is none of this service.";
    NotFound = 404, "not_found",
        "There is no such path, user, brand, room or message; or events are switched off.";
    MethodNotAllowed = 405, "method_not_allowed",
        "The path has no such method. The header `Allow` has those that it has.";
    BodyTimeout = 408, "body_timeout",
        "The body did not come in time.";
    InvalidReference = 409, "invalid_reference",
        "A record refers to another one that does not exist or does not fit, or cannot be removed because another one refers to it. Nothing has changed.";
    UnknownEvent = 409, "unknown_event",
        "No event has had the number `after` yet: the service began to number again. Nothing was removed; ask without `after`.";
    ClientMsgIdTaken = 409, "client_msg_id_taken",
        "The `client_msg_id` belongs to another text of this user in this room, or to a message that was deleted since.";
    TooLarge = 413, "too_large",
        "The body, or the number of records in it, is too large.";
    UnsupportedMediaType = 415, "unsupported_media_type",
        "The header `Content-Type` is not `application/json`.";
    InvalidBody = 422, "invalid_body",
        "The body is JSON, and not what the request needs. There is a sentence for each mistake. Nothing has changed.";
    Internal = 500, "internal_error",
        "The service failed. Its log has the reason.";
    Unavailable = 503, "unavailable",
        "The service cannot do this for the moment: the database is away, or too many requests run. Send the same request again after the time in `Retry-After`.";
}

/// Why a request was not done, ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiError {
    /// For programs.
    pub code: ApiCode,
    /// For people: what is wrong and what would be right. At least one.
    pub sentences: Vec<String>,
}

/// The body of a response that is not a success.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "error", deny_unknown_fields)]
pub(super) struct ErrorShape<'a> {
    /// For people: what is wrong and what would be right, a sentence for each mistake.
    #[schemars(length(min = 1))]
    errors: Vec<Cow<'a, str>>,
    /// The status of the response.
    response_status: u16,
    /// For programs: stable.
    error_code: &'a str,
}

impl ApiError {
    /// With one sentence.
    pub fn new(code: ApiCode, sentence: impl Into<String>) -> Self {
        Self {
            code,
            sentences: vec![sentence.into()],
        }
    }

    /// The JSON of the response.
    #[must_use]
    pub fn to_vec(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let errors = self.sentences.iter().map(|text| text.as_str().into());
        let shape = ErrorShape {
            errors: errors.collect(),
            response_status: self.code.status(),
            error_code: self.code.as_str(),
        };
        json::write(&mut out, &shape);
        out
    }
}

impl From<PlatformError> for ApiError {
    fn from(error: PlatformError) -> Self {
        match error {
            PlatformError::Refused(refusal) => refused(refusal),
            PlatformError::InvalidReferences(references) => Self {
                code: ApiCode::InvalidReference,
                sentences: references.iter().map(sentence).collect(),
            },
            PlatformError::Unfit(reason) => Self::new(
                ApiCode::InvalidBody,
                format!("the database cannot store this: {reason}"),
            ),
            PlatformError::NoRoom(room) => Self::new(
                ApiCode::NotFound,
                format!("there is no room {room}: put it first"),
            ),
            PlatformError::NoUser(user) => Self::new(
                ApiCode::InvalidReference,
                format!(
                    "there is no user {user}: put it first. It need not be active, nor in the room"
                ),
            ),
            PlatformError::NoMessage { room, id } => Self::new(
                ApiCode::NotFound,
                format!(
                    "there is no message {id} in room {room}, or it was deleted: post another one"
                ),
            ),
            PlatformError::Store(error) => error.into(),
        }
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        let code = match error.is_transient() {
            true => ApiCode::Unavailable,
            false => ApiCode::Internal,
        };
        Self::new(code, ProtocolError::from(error).sentence)
    }
}

fn refused(refusal: Refusal) -> ApiError {
    let code = match refusal {
        Refusal::ClientMsgIdTaken => {
            return ApiError::new(
                ApiCode::ClientMsgIdTaken,
                "this `client_msg_id` belongs to another text of this user in this room, or to a \
                 message that was deleted since: another message needs another one",
            );
        }
        _ => ApiCode::InvalidBody,
    };
    ApiError::new(code, ProtocolError::from(refusal).sentence)
}

fn sentence(reference: &InvalidReference) -> String {
    match reference {
        InvalidReference::UnknownOwner { brand, owner } => format!(
            "brand {brand} cannot belong to user {owner}: there is no such user; put it first"
        ),
        InvalidReference::OwnerHasBrand {
            brand,
            owner,
            owned,
        } => format!(
            "brand {brand} cannot belong to user {owner}, who owns brand {owned}: a user owns one \
             brand at most. Brands change owners in one request to /v1/records"
        ),
        InvalidReference::UnknownParticipant { room, brand } => {
            format!("brand {brand} cannot be in room {room}: there is no such brand; put it first")
        }
        InvalidReference::DuplicateParticipant { room, brand } => {
            format!("brand {brand} cannot be in room {room} twice")
        }
        InvalidReference::UserOwnsBrand { user, brand } => format!(
            "user {user} cannot be removed, because it owns brand {brand}: remove that first, or \
             set `active` to false"
        ),
        InvalidReference::UserHasWritten { user } => format!(
            "user {user} cannot be removed, because it has written messages: set `active` to false"
        ),
    }
}
