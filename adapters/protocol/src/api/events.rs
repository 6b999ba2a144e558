//! What the platform asks for in place of a webhook.

use aftermatch_ports::{QueuedEvent, model::Push};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    json,
    webhook::{self, MessageCreated},
};

/// The most events in one response, and as many as there are without a `limit`.
pub const MAX_EVENTS: usize = 100;

/// Events by number, lowest first.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "events", deny_unknown_fields)]
pub(super) struct Events<'a> {
    #[schemars(length(max = MAX_EVENTS))]
    events: Vec<Event<'a>>,
}

/// There may be more keys, and other types, later.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "event")]
struct Event<'a> {
    #[serde(flatten)]
    key: Key<'a>,
    #[serde(flatten)]
    created: MessageCreated<'a>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Key<'a> {
    /// The `after` that says that this event was dealt with. Numbers have gaps.
    #[schemars(range(min = 1))]
    number: i64,
    /// The same if the event comes again, under another number.
    id: &'a str,
}

impl<'a> Events<'a> {
    /// A response with this push.
    pub(super) fn of(push: &'a Push, id: &'a str) -> Self {
        Self {
            events: vec![Event {
                key: Key { number: 7, id },
                created: MessageCreated::of(push),
            }],
        }
    }
}

/// The response: each event as it was stored, after its number and id.
#[must_use]
pub fn events(events: &[QueuedEvent]) -> Vec<u8> {
    let mut out = br#"{"events":["#.to_vec();
    for (nth, event) in events.iter().enumerate() {
        if nth > 0 {
            out.push(b',');
        }
        let key = Key {
            number: event.number,
            id: &event.id,
        };
        json::write(&mut out, &key);
        // One object out of two.
        out.pop();
        out.push(b',');
        let body = event.body.strip_prefix('{').unwrap_or(&event.body);
        out.extend_from_slice(body.as_bytes());
    }
    out.extend_from_slice(b"]}");
    out
}

/// What is stored of a push: its id, and what a webhook would receive.
#[must_use]
pub fn stored(push: &Push) -> (String, String) {
    let body = webhook::body(push);
    (
        webhook::id(push),
        String::from_utf8_lossy(&body).into_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn stored_event_is_written_as_documented() {
        let push = sample::push();
        let (id, body) = stored(&push);
        let mut documented = Vec::new();
        json::write(&mut documented, &Events::of(&push, &id));
        let event = QueuedEvent {
            number: 7,
            id: id.clone(),
            body,
        };
        let sent = events(std::slice::from_ref(&event));
        assert_eq!(sent, documented, "{}", String::from_utf8_lossy(&sent));
        let two: serde_json::Value =
            serde_json::from_slice(&events(&[event.clone(), event])).expect("JSON");
        assert_eq!(two["events"][1]["id"], id);
        assert_eq!(events(&[]), br#"{"events":[]}"#);
    }
}
