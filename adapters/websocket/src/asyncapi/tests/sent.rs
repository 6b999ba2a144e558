//! What the service sends: the schemas against the encoder.

use std::time::Duration;

use aftermatch_ports::{
    History, Joined, Listed, Missed,
    model::{Change, Endpoint, Eviction, RoomId, Seq, Tag, What},
};
use bytes::Bytes;

use super::*;
use crate::{
    answer::{self, RoomList},
    asyncapi::samples::{
        ROOM, change, created, deleted, edited, edited_message, history, joined, listed, message,
        message_with_client_id, participants, payload, room, tag, unasked,
    },
    error::{Code, WireError},
    request,
};

fn is_asked(kind: &str) -> bool {
    Name::ALL.iter().any(|name| name.as_str() == kind)
}

/// The kinds of frame of the service that `frame` fits.
fn kinds(payloads: &BTreeMap<String, Validator>, frame: &Value) -> Vec<String> {
    let fitting = payloads
        .iter()
        .filter(|(kind, payload)| !is_asked(kind) && payload.is_valid(frame));
    fitting.map(|(kind, _)| kind.clone()).collect()
}

/// One of each frame that can be made, with the kind that it is of.
fn frames() -> Vec<(String, Value)> {
    let mut frames = answers();
    frames.extend(changes());
    frames.extend(refusals());
    let evictions = [
        Eviction::BrandRemoved,
        Eviction::RoomRemoved,
        Eviction::BrandLost,
    ];
    frames.extend(evictions.map(|why| ("room_closed".into(), answer::room_closed(ROOM, why))));
    let frames = frames.into_iter();
    frames
        .map(|(kind, frame)| (kind, payload(&frame)))
        .collect()
}

fn list(rooms: &[Listed]) -> RoomList {
    let mut list = RoomList::new();
    rooms.iter().for_each(|room| list.add(room));
    list
}

fn answers() -> Vec<(String, Bytes)> {
    let tag = &tag();
    let of_administrators = Listed {
        unread: None,
        last_message: None,
        ..listed()
    };
    let rooms = || list(&[listed(), of_administrators.clone()]);
    let joined = |missed| -> Joined { joined(missed) };
    let nothing = History {
        messages: vec![],
        older: false,
        newer: false,
        last: Seq::ZERO,
    };
    let steps = vec![(Seq(41), created().what)];
    let messages = [message(), message_with_client_id(), edited_message()];
    let id = Tag::new("\"a string\"");
    [
        ("list.answer", list(&[]).finish(tag)),
        ("list.answer", rooms().finish(tag)),
        ("list.portion", list(&[]).finish_portion(tag, None)),
        ("list.portion", rooms().finish_portion(tag, Some(RoomId(7)))),
        (
            "join_room.answer",
            answer::joined(tag, &joined(Missed::NotAsked)),
        ),
        (
            "join_room.answer",
            answer::joined(tag, &joined(Missed::TooMuch)),
        ),
        (
            "join_room.answer",
            answer::joined(tag, &joined(Missed::Steps(steps))),
        ),
        ("leave_room.answer", answer::left(tag, ROOM)),
        ("leave_room.answer", answer::left(&id, RoomId(-1))),
        ("current_room_info.answer", answer::room(tag, &room())),
        ("get_room_messages.answer", answer::history(tag, &history())),
        ("get_room_messages.answer", answer::history(tag, &nothing)),
        ("get_room_messages.page", answer::page(tag, 0, &[], None)),
        (
            "get_room_messages.page",
            answer::page(tag, 301, &messages, Some(2)),
        ),
        ("mark_read.answer", answer::read(tag, ROOM, Seq::ZERO)),
    ]
    .map(|(kind, frame)| (kind.into(), frame))
    .into()
}

fn changes() -> Vec<(String, Bytes)> {
    let participants = participants();
    let named = change(41, What::Created(message_with_client_id()));
    let told = |kind: &str, change: &Change| {
        let frames = [
            ("told", answer::change(change, &participants)),
            (
                "told",
                answer::change(&unasked(change.clone()), &participants),
            ),
            (
                "replayed",
                answer::replayed(&unasked(change.clone()), &participants),
            ),
        ];
        frames.map(|(how, frame)| (format!("{kind}.{how}"), frame))
    };
    let mut frames = Vec::new();
    frames.extend(told("create_message", &created()));
    frames.extend(told("create_message", &named));
    frames.extend(told("edit_message", &edited()));
    frames.extend(told("delete_messages", &deleted(&[])));
    frames.push((
        "create_message.repeated".into(),
        answer::repeated(&named, &participants),
    ));
    assert_eq!(answer::change_for_asker(&deleted(&[])), None);
    let partly = answer::change_for_asker(&deleted(&[19, 400]));
    frames.push(("delete_messages.partly".into(), partly.expect("a frame")));
    frames
}

fn refusals() -> Vec<(String, Bytes)> {
    let mut frames = Vec::new();
    for name in Name::ALL {
        let refused = |error| answer::refused(name.as_str(), &tag(), &error);
        for code in action(name).refusals(name) {
            let frame = refused(WireError::new(code, "why"));
            frames.push((format!("{}.refused", name.as_str()), frame));
        }
        let wait = WireError::too_many_requests(Duration::ZERO);
        frames.push(("too_many_requests".into(), refused(wait)));
    }
    let unreadable: [&[u8]; 8] = [
        b"",
        b"\xff",
        b"[]",
        br#"{"action":"list","request_id":1"#,
        br#"{"request_id":"a"}"#,
        br#"{"action":"list","request_id":null}"#,
        br#"{"action":"fly"}"#,
        br#"{"action":"current_room_info","request_id":12345678901234567890123}"#,
    ];
    for request in unreadable {
        let malformed = request::decode(request, Endpoint::AdminChat).expect_err("no request");
        frames.push(("malformed".into(), answer::malformed(&malformed)));
    }
    let binary = request::Malformed {
        action: None,
        tag: None,
        error: WireError::new(Code::BinaryFrame, "why"),
    };
    frames.push(("malformed".into(), answer::malformed(&binary)));
    frames
}

#[test]
fn every_frame_that_is_sent_is_of_the_one_kind_it_should_be() {
    let payloads = payloads(&document());
    let frames = frames();
    for (kind, frame) in &frames {
        let kinds = kinds(&payloads, frame);
        let errors: Vec<_> = payloads[kind].iter_errors(frame).collect();
        assert_eq!(kinds, std::slice::from_ref(kind), "{errors:?} in {frame}");
    }
    for kind in payloads.keys() {
        let made = frames.iter().any(|(of, _)| of == kind);
        assert!(made != is_asked(kind), "no frame is ever a {kind}");
    }
}

/// `frame` with a change at each object that is the service's own.
fn spoilt(frame: &Value) -> Vec<Value> {
    let places = ["", "/data", "/data/room", "/data/0", "/data/results/0"];
    let mut spoilt = Vec::new();
    for place in places {
        let Some(keys) = frame.pointer(place).and_then(Value::as_object) else {
            continue;
        };
        let with = |edit: &dyn Fn(&mut Map<String, Value>)| {
            let mut other = frame.clone();
            let object = other.pointer_mut(place).and_then(Value::as_object_mut);
            edit(object.expect("the same place"));
            other
        };
        spoilt.push(with(&|object| {
            object.insert("surprise".into(), json!(1));
        }));
        // What may be missing of a frame that is of the same kind without it.
        let optional = ["client_msg_id", "resumed", "unread"];
        for key in keys.keys().filter(|key| !optional.contains(&key.as_str())) {
            spoilt.push(with(&|object| {
                object.remove(key);
            }));
        }
    }
    spoilt
}

#[test]
fn a_frame_with_a_forgotten_or_a_new_key_does_not_fit() {
    let payloads = payloads(&document());
    for (kind, frame) in frames() {
        for other in spoilt(&frame) {
            assert!(!payloads[&kind].is_valid(&other), "{kind}: {other}");
        }
    }
}

#[test]
fn a_code_with_the_status_of_another_does_not_fit() {
    let payloads = payloads(&document());
    for (kind, mut frame) in frames() {
        if frame["data"].is_null() {
            let status = frame["response_status"].as_u64();
            frame["response_status"] = json!(if status == Some(400) { 404 } else { 400 });
            assert!(!payloads[&kind].is_valid(&frame), "{kind}: {frame}");
        }
    }
}

#[test]
fn every_error_is_shown_somewhere() {
    let messages = document()["components"]["messages"].to_string();
    for code in Code::IN_FRAMES {
        let (_, word) = code.wire();
        assert!(messages.contains(&format!("\"{word}\"")), "{word}");
    }
}
