//! What everyone joined is told, and what is told of it to others.

use aftermatch_ports::model::{Change, What};
use bytes::Bytes;
use serde_json::{Value, json};

use super::{Sent, To};
use crate::{
    answer,
    asyncapi::{
        samples,
        schemas::{
            Key, closed, envelope, integer, key, list, named, no_errors, one_error, optional,
            or_null, seq,
        },
    },
    request::Name,
};

/// The frames of `create_message`.
pub(super) fn created() -> Vec<Sent> {
    let data = || {
        closed([
            key(
                "id",
                integer("Unique over all rooms, and never used again."),
            ),
            key("text", json!({"type": "string"})),
            key("user", named("user")),
            key("created_at", named("time")),
            key("room", named("room")),
            optional(
                "client_msg_id",
                json!({"type": "string", "description": "What the author's program called it."}),
            ),
            number(),
        ])
    };
    let named_by_client = samples::change(41, What::Created(samples::message_with_client_id()));
    let repeated = samples::change(41, What::Created(samples::edited_message()));
    vec![
        told(
            Name::CreateMessage,
            201,
            data(),
            &[samples::created(), named_by_client],
        ),
        Sent {
            name: "create_message.repeated".into(),
            to: To::Asker,
            summary: "The message was there already, under the same `client_msg_id` and with the \
                      same text: this is what it is now. Nothing was written.",
            schema: closed(frame(Name::CreateMessage, 200, data(), named("request_id"))),
            examples: payloads([answer::repeated(&repeated, &samples::participants())]),
        },
        replayed(Name::CreateMessage, 201, data(), samples::created()),
    ]
}

/// The frames of `edit_message`.
pub(super) fn edited() -> Vec<Sent> {
    let data = || {
        closed([
            key("room_id", integer("The room's `pk`.")),
            key("message_id", integer("The message's `id`.")),
            key(
                "message_text",
                json!({"type": "string", "description": "The new text."}),
            ),
            number(),
        ])
    };
    vec![
        told(Name::EditMessage, 200, data(), &[samples::edited()]),
        replayed(Name::EditMessage, 200, data(), samples::edited()),
    ]
}

/// The frames of `delete_messages`.
pub(super) fn deleted() -> Vec<Sent> {
    let data = || {
        closed([
            key("room_id", integer("The room's `pk`.")),
            key(
                "messages_ids",
                list(integer("Of a message that was really deleted.")),
            ),
            number(),
        ])
    };
    let mut keys = frame(Name::DeleteMessages, 200, data(), named("request_id"));
    if let Some(errors) = keys.first_mut() {
        *errors = key("errors", one_error());
    }
    vec![
        told(Name::DeleteMessages, 200, data(), &[samples::deleted(&[])]),
        Sent {
            name: "delete_messages.partly".into(),
            to: To::Asker,
            summary: "Some were deleted, and `errors` names those that were not. The others joined \
                      are told without them.",
            schema: closed(keys),
            examples: payloads(answer::change_for_asker(&samples::deleted(&[19, 400]))),
        },
        replayed(Name::DeleteMessages, 200, data(), samples::deleted(&[])),
    ]
}

fn number() -> Key {
    key("seq", seq("The number of the change, in the room."))
}

fn frame(name: Name, status: u16, data: Value, request_id: Value) -> Vec<Key> {
    let action = json!({"const": name.as_str()});
    envelope(
        no_errors(),
        data,
        action,
        json!({"const": status}),
        request_id,
    )
}

fn told(name: Name, status: u16, data: Value, changes: &[Change]) -> Sent {
    let frame_of = |change| answer::change(change, &samples::participants());
    Sent {
        name: format!("{}.told", name.as_str()),
        to: To::Everyone,
        summary: "It is done. Everyone joined receives this frame; for whoever asked it is the \
                  answer. `request_id` is `null` where the request is not known any more.",
        schema: closed(frame(name, status, data, or_null(named("request_id")))),
        examples: payloads(changes.iter().map(frame_of)),
    }
}

fn replayed(name: Name, status: u16, data: Value, change: Change) -> Sent {
    let mut keys = frame(name, status, data, json!({"const": null}));
    keys.push(key("replay", json!({"const": true})));
    let change = samples::unasked(change);
    Sent {
        name: format!("{}.replayed", name.as_str()),
        to: To::Unasked,
        summary: "What was missed, told after a join with `since_seq`.",
        schema: closed(keys),
        examples: payloads([answer::replayed(&change, &samples::participants())]),
    }
}

fn payloads(frames: impl IntoIterator<Item = Bytes>) -> Vec<Value> {
    let frames = frames.into_iter();
    frames.map(|frame| samples::payload(&frame)).collect()
}
