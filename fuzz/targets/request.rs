//! The decoder of requests, against any text frame, beside what serde_json reads.

#![no_main]

use aftermatch_ports::model::{Endpoint, RequestId};
use aftermatch_protocol::{
    error::ErrorCode,
    request::{Malformed, Parameters, Request, decode},
};
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, value::RawValue};

fuzz_target!(|frame: &[u8]| {
    for endpoint in [Endpoint::Chat, Endpoint::AdminChat] {
        check(frame, endpoint);
    }
});

fn check(frame: &[u8], endpoint: Endpoint) {
    let decoded = decode(frame, endpoint);
    let json = serde_json::from_slice::<&RawValue>(frame);
    let code = decoded.as_ref().err().map(|malformed| malformed.error.code);
    if code != Some(ErrorCode::NotJson) {
        let json = json.expect("what is no JSON is refused as such").get();
        assert_eq!(
            code == Some(ErrorCode::NotAnObject),
            !json.starts_with('{'),
            "only objects are requests"
        );
    }
    // Numbers and keys that serde_json cannot represent are JSON, but no `Value`.
    let Ok(value) = serde_json::from_slice::<Value>(frame) else {
        return;
    };
    assert_ne!(code, Some(ErrorCode::NotJson), "serde_json reads it");
    match &decoded {
        Ok(request) => check_request(request, &value, endpoint),
        Err(malformed) => check_malformed(malformed, &value),
    }
    // Attachments stay as they were written.
    if !has_fraction(&value) && value.get("attachments").is_none() {
        let again = value.to_string();
        assert_same(&decoded, &decode(again.as_bytes(), endpoint));
    }
}

fn check_request(request: &Request<'_>, value: &Value, endpoint: Endpoint) {
    let action = request.parameters.action();
    assert!(action.is_known_at(endpoint));
    assert_eq!(value["action"], action.as_str());
    assert_eq!(parsed(&request.request_id), value["request_id"]);
    match &request.parameters {
        Parameters::CreateMessage { text, .. } => {
            assert_eq!(value["msg_text"].as_str().unwrap_or_default(), &**text)
        }
        Parameters::EditMessage(edit) => {
            assert_eq!(value["edited_msg_text"], *edit.edited_msg_text)
        }
        _ => {}
    }
}

fn check_malformed(malformed: &Malformed, value: &Value) {
    assert!(!malformed.error.sentence.is_empty());
    assert_eq!(malformed.action.as_deref(), value["action"].as_str());
    if let Some(request_id) = &malformed.request_id {
        assert_eq!(parsed(request_id), value["request_id"]);
    }
}

/// The same JSON, written in another way, is the same request or has the same fault.
fn assert_same(one: &Result<Request<'_>, Malformed>, other: &Result<Request<'_>, Malformed>) {
    match (one, other) {
        (Ok(one), Ok(other)) => assert_eq!(one.parameters, other.parameters),
        (Err(one), Err(other)) => assert_eq!(one.error, other.error),
        _ => panic!("{one:?} and {other:?}"),
    }
}

fn parsed(request_id: &RequestId) -> Value {
    let json = request_id.as_str().expect("a request has one");
    serde_json::from_str(json).expect("it is JSON")
}

/// Whether there is a number that serde_json writes in another way than as an integer:
/// also one of more than 64 bits.
fn has_fraction(value: &Value) -> bool {
    match value {
        Value::Number(number) => number.is_f64(),
        Value::Array(items) => items.iter().any(has_fraction),
        Value::Object(entries) => entries.values().any(has_fraction),
        _ => false,
    }
}
