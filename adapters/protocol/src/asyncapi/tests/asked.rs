//! Requests: the schemas against the decoder.

use aftermatch_ports::model::Endpoint;

use super::*;
use crate::{
    error::ErrorCode,
    request::{self, Malformed},
};

/// What the decoder says to a request, at the endpoint that reads most of its parameters.
fn decoded(request: &Value) -> Result<&'static str, ErrorCode> {
    let frame = request.to_string();
    let name = request["action"].as_str().unwrap_or_default();
    let endpoint = if Action::find(name, Endpoint::AdminChat).is_some() {
        Endpoint::AdminChat
    } else {
        Endpoint::Chat
    };
    match request::decode(frame.as_bytes(), endpoint) {
        Ok(request) => Ok(request.parameters.action().as_str()),
        Err(Malformed { error, .. }) => Err(error.code),
    }
}

/// The requests of `action`: the schema, and a request without optional parameters.
fn request_of(document: &Value, action: Action) -> (Value, Value) {
    let message = &document["components"]["messages"][action.as_str()];
    let mut schema = message["payload"].clone();
    schema["properties"]["request_id"] = document["components"]["schemas"]["request_id"].clone();
    let mut least = message["examples"][0]["payload"].clone();
    let required = schema["required"].as_array().expect("required");
    let least_keys = least.as_object_mut().expect("an object");
    least_keys.retain(|key, _| required.contains(&json!(key)));
    (schema, least)
}

/// Values around everything that `schema` draws a line at.
fn around(schema: &Value) -> Vec<Value> {
    let mut values = vec![
        Value::Null,
        json!(true),
        json!({}),
        json!([]),
        json!([1]),
        json!(["a"]),
        json!(1),
        json!(1.5),
        json!("a"),
    ];
    for bound in ["minimum", "maximum"] {
        if let Some(bound) = schema[bound].as_i64() {
            values.extend([bound - 1, bound, bound + 1].map(Value::from));
        }
    }
    if let Some(longest) = schema["maxLength"].as_u64() {
        let longest = usize::try_from(longest).expect("a length");
        values.extend([longest, longest + 1].map(|length| json!("ж".repeat(length))));
        values.extend([longest, longest + 1].map(|length| json!("x".repeat(length))));
    }
    values
}

#[test]
fn request_example_is_decoded() {
    let document = document();
    for &action in Action::ALL {
        let examples = &document["components"]["messages"][action.as_str()]["examples"];
        for example in examples.as_array().expect("examples") {
            assert_eq!(
                decoded(&example["payload"]),
                Ok(action.as_str()),
                "{example}"
            );
        }
    }
}

#[test]
fn request_fits_schema_iff_decoded() {
    let document = document();
    let payloads = payloads(&document);
    for &action in Action::ALL {
        let (schema, least) = request_of(&document, action);
        for (key, schema) in schema["properties"].as_object().expect("properties") {
            let mut requests = vec![least.clone()];
            requests[0].as_object_mut().expect("an object").remove(key);
            for value in around(schema) {
                let mut request = least.clone();
                request[key] = value;
                requests.push(request);
            }
            for request in requests {
                let fits = payloads[action.as_str()].is_valid(&request);
                assert_eq!(decoded(&request).is_ok(), fits, "`{key}` in {request}");
            }
        }
    }
}

#[test]
fn request_unknown_key_is_ignored() {
    let document = document();
    let shown = |action| request_of(&document, action).0["properties"].clone();
    for &action in Action::ALL {
        let (own, least) = (shown(action), request_of(&document, action).1);
        for &other in Action::ALL {
            for key in shown(other).as_object().expect("properties").keys() {
                if own.get(key).is_none() {
                    let mut request = least.clone();
                    request[key] = json!({});
                    assert_eq!(decoded(&request), Ok(action.as_str()), "{request}");
                }
            }
        }
    }
}
