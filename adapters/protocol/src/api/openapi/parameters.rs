//! What is in the path and behind the `?`.

use serde_json::{Value, json};

use crate::{
    api::{ApiAction, DEFAULT_ROOMS, MAX_EVENTS, Operation},
    limits::{DEFAULT_MESSAGES, MAX_MESSAGES, MAX_REASON_CHARS, MAX_ROOMS},
};

pub(super) fn of(operation: &Operation) -> Vec<Value> {
    let segments = operation.path.split('/');
    let ids = segments.filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'));
    let ids = ids.map(|name| {
        json!({
            "name": name,
            "in": "path",
            "required": true,
            "schema": {"type": "integer", "minimum": 1},
        })
    });
    let query = operation.query.iter().map(|name| {
        let (description, schema) = query(name, operation.action);
        json!({"name": name, "in": "query", "description": description, "schema": schema})
    });
    ids.chain(query).collect()
}

fn query(name: &str, action: ApiAction) -> (&'static str, Value) {
    match name {
        "limit" => {
            let (max, default) = match action {
                ApiAction::ListRooms => (MAX_ROOMS, DEFAULT_ROOMS),
                ApiAction::ListEvents => (MAX_EVENTS, MAX_EVENTS),
                _ => (MAX_MESSAGES, DEFAULT_MESSAGES),
            };
            (
                "How many at most.",
                json!({"type": "integer", "minimum": 1, "maximum": max, "default": default}),
            )
        }
        "after" if action == ApiAction::ListEvents => (
            "The `number` of the last event that was dealt with: all up to it are removed. \
             Without it, nothing is.",
            json!({"type": "integer", "minimum": 0}),
        ),
        "after" => (
            "Rooms with higher ids than this: the `next_after` of the page before.",
            json!({"type": "integer", "minimum": 0}),
        ),
        "before_seq" => (
            "Messages that were created before this event: the `next_before_seq` of the page \
             after. Without it, the newest.",
            json!({"type": "integer", "minimum": 1}),
        ),
        "by" => (
            "The user who deletes the message. Without it, its author.",
            json!({"type": "integer", "minimum": 1}),
        ),
        _ => (
            "Why, for administrators alone. Only with `by`.",
            json!({"type": "string", "minLength": 1, "maxLength": MAX_REASON_CHARS}),
        ),
    }
}
