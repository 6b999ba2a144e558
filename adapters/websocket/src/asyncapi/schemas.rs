//! The shapes of the wire, as JSON Schemas. What the service sends has the keys
//! that stand here and no others, so that a frame with a forgotten or a new one
//! does not fit.

use serde_json::{Map, Value, json};

use crate::request::{MAX_REQUEST_ID_CHARS, Name};

/// A key of an object.
pub(super) struct Key {
    name: &'static str,
    schema: Value,
    optional: bool,
}

/// A key that is always there.
pub(super) fn key(name: &'static str, schema: Value) -> Key {
    Key {
        name,
        schema,
        optional: false,
    }
}

/// A key that may be missing.
pub(super) fn optional(name: &'static str, schema: Value) -> Key {
    Key {
        name,
        schema,
        optional: true,
    }
}

/// An object with these keys, in the order in which they are written.
pub(super) fn open(keys: impl IntoIterator<Item = Key>) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for key in keys {
        if !key.optional {
            required.push(key.name);
        }
        properties.insert(key.name.to_owned(), key.schema);
    }
    json!({"type": "object", "required": required, "properties": properties})
}

/// The same, with no other keys.
pub(super) fn closed(keys: impl IntoIterator<Item = Key>) -> Value {
    with(open(keys), "additionalProperties", false)
}

/// `object` with one more key at its end.
pub(super) fn with(mut object: Value, key: &str, value: impl Into<Value>) -> Value {
    if let Some(object) = object.as_object_mut() {
        object.insert(key.to_owned(), value.into());
    }
    object
}

/// One of the shapes that have a name.
pub(super) fn named(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

pub(super) fn or_null(schema: Value) -> Value {
    json!({"oneOf": [schema, {"type": "null"}]})
}

pub(super) fn list(items: Value) -> Value {
    json!({"type": "array", "items": items})
}

pub(super) fn integer(description: &str) -> Value {
    json!({"type": "integer", "description": description})
}

/// A number of a change, or zero where there was none yet.
pub(super) fn seq(description: &str) -> Value {
    json!({"type": "integer", "minimum": 0, "description": description})
}

/// A number of a change, or `null`.
pub(super) fn next(description: &str) -> Value {
    json!({"type": ["integer", "null"], "description": description})
}

/// The request of an action, in which keys that mean nothing are ignored.
pub(super) fn request(action: Name, parameters: Vec<Key>) -> Value {
    let mut keys = vec![key("action", json!({"const": action.as_str()}))];
    keys.extend(parameters);
    keys.push(key("request_id", named("request_id")));
    open(keys)
}

/// What stands in `errors` when all went well.
pub(super) fn no_errors() -> Value {
    json!({"type": "array", "maxItems": 0})
}

/// What stands in `errors` otherwise: a sentence for people.
pub(super) fn one_error() -> Value {
    json!({"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 1})
}

/// The keys of every frame that the service sends, in their order.
pub(super) fn envelope(
    errors: Value,
    data: Value,
    action: Value,
    response_status: Value,
    request_id: Value,
) -> Vec<Key> {
    vec![
        key("errors", errors),
        key("data", data),
        key("action", action),
        key("response_status", response_status),
        key("request_id", request_id),
    ]
}

/// The shapes that have a name.
pub(super) fn all() -> Value {
    json!({
        "request_id": {
            "type": ["integer", "string"],
            "maxLength": MAX_REQUEST_ID_CHARS,
            "description": format!(
                "The client's mark on its request: an integer, which comes back digit for digit, \
                 or a string of at most {MAX_REQUEST_ID_CHARS} characters. Everyone joined receives \
                 it with the author's frame, so make it unmistakable: a random UUID is a good choice.",
            ),
        },
        "time": {
            "type": "string",
            "format": "date-time",
            "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z$",
            "description": "UTC, to the millisecond.",
        },
        "user": of_the_platform("A user"),
        "brand": of_the_platform("A brand"),
        "room": closed(room()),
        "listed_room": closed(room().into_iter().chain([
            key("last_seq", seq("The number of the room's last change.")),
            optional("unread", json!({
                "type": "integer",
                "minimum": 0,
                "description": "How many messages of others are there that the user has not read; not in an administrator's list.",
            })),
            key("last_message", or_null(named("message"))),
        ])),
        "message": closed([
            key("id", integer("Unique over all rooms, and never used again.")),
            key("text", json!({"type": "string", "description": "That of the last edit."})),
            key("user", named("user")),
            key("created_at", named("time")),
            key("room_id", integer("The room's `pk`.")),
            optional("client_msg_id", json!({"type": "string", "description": "What the author's program called it."})),
            key("seq", seq("The number of the change that created it.")),
            key("edited_at", or_null(named("time"))),
        ]),
    })
}

pub(super) fn room() -> Vec<Key> {
    vec![
        key("pk", integer("The room's number.")),
        key("participants", list(named("brand"))),
        key(
            "has_business",
            json!({
                "type": "boolean",
                "description": "Whether a participant has the business tariff now.",
            }),
        ),
    ]
}

fn of_the_platform(what: &str) -> Value {
    let id = key("id", json!({"type": "integer"}));
    let description = format!("{what}, as the platform's own API documents describe it.");
    with(open([id]), "description", description)
}
