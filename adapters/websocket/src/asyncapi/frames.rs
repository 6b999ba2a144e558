//! What the service sends: for each kind of frame who receives it, its schema,
//! and one that was made as all are.

mod refused;
mod told;

use aftermatch_ports::{Missed, model::Seq};
use serde_json::{Value, json};

use super::{
    codes, samples,
    schemas::{
        Key, closed, envelope, integer, key, list, named, next, no_errors, optional, room, seq,
        with,
    },
};
use crate::{
    answer::{self, RoomList},
    request::{MAX_MESSAGES, MAX_ROOMS, Name},
};

/// A kind of frame.
pub(super) struct Sent {
    pub(super) name: String,
    pub(super) to: To,
    pub(super) summary: &'static str,
    pub(super) schema: Value,
    pub(super) examples: Vec<Value>,
}

/// Who receives a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum To {
    /// Whoever asked, as the answer.
    Asker,
    /// Everyone joined; for whoever asked it is the answer.
    Everyone,
    /// Whoever did not ask for it.
    Unasked,
}

impl To {
    pub(super) fn is_answer(self) -> bool {
        self != Self::Unasked
    }

    pub(super) fn is_told(self) -> bool {
        self != Self::Asker
    }
}

/// The frames that are about an action.
pub(super) fn of(name: Name) -> Vec<Sent> {
    let tag = &samples::tag();
    let mut sent = match name {
        Name::List => lists(),
        Name::JoinRoom => vec![answer(
            name,
            "The seat is taken.",
            closed(room().into_iter().chain([
                key("last_seq", seq("The number of the room's last change: what is heard from here on is what follows it.")),
                optional("resumed", json!({
                    "type": "boolean",
                    "description": "Where `since_seq` was given: whether what was missed follows. If not, read the room anew.",
                })),
            ])),
            vec![
                answer::joined(tag, &samples::joined(Missed::NotAsked)),
                answer::joined(tag, &samples::joined(Missed::Steps(vec![]))),
                answer::joined(tag, &samples::joined(Missed::TooMuch)),
            ],
        )],
        Name::LeaveRoom => vec![answer(
            name,
            "The seat is given up.",
            closed([key("response", json!({
                "type": "string",
                "pattern": "^leaved room -?[0-9]+ successfully!$",
            }))]),
            vec![answer::left(tag, samples::ROOM)],
        )],
        Name::CreateMessage => told::created(),
        Name::EditMessage => told::edited(),
        Name::DeleteMessages => told::deleted(),
        Name::GetRoomMessages => messages(),
        Name::CurrentRoomInfo => vec![answer(
            name,
            "The room.",
            named("room"),
            vec![answer::room(tag, &samples::room())],
        )],
        Name::MarkRead => vec![answer(
            name,
            "The mark is where it says.",
            closed([
                key("room_id", integer("The room's `pk`.")),
                key("seq", seq("Up to where the user has read.")),
            ]),
            vec![answer::read(tag, samples::ROOM, Seq(42))],
        )],
    };
    sent.push(refused::refused(name));
    sent
}

/// The frames that are about no action that is known.
pub(super) fn of_none() -> Vec<Sent> {
    vec![
        refused::malformed(),
        refused::too_many_requests(),
        room_closed(),
    ]
}

/// The usual success, for the asker alone.
fn answer(name: Name, summary: &'static str, data: Value, frames: Vec<bytes::Bytes>) -> Sent {
    Sent {
        name: format!("{}.answer", name.as_str()),
        to: To::Asker,
        summary,
        schema: closed(success(name, data)),
        examples: frames.iter().map(samples::payload).collect(),
    }
}

fn success(name: Name, data: Value) -> Vec<Key> {
    let action = json!({"const": name.as_str()});
    let status = json!({"const": 200});
    envelope(no_errors(), data, action, status, named("request_id"))
}

fn lists() -> Vec<Sent> {
    let tag = &samples::tag();
    let rooms = || {
        let mut rooms = RoomList::new();
        rooms.add(&samples::listed());
        rooms
    };
    let all = answer(
        Name::List,
        "The rooms.",
        list(named("listed_room")),
        vec![rooms().finish(tag)],
    );
    let portion = with(list(named("listed_room")), "maxItems", MAX_ROOMS);
    let more = next("The `after_pk` of the next portion; `null` when there is none.");
    let keys = success(Name::List, portion)
        .into_iter()
        .chain([key("next_after_pk", more)]);
    let portion = Sent {
        name: "list.portion".into(),
        summary: "A portion of the rooms, where `limit` or `after_pk` was given.",
        schema: closed(keys),
        examples: [None, Some(samples::ROOM)]
            .map(|next| samples::payload(&rooms().finish_portion(tag, next)))
            .into(),
        ..answer(Name::List, "", Value::Null, vec![])
    };
    vec![all, portion]
}

fn messages() -> Vec<Sent> {
    let tag = &samples::tag();
    let results = || with(list(named("message")), "maxItems", MAX_MESSAGES);
    let stretch = answer(
        Name::GetRoomMessages,
        "A stretch of the messages, oldest first.",
        closed([
            key("results", results()),
            key(
                "next_before_seq",
                next("What to ask with for those before the first of them."),
            ),
            key(
                "next_after_seq",
                next("What to ask with for those after the last of them."),
            ),
            key("last_seq", seq("The number of the room's last change.")),
        ]),
        vec![answer::history(tag, &samples::history())],
    );
    let count =
        json!({"type": "integer", "minimum": 0, "description": "How many messages are there."});
    let page = Sent {
        name: "get_room_messages.page".into(),
        ..answer(
            Name::GetRoomMessages,
            "A page of the messages, newest first.",
            closed([
                key("count", count),
                key("results", results()),
                key(
                    "next",
                    next("The number of the next page; `null` when there is none."),
                ),
            ]),
            vec![
                answer::page(tag, 1, &[samples::message()], None),
                answer::page(tag, 101, &[samples::message()], Some(2)),
            ],
        )
    };
    vec![stretch, page]
}

fn room_closed() -> Sent {
    let reasons = codes::EVICTIONS.map(answer::reason);
    let data = closed([
        key("room_pk", integer("The room.")),
        key("reason", json!({"enum": reasons})),
    ]);
    let action = json!({"const": "room_closed"});
    let status = json!({"const": 200});
    let nobody = json!({"const": null});
    Sent {
        name: "room_closed".into(),
        to: To::Unasked,
        summary: "The seat was taken away: the brand was taken out of the room, the room was \
                  removed, or the user does not own the brand any more.",
        schema: closed(envelope(no_errors(), data, action, status, nobody)),
        examples: codes::EVICTIONS
            .map(|why| samples::payload(&answer::room_closed(samples::ROOM, why)))
            .into(),
    }
}
