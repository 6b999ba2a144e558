use std::sync::LazyLock;

use jsonschema::Validator;
use serde_json::{Value, json, value::RawValue};

/// What the service says that it may send, by the names it has for that.
static FRAMES: LazyLock<Vec<(String, Validator)>> = LazyLock::new(|| {
    let document = aftermatch_protocol::asyncapi();
    let document: Value = serde_json::from_str(&document).expect("a document");
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

/// A frame that a client received has to be one of those that the service says it
/// sends.
pub(crate) fn check(frame: &str) {
    let Ok(read) = serde_json::from_str::<Value>(frame) else {
        // Brands may have numbers that no double can hold: JSON it is, still.
        let read = serde_json::from_str::<&RawValue>(frame);
        read.unwrap_or_else(|error| panic!("{error} in {frame}"));
        return;
    };
    let action = read["action"].as_str().unwrap_or("malformed");
    let (near, far): (Vec<_>, Vec<_>) = FRAMES
        .iter()
        .partition(|(name, _)| name.starts_with(action));
    let mut kinds = near.iter().chain(&far);
    if kinds.any(|(_, kind)| kind.is_valid(&read)) {
        return;
    }
    let why = near.iter().flat_map(|(name, kind)| {
        let errors = kind.iter_errors(&read);
        errors.map(move |error| format!("\n  no {name}: at `{}`, {error}", error.instance_path()))
    });
    let why: String = why.collect();
    panic!("not as /docs/asyncapi.json has it: {frame}{why}");
}
