//! The refusals, for the published contract: one type, limited to the codes that are
//! possible for each action.

use std::{collections::BTreeSet, time::Duration};

use aftermatch_ports::model::{Endpoint, Refusal as Refused};
use schemars::SchemaGenerator;
use serde_json::{Value, json};

use super::{requests, schema};
use crate::{
    action::Action,
    error::{ErrorCode, ProtocolError},
    published::{Published, Receiver},
    request,
    response::{
        self,
        envelope::{EchoedId, Frame},
        refusal::Refusal,
    },
    sample,
};

/// Every code that can refuse `action`, except for too many requests.
pub(super) fn codes(action: Action) -> Vec<ErrorCode> {
    let parameter = requests::has_parameters(action).then_some(ErrorCode::InvalidParameter);
    parameter.into_iter().chain(action.refusals()).collect()
}

/// How an action is refused.
pub(super) fn refused(action: Action, generator: &mut SchemaGenerator) -> Published {
    let codes = codes(action);
    let likely = [
        Refused::NotInRoom,
        Refused::RoomForbidden,
        Refused::UserDeactivated,
        Refused::UserMismatch,
    ];
    let mut likely = likely.map(ProtocolError::from).into_iter();
    let example = likely
        .find(|error| codes.contains(&error.code))
        .map(|error| response::refused(action, &sample::request_id(), &error).to_vec());
    let mut frame = Published::new::<Refusal<'_>>(
        generator,
        format!("{}.refused", action.as_str()),
        Receiver::Requester,
        "Nothing was done.",
        example,
    );
    narrow(&mut frame.schema, &codes, json!({"const": action.as_str()}));
    never_malformed(&mut frame.schema);
    never_too_early(&mut frame.schema);
    frame
}

/// The response to a frame that is not a request.
pub(super) fn malformed(generator: &mut SchemaGenerator) -> Published {
    let codes = [
        ErrorCode::NotJson,
        ErrorCode::NotAnObject,
        ErrorCode::BinaryFrame,
        ErrorCode::InvalidAction,
        ErrorCode::InvalidRequestId,
        ErrorCode::UnknownAction,
    ];
    let answered = |request: &[u8]| {
        let malformed = request::decode(request, Endpoint::AdminChat).err()?;
        Some(response::malformed(&malformed).to_vec())
    };
    let requests: [&[u8]; 4] = [
        b"hello",
        br#"{"action":"list"}"#,
        br#"{"request_id":1500000}"#,
        br#"{"action":"mark_read","seq":42,"request_id":1500000}"#,
    ];
    let mut frame = Published::new::<Refusal<'_>>(
        generator,
        "malformed",
        Receiver::Requester,
        "The frame was not a request, or its action does not exist at this endpoint. The \
         connection stays open.",
        requests.into_iter().filter_map(answered),
    );
    let any = frame
        .schema
        .pointer_mut("/properties/action")
        .map(Value::take);
    narrow(&mut frame.schema, &codes, any.unwrap_or_default());
    never_too_early(&mut frame.schema);
    frame
}

/// The response to a request that comes too soon after others.
pub(super) fn too_many_requests(generator: &mut SchemaGenerator) -> Published {
    let error = ProtocolError::too_many_requests(Duration::from_millis(99));
    let example = response::refused(Action::List, &sample::request_id(), &error).to_vec();
    let mut frame = Published::new::<Refusal<'_>>(
        generator,
        "too_many_requests",
        Receiver::Requester,
        "This connection sends requests faster than the service allows. Nothing was done.",
        [example],
    );
    let actions: Vec<_> = Action::ALL.iter().map(|action| action.as_str()).collect();
    narrow(&mut frame.schema, &[error.code], json!({"enum": actions}));
    never_malformed(&mut frame.schema);
    if let Some(Value::Array(required)) = frame.schema.get_mut("required") {
        required.push(json!("retry_after_ms"));
    }
    frame
}

/// Allows only these codes, each with its status, and this action.
fn narrow(schema: &mut Value, codes: &[ErrorCode], action: Value) {
    let statuses: BTreeSet<u16> = codes.iter().map(|code| code.status()).collect();
    let words = |fits: &dyn Fn(ErrorCode) -> bool| -> Vec<&str> {
        let codes = codes.iter().filter(|code| fits(**code));
        codes.map(|code| code.as_str()).collect()
    };
    let pairs: Vec<_> = statuses
        .iter()
        .map(|status| {
            let words = words(&|code| code.status() == *status);
            json!({"properties": {"response_status": {"const": status}, "error_code": {"enum": words}}})
        })
        .collect();
    set(schema, "action", action);
    set(schema, "response_status", json!({"enum": statuses}));
    set(schema, "error_code", json!({"enum": words(&|_| true)}));
    if let Some(schema) = schema.as_object_mut()
        && pairs.len() > 1
    {
        schema.insert("oneOf".to_owned(), pairs.into());
    }
}

/// The request could be read, so its id is known.
fn never_malformed(schema: &mut Value) {
    set(schema, "request_id", schema::reference::<EchoedId<'_>>());
}

/// There is nothing to wait for.
fn never_too_early(schema: &mut Value) {
    let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
    if let Some(properties) = properties {
        properties.remove("retry_after_ms");
    }
}

fn set(schema: &mut Value, key: &str, value: Value) {
    if let Some(property) = schema.pointer_mut(&format!("/properties/{key}")) {
        *property = value;
    }
}
