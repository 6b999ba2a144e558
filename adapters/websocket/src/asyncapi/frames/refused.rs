//! What is told when something is not done.

use std::{collections::BTreeSet, time::Duration};

use aftermatch_ports::model::{Endpoint, Refusal};
use serde_json::{Value, json};

use super::{Sent, To};
use crate::{
    answer,
    asyncapi::{
        actions::action,
        samples,
        schemas::{Key, closed, envelope, key, named, one_error, or_null, with},
    },
    error::{Code, WireError},
    request::{self, Name},
};

/// How an action is refused.
pub(super) fn refused(name: Name) -> Sent {
    let codes = action(name).refusals(name);
    let likely = [
        Refusal::NotInRoom,
        Refusal::RoomForbidden,
        Refusal::UserDeactivated,
    ];
    let likely = likely.map(WireError::from).into_iter();
    let example = likely
        .filter(|error| codes.contains(&error.code))
        .map(|error| answer::refused(name.as_str(), &samples::tag(), &error))
        .next();
    let keys = refusal(json!({"const": name.as_str()}), named("request_id"), &codes);
    Sent {
        name: format!("{}.refused", name.as_str()),
        to: To::Asker,
        summary: "Nothing was done.",
        schema: with(closed(keys), "oneOf", statuses(&codes)),
        examples: example.iter().map(samples::payload).collect(),
    }
}

fn refusal(action: Value, request_id: Value, codes: &[Code]) -> Vec<Key> {
    let (statuses, words): (BTreeSet<u16>, Vec<_>) = codes.iter().map(|code| code.wire()).unzip();
    let status = json!({"enum": statuses});
    let mut keys = envelope(
        one_error(),
        json!({"const": null}),
        action,
        status,
        request_id,
    );
    keys.push(key("error_code", json!({"enum": words})));
    keys
}

/// Which codes go with which status.
fn statuses(codes: &[Code]) -> Value {
    let statuses: BTreeSet<u16> = codes.iter().map(|code| code.wire().0).collect();
    let pair = |status: u16| {
        let words = codes.iter().map(|code| code.wire());
        let words: Vec<_> = words
            .filter(|wire| wire.0 == status)
            .map(|wire| wire.1)
            .collect();
        json!({"properties": {"response_status": {"const": status}, "error_code": {"enum": words}}})
    };
    statuses.into_iter().map(pair).collect()
}

/// The answer to what is no request.
pub(super) fn malformed() -> Sent {
    let codes = [
        Code::NotJson,
        Code::NotAnObject,
        Code::BinaryFrame,
        Code::InvalidAction,
        Code::InvalidRequestId,
        Code::UnknownAction,
    ];
    let action = json!({
        "type": ["string", "null"],
        "description": "What was asked for; `null` where it could not be read.",
    });
    let keys = refusal(action, or_null(named("request_id")), &codes);
    let answered = |request: &[u8]| {
        let malformed = request::decode(request, Endpoint::AdminChat).err()?;
        Some(samples::payload(&answer::malformed(&malformed)))
    };
    let requests: [&[u8]; 4] = [
        b"hello",
        br#"{"action":"list"}"#,
        br#"{"request_id":1500000}"#,
        br#"{"action":"mark_read","seq":42,"request_id":1500000}"#,
    ];
    Sent {
        name: "malformed".into(),
        to: To::Asker,
        summary: "The frame was no request, or one that this endpoint does not know. The connection stays open.",
        schema: with(closed(keys), "oneOf", statuses(&codes)),
        examples: requests.into_iter().filter_map(answered).collect(),
    }
}

/// The answer to a request that comes too fast.
pub(super) fn too_many_requests() -> Sent {
    let actions = Name::ALL.map(Name::as_str);
    let codes = [Code::TooManyRequests];
    let mut keys = refusal(json!({"enum": actions}), named("request_id"), &codes);
    keys.push(key(
        "retry_after_ms",
        json!({"type": "integer", "minimum": 1, "description": "Milliseconds to wait for."}),
    ));
    let error = WireError::too_many_requests(Duration::from_millis(99));
    let example = answer::refused(Name::List.as_str(), &samples::tag(), &error);
    Sent {
        name: "too_many_requests".into(),
        to: To::Asker,
        summary: "This connection asks faster than the service allows it to.",
        schema: closed(keys),
        examples: vec![samples::payload(&example)],
    }
}
