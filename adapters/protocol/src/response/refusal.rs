//! The response to a request that was refused or that failed.

use aftermatch_ports::model::RequestId;
use schemars::JsonSchema;
use serde::Serialize;

use super::envelope::{EchoedId, Frame};
use crate::{action::Action, error::ProtocolError, request::Malformed};

/// Why a request was refused or failed.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline, deny_unknown_fields)]
pub(crate) struct Refusal<'a> {
    errors: [&'a str; 1],
    data: (),
    /// The requested action; `null` if it could not be read.
    action: Option<&'a str>,
    response_status: u16,
    #[schemars(with = "Option<EchoedId>")]
    request_id: EchoedId<'a>,
    error_code: &'static str,
    /// How many milliseconds to wait.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u64", range(min = 1))]
    retry_after_ms: Option<u64>,
}

/// The refusal of a request that could be read.
pub fn refused<'a>(
    action: Action,
    request_id: &'a RequestId,
    error: &'a ProtocolError,
) -> impl Frame + 'a {
    refusal(Some(action.as_str()), request_id, error)
}

/// The refusal of what is not a request.
pub fn malformed(malformed: &Malformed) -> impl Frame {
    let Malformed {
        action,
        request_id,
        error,
    } = malformed;
    refusal(
        action.as_deref(),
        request_id.as_ref().unwrap_or(&RequestId::NONE),
        error,
    )
}

impl Frame for Refusal<'_> {}

fn refusal<'a>(
    action: Option<&'a str>,
    request_id: &'a RequestId,
    error: &'a ProtocolError,
) -> Refusal<'a> {
    // Rounded up: never too early.
    let millis = |wait: std::time::Duration| wait.as_millis() + 1;
    Refusal {
        errors: [&error.sentence],
        data: (),
        action,
        response_status: error.code.status(),
        request_id: EchoedId(request_id),
        error_code: error.code.as_str(),
        retry_after_ms: error
            .retry_after
            .map(|wait| u64::try_from(millis(wait)).unwrap_or(u64::MAX)),
    }
}

/// The body of the response to a handshake that was refused.
pub fn handshake_refused(sentence: &str) -> impl Frame {
    let errors = [sentence];
    HandshakeRefusal { errors }
}

#[derive(Serialize)]
struct HandshakeRefusal<'a> {
    errors: [&'a str; 1],
}

impl Frame for HandshakeRefusal<'_> {}
