//! The document describes exactly what the service reads and sends.

mod asked;
mod sent;

use std::collections::BTreeMap;

use jsonschema::Validator;

use super::*;

/// The payloads of all messages, by the messages' names.
fn payloads(document: &Value) -> BTreeMap<String, Validator> {
    let messages = document["components"]["messages"].as_object();
    let validator = |name: &String| {
        let schema = json!({
            "$ref": format!("#/components/messages/{name}/payload"),
            "components": document["components"],
        });
        let validator = jsonschema::draft7::new(&schema);
        (name.clone(), validator.expect("a JSON Schema of draft 7"))
    };
    messages.expect("messages").keys().map(validator).collect()
}

#[test]
fn every_message_has_fitting_examples() {
    let document = document();
    for (name, payload) in payloads(&document) {
        let examples = document["components"]["messages"][&name]["examples"].as_array();
        let examples = examples.expect("examples");
        assert!(!examples.is_empty(), "{name} has no example");
        for example in examples {
            let errors: Vec<_> = payload.iter_errors(&example["payload"]).collect();
            assert!(errors.is_empty(), "{name}: {errors:?} in {example}");
        }
    }
}

#[test]
fn every_reference_has_a_target() {
    let document = document();
    let mut unseen = vec![&document];
    while let Some(value) = unseen.pop() {
        match value {
            Value::Array(items) => unseen.extend(items),
            Value::Object(object) => {
                if let Some(Value::String(to)) = object.get("$ref") {
                    let to = to.strip_prefix('#').expect("a place in this document");
                    assert!(document.pointer(to).is_some(), "{to}");
                }
                unseen.extend(object.values());
            }
            _ => {}
        }
    }
}

#[test]
fn both_endpoints_publish_their_actions() {
    let document = document();
    for (channel, address, actions) in [
        ("chat", "/ws/chat/", 13),
        ("admin_chat", "/ws/admin-chat/", 13),
    ] {
        assert_eq!(document["channels"][channel]["address"], address);
        let operations = document["operations"].as_object().expect("operations");
        let own_channel = json!({"$ref": format!("#/channels/{channel}")});
        let received = operations.values().filter(|operation| {
            operation["channel"] == own_channel && operation["action"] == "receive"
        });
        assert_eq!(received.count(), actions);
    }
}
