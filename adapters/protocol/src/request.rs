//! Reads a request from a text frame. Any frame can be responded to, and the connection
//! stays open.

mod attachments;
mod envelope;
mod parameters;
mod reader;
#[cfg(test)]
mod tests;
mod value;

use std::borrow::Cow;

use aftermatch_ports::model::{Endpoint, RequestId};
use serde_json::value::RawValue;

pub use self::{
    attachments::ReadApart,
    parameters::{
        Audit, CreateMessage, DeleteMessages, EditMessage, JoinRoom, List, MarkRead,
        MessageHistory, Parameters, Renew, RoomMessages, SearchMessages,
    },
    value::{AtLeast, Id, Ids, Position, ShortText, UpTo},
};
use self::{
    envelope::Envelope,
    reader::{problem, string},
};
use crate::{
    action::Action,
    error::{ErrorCode, ProtocolError},
    limits::MAX_REQUEST_ID_CHARS,
};

pub(crate) use self::parameters::schema;

/// A request of a client.
#[derive(Debug, PartialEq, Eq)]
pub struct Request<'a> {
    /// The client's id for the request, for the response.
    pub request_id: RequestId,
    /// The action, with its parameters.
    pub parameters: Parameters<'a>,
}

/// A frame that is not a request, with what could be read of it.
#[derive(Debug, PartialEq, Eq)]
pub struct Malformed {
    /// The action, if it is a string.
    pub action: Option<String>,
    /// The client's id for the request, if it is valid.
    pub request_id: Option<RequestId>,
    /// What is wrong.
    pub error: ProtocolError,
}

impl Malformed {
    /// A frame of which nothing could be read.
    #[must_use]
    pub fn unreadable(error: ProtocolError) -> Self {
        Self {
            action: None,
            request_id: None,
            error,
        }
    }
}

/// Reads the request in a text frame that came through `endpoint`.
///
/// # Errors
/// [`Malformed`], which says what is wrong.
pub fn decode(frame: &[u8], endpoint: Endpoint) -> Result<Request<'_>, Malformed> {
    let mut envelope = Envelope::default();
    let read = envelope.read(frame);
    let action = envelope.action.and_then(string);
    let request_id = envelope.request_id.and_then(request_id);
    let request = read.and_then(|()| {
        let name = action.as_deref().ok_or_else(|| no_action(&envelope))?;
        let request_id = request_id.clone().ok_or_else(|| no_request_id(&envelope))?;
        let action = Action::find(name, endpoint).ok_or_else(|| unknown_action(endpoint))?;
        let parameters = Parameters::read(action, endpoint, &envelope.parameters)?;
        Ok(Request {
            request_id,
            parameters,
        })
    });
    request.map_err(|error| Malformed {
        action: action.map(Cow::into_owned),
        request_id,
        error,
    })
}

fn request_id(json: &RawValue) -> Option<RequestId> {
    let fits = match string(json) {
        Some(text) => text.chars().count() <= MAX_REQUEST_ID_CHARS,
        None => reader::is_integer(json),
    };
    fits.then(|| RequestId::new(json.get()))
}

fn no_action(envelope: &Envelope<'_>) -> ProtocolError {
    let fault = problem(envelope.action);
    let sentence = format!("`action` {fault}: a string was expected, such as \"list\"");
    ProtocolError::new(ErrorCode::InvalidAction, sentence)
}

fn no_request_id(envelope: &Envelope<'_>) -> ProtocolError {
    let fault = match envelope.request_id {
        Some(id) if string(id).is_some() => "is too long",
        id => problem(id),
    };
    let sentence = format!(
        "`request_id` {fault}: an integer or a string of at most {MAX_REQUEST_ID_CHARS} characters was expected"
    );
    ProtocolError::new(ErrorCode::InvalidRequestId, sentence)
}

fn unknown_action(endpoint: Endpoint) -> ProtocolError {
    let known: Vec<_> = Action::known_at(endpoint).map(Action::as_str).collect();
    let known = known.join(", ");
    let sentence = format!("unknown action: this endpoint knows {known}");
    ProtocolError::new(ErrorCode::UnknownAction, sentence)
}
