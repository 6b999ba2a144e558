//! What the service sends: the schemas against the encoder.

use std::{sync::Arc, time::Duration};

use aftermatch_ports::{
    ListedRoom, Missed, Replay,
    model::{BrandId, EventKind, Pen, RequestId, Room, RoomEvent, RoomId, RoomKind, RoomView, Seq},
};

use super::*;
use crate::{
    asyncapi::refused::codes,
    error::{ErrorCode, ProtocolError},
    event::{
        EVICTIONS, REMOVALS, event as frame_of, existing_message, partly_deleted, presence, read,
        replayed, room_added, room_changed, room_closed, room_removed, typing,
    },
    request,
    response::{self, Allowed, Frame, RoomList},
    sample::{
        ONLINE, READ_POSITIONS, ROOM, all_versions, allowed, audit, audited, change, created,
        deleted, edited, edited_message, followed, found_messages, head, listed, message,
        message_page, message_range, message_with_client_id, participants, request_id, room,
        summary, versions,
    },
};

fn is_requested(kind: &str) -> bool {
    Action::ALL.iter().any(|action| action.as_str() == kind)
}

/// The kinds of frame of the service that `frame` fits.
fn kinds(payloads: &BTreeMap<String, Validator>, frame: &Value) -> Vec<String> {
    let fitting = payloads
        .iter()
        .filter(|(kind, payload)| !is_requested(kind) && payload.is_valid(frame));
    fitting.map(|(kind, _)| kind.clone()).collect()
}

/// One of each frame that can be made, with the kind that it is of.
fn frames() -> Vec<(String, Value)> {
    let mut frames = responses();
    frames.extend(events());
    frames.extend(inbox());
    frames.extend(refusals());
    frames
        .extend(EVICTIONS.map(|reason| ("room_closed".into(), room_closed(ROOM, reason).to_vec())));
    let frames = frames.into_iter();
    frames
        .map(|(kind, frame)| (kind, serde_json::from_slice(&frame).expect("JSON")))
        .collect()
}

fn list(rooms: &[ListedRoom]) -> Vec<u8> {
    let (list, mut out) = begun(rooms);
    list.finish(&mut out, &request_id());
    out
}

fn page(rooms: &[ListedRoom], next: Option<RoomId>) -> Vec<u8> {
    let (list, mut out) = begun(rooms);
    list.finish_page(&mut out, &request_id(), next);
    out
}

fn begun(rooms: &[ListedRoom]) -> (RoomList, Vec<u8>) {
    let (mut list, mut out) = (RoomList::default(), Vec::new());
    rooms.iter().for_each(|room| list.add(&mut out, room, None));
    (list, out)
}

/// The same event, which nobody here requested.
fn unrequested(change: RoomEvent) -> RoomEvent {
    RoomEvent {
        request_id: RequestId::NONE,
        ..change
    }
}

/// A room with all that clients see only of some.
fn special_room() -> RoomView {
    let RoomView { room, has_business } = room();
    let room = Room {
        kind: RoomKind::new("support").expect("a kind"),
        pen: Pen::Always,
        frozen: true,
        ..Room::clone(&room)
    };
    RoomView {
        room: Arc::new(room),
        has_business,
    }
}

fn responses() -> Vec<(String, Vec<u8>)> {
    let id = &request_id();
    let of_administrators = ListedRoom {
        unread: None,
        read_seq: None,
        last_message: None,
        ..listed()
    };
    let special = ListedRoom {
        view: special_room(),
        ..listed()
    };
    let rooms = [special, listed(), of_administrators];
    let joined = |missed| response::joined(id, &room(), head(), &missed, None, None).to_vec();
    let (online, read) = (Some(&ONLINE[..]), Some(&READ_POSITIONS[..]));
    let joined_receiving =
        response::joined(id, &room(), head(), &Missed::NotRequested, online, read).to_vec();
    let replay = Replay {
        events: vec![(Seq(41), created().kind)],
        rest: None,
    };
    let messages = [message(), message_with_client_id(), edited_message()];
    let text = RequestId::new("\"a string\"");
    [
        ("list.answer", list(&[])),
        ("list.answer", list(&rooms)),
        ("list.portion", page(&[], None)),
        ("list.portion", page(&rooms, Some(RoomId(7)))),
        ("join_room.answer", joined(Missed::NotRequested)),
        ("join_room.answer", joined_receiving),
        ("join_room.answer", joined(Missed::TooMuch)),
        ("join_room.answer", joined(Missed::Events(replay))),
        ("leave_room.answer", response::left(id, ROOM).to_vec()),
        (
            "leave_room.answer",
            response::left(&text, RoomId(-1)).to_vec(),
        ),
        (
            "current_room_info.answer",
            response::current_room(id, &room()).to_vec(),
        ),
        (
            "current_room_info.answer",
            response::current_room(id, &special_room()).to_vec(),
        ),
        (
            "get_room_messages.answer",
            message_range(&[edited_message()]),
        ),
        ("get_room_messages.answer", message_range(&[])),
        ("get_room_messages.page", message_page(&[], 0, None)),
        (
            "get_room_messages.page",
            message_page(&messages, 301, Some(2)),
        ),
        (
            "search_messages.answer",
            found_messages(&messages, Some(Seq(41))),
        ),
        ("search_messages.answer", found_messages(&[], None)),
        (
            "mark_read.answer",
            response::read(id, ROOM, Seq::ZERO).to_vec(),
        ),
        (
            "renew.answer",
            response::renewed(id, 1_718_217_178).to_vec(),
        ),
        ("typing.answer", response::typing(id, ROOM).to_vec()),
        ("get_message_history.answer", versions(&[], None)),
        (
            "get_message_history.answer",
            versions(&all_versions(), Some(Seq(41))),
        ),
        ("get_audit.answer", audit(&[], None)),
        ("get_audit.answer", audit(&audited(), Some(Seq(42)))),
    ]
    .map(|(kind, frame)| (kind.into(), frame))
    .into_iter()
    .chain(follow_responses())
    .collect()
}

fn follow_responses() -> Vec<(String, Vec<u8>)> {
    let unlimited = Allowed {
        requests_per_second: None,
        ..allowed()
    };
    let [all, these] = followed();
    let answers = [(all, allowed()), (these, unlimited)];
    answers
        .map(|(followed, allowed)| {
            let frame = response::followed(&request_id(), &followed, allowed).to_vec();
            ("follow.answer".into(), frame)
        })
        .into()
}

/// What those receive who follow more than the joined room.
fn inbox() -> Vec<(String, Vec<u8>)> {
    let summary = summary();
    let online: &[_] = &ONLINE;
    let user = READ_POSITIONS[0].0;
    let mut frames = vec![
        (
            "room_changed",
            room_changed(&summary, false, None, false).to_vec(),
        ),
        (
            "room_changed",
            room_changed(&summary, true, Some(online), true).to_vec(),
        ),
        ("room_added", room_added(&summary, None).to_vec()),
        ("room_added", room_added(&summary, Some(online)).to_vec()),
        ("typing.told", typing(ROOM, []).to_vec()),
        ("typing.told", typing(ROOM, [user]).to_vec()),
        ("presence", presence(BrandId(2), None).to_vec()),
        (
            "presence",
            presence(BrandId(2), Some(message().created_at)).to_vec(),
        ),
        ("read", read(ROOM, user, Seq(1)).to_vec()),
    ];
    frames.extend(REMOVALS.map(|reason| ("room_removed", room_removed(ROOM, reason).to_vec())));
    let frames = frames.into_iter();
    frames.map(|(kind, frame)| (kind.into(), frame)).collect()
}

fn events() -> Vec<(String, Vec<u8>)> {
    let participants = participants();
    let named = change(41, EventKind::Created(message_with_client_id()));
    let delivered = |kind: &str, event: &RoomEvent| {
        let frames = [
            (".told", frame_of(event, Some(&participants)).to_vec()),
            (
                ".told",
                frame_of(&unrequested(event.clone()), None).to_vec(),
            ),
            (
                ".replayed",
                replayed(&event.room, event.seq, &event.kind, Some(&participants)).to_vec(),
            ),
        ];
        frames.map(|(suffix, frame)| (format!("{kind}{suffix}"), frame))
    };
    let mut frames = Vec::new();
    frames.extend(delivered("create_message", &created()));
    frames.extend(delivered("create_message", &named));
    let special = RoomEvent {
        room: special_room(),
        ..created()
    };
    frames.extend(delivered("create_message", &special));
    frames.extend(delivered("edit_message", &edited()));
    frames.extend(delivered("delete_messages", &deleted(&[])));
    frames.push((
        "create_message.repeated".into(),
        existing_message(&named, Some(&participants)).to_vec(),
    ));
    assert!(partly_deleted(&deleted(&[])).is_none());
    let some = deleted(&[19, 400]);
    let partly = partly_deleted(&some).expect("a frame").to_vec();
    frames.push(("delete_messages.partly".into(), partly));
    frames
}

fn refusals() -> Vec<(String, Vec<u8>)> {
    let mut frames = Vec::new();
    for &action in Action::ALL {
        let refused = |error| response::refused(action, &request_id(), &error).to_vec();
        for code in codes(action) {
            let frame = refused(ProtocolError::new(code, "why"));
            frames.push((format!("{}.refused", action.as_str()), frame));
        }
        let wait = ProtocolError::too_many_requests(Duration::ZERO);
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
        frames.push(("malformed".into(), response::malformed(&malformed).to_vec()));
    }
    let binary = request::Malformed::unreadable(ProtocolError::binary_frame());
    frames.push(("malformed".into(), response::malformed(&binary).to_vec()));
    frames
}

#[test]
fn sent_frame_fits_only_its_kind() {
    let payloads = payloads(&document());
    let frames = frames();
    for (kind, frame) in &frames {
        let kinds = kinds(&payloads, frame);
        let errors: Vec<_> = payloads[kind].iter_errors(frame).collect();
        assert_eq!(kinds, std::slice::from_ref(kind), "{errors:?} in {frame}");
    }
    for kind in payloads.keys() {
        let has_frame = frames.iter().any(|(of, _)| of == kind);
        assert!(has_frame != is_requested(kind), "no frame is ever a {kind}");
    }
}

/// `frame` with a change at each object that is the service's own.
fn altered(frame: &Value) -> Vec<Value> {
    let pointers = [
        "",
        "/data",
        "/data/room",
        "/data/0",
        "/data/results/0",
        "/data/results/0/messages/0",
    ];
    let mut altered = Vec::new();
    for path in pointers {
        let Some(keys) = frame.pointer(path).and_then(Value::as_object) else {
            continue;
        };
        let with = |edit: &dyn Fn(&mut Map<String, Value>)| {
            let mut other = frame.clone();
            let object = other.pointer_mut(path).and_then(Value::as_object_mut);
            edit(object.expect("the same place"));
            other
        };
        altered.push(with(&|object| {
            object.insert("surprise".into(), json!(1));
        }));
        // What may be missing of a frame that is of the same kind without it.
        let optional = [
            "client_msg_id",
            "resumed",
            "unread",
            "read_seq",
            "room",
            "frozen",
            "kind",
            "pen",
            "online",
            "read_positions",
            "last_seen",
        ];
        for key in keys.keys().filter(|key| !optional.contains(&key.as_str())) {
            altered.push(with(&|object| {
                object.remove(key);
            }));
        }
    }
    altered
}

#[test]
fn frame_with_other_keys_fits_nothing() {
    let payloads = payloads(&document());
    for (kind, frame) in frames() {
        for other in altered(&frame) {
            assert!(!payloads[&kind].is_valid(&other), "{kind}: {other}");
        }
    }
}

#[test]
fn code_with_wrong_status_fits_nothing() {
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
fn every_error_code_is_published() {
    let messages = document()["components"]["messages"].to_string();
    for code in ErrorCode::in_frames() {
        let word = code.as_str();
        assert!(messages.contains(&format!("\"{word}\"")), "{word}");
    }
}
