//! Frames against the AsyncAPI document that the service publishes.

use std::sync::LazyLock;

use jsonschema::Validator;
use serde_json::{Value, json, value::RawValue};

use crate::product;

/// A validator for each message that the document says the service sends, by name.
static MESSAGES: LazyLock<Vec<(String, Validator)>> = LazyLock::new(|| {
    let document: Value = serde_json::from_str(&product::asyncapi()).expect("a document");
    let components = &document["components"];
    let messages = components["messages"].as_object().expect("messages");
    let sent = messages.iter().filter(|(_, message)| {
        let keys = &message["payload"]["properties"];
        keys.get("response_status").is_some()
    });
    let validator = |(name, _): (&String, _)| {
        let schema = json!({
            "$ref": format!("#/components/messages/{name}/payload"),
            "components": components,
        });
        let validator = jsonschema::draft7::new(&schema);
        (name.clone(), validator.expect("a schema"))
    };
    sent.map(validator).collect()
});

/// Fails unless `frame` is one of the published messages.
pub(crate) fn check(frame: &str) {
    let Ok(parsed) = serde_json::from_str::<Value>(frame) else {
        // Profiles may hold numbers that no double can hold. Such a frame must still be
        // JSON.
        let raw = serde_json::from_str::<&RawValue>(frame);
        raw.unwrap_or_else(|error| panic!("{error} in {frame}"));
        return;
    };
    let action = parsed["action"].as_str().unwrap_or("malformed");
    let (likely, unlikely): (Vec<_>, Vec<_>) = MESSAGES
        .iter()
        .partition(|(name, _)| name.starts_with(action));
    let mut candidates = likely.iter().chain(&unlikely);
    if candidates.any(|(_, message)| message.is_valid(&parsed)) {
        return;
    }
    let reasons = likely.iter().flat_map(|(name, message)| {
        let errors = message.iter_errors(&parsed);
        errors.map(move |error| format!("\n  not {name}: at `{}`, {error}", error.instance_path()))
    });
    let reasons: String = reasons.collect();
    panic!("not a message of /docs/asyncapi.json: {frame}{reasons}");
}
