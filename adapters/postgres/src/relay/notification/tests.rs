use std::slice;

use aftermatch_ports::{
    RemoteContent, RemoteKind,
    model::{
        BrandId, ClientMsgId, Epoch, MessageId, RequestId, Revision, Seq, Text, Timestamp, UserId,
    },
};
use time::OffsetDateTime;

use aftermatch_relay::{
    Line, from_json,
    lines::{HELLO, OFFLINE, ONLINE, UNWATCH, WATCH, confirm, decode},
};

use super::*;

fn remote(room: i64, seq: i64, request_id: Option<&str>, kind: RemoteKind) -> RemoteEvent {
    RemoteEvent {
        room: RoomId(room),
        epoch: Epoch {
            store: u32::MAX,
            room: -7,
        },
        seq: Seq(seq),
        content: Some(RemoteContent {
            at: at(1_718_647_200_123),
            by: UserId(3),
            author: Revision(i64::MAX),
            room: Revision(5),
            request_id: request_id.map_or(RequestId::NONE, RequestId::new),
            kind,
        }),
    }
}

/// This many milliseconds after 1970.
fn at(milliseconds: i64) -> Timestamp {
    let at = OffsetDateTime::from_unix_timestamp_nanos(i128::from(milliseconds) * 1_000_000);
    at.unwrap().into()
}

fn created(text: &str, client_msg_id: Option<&str>) -> RemoteKind {
    RemoteKind::Created {
        id: MessageId(9),
        text: Text::stored(text),
        attachments: None,
        client_msg_id: client_msg_id.map(|id| ClientMsgId::new(id).unwrap()),
    }
}

fn edited(text: &str) -> RemoteKind {
    RemoteKind::Edited {
        id: MessageId(i64::MIN),
        text: Text::stored(text),
    }
}

fn deleted(ids: impl IntoIterator<Item = i64>) -> RemoteKind {
    RemoteKind::Deleted {
        ids: ids.into_iter().map(MessageId).collect(),
    }
}

fn without_content(event: &RemoteEvent) -> RemoteEvent {
    RemoteEvent {
        content: None,
        ..event.clone()
    }
}

fn round_trip(events: &[RemoteEvent]) -> Vec<RemoteEvent> {
    let mut packer = Packer::default();
    for event in events {
        packer.event(&[To::One(7)], event);
    }
    let sent = packer.finish();
    let fits = |each: &Notification| each.to == To::One(7) && each.payload.len() < 8_000;
    assert!(sent.iter().all(fits));
    let lines = sent.iter().flat_map(|each| decode(&each.payload));
    let events = lines.map(|line| match line {
        Line::Event(room, json) => from_json(room, json).expect("an event"),
        other => panic!("{other:?}"),
    });
    events.collect()
}

#[test]
fn events_encoded_and_decoded_are_equal() {
    let odd = "\"two\nlines\", \\ \u{1} \u{2028} ж 🦀  \t\r\n ";
    let events = [
        remote(1, 1, None, created("hello", None)),
        remote(i64::MAX, i64::MAX, Some("1500000"), edited(odd)),
        remote(-2, 7, Some(odd), created(odd, Some("a.B:c-1_"))),
        remote(3, 8, Some(" 7\n"), deleted([])),
        remote(3, 9, Some("null"), deleted([3, 1, 2])),
        remote(3, 10, Some("{\"a\" : 1.50}"), deleted(1..300)),
    ];
    assert_eq!(round_trip(&events), events);
    assert_eq!(round_trip(&[]), []);
    let bare = events.each_ref().map(without_content);
    assert_eq!(round_trip(&bare), bare);
}

#[test]
fn time_is_the_same_at_every_moment() {
    for milliseconds in [0, -1, 1, -62_167_219_200_000, 253_402_300_799_999] {
        let mut event = remote(1, 1, None, deleted([1]));
        if let Some(content) = &mut event.content {
            content.at = at(milliseconds);
        }
        assert_eq!(round_trip(&[event.clone()]), [event]);
    }
}

#[test]
fn many_events_take_several_payloads() {
    let events = (1..=2_000).map(|seq| remote(21, seq, Some("77"), edited("hello")));
    let events: Vec<_> = events.collect();
    assert_eq!(round_trip(&events), events);
}

#[test]
fn event_too_large_loses_its_content_only() {
    let text = |length| remote(1, 1, Some("1"), created(&"x".repeat(length), None));
    let fits = (7_000..8_000).filter(|&length| {
        let event = text(length);
        let sent = round_trip(slice::from_ref(&event));
        assert!(sent == [event.clone()] || sent == [without_content(&event)]);
        sent == [event]
    });
    let longest = fits.max().unwrap();
    assert_eq!(
        lines::event(&text(longest), MAX_PAYLOAD_BYTES)
            .unwrap()
            .len(),
        MAX_PAYLOAD_BYTES
    );

    let next = remote(1, 2, None, edited("next"));
    for large in [
        remote(1, 1, Some(&"7".repeat(60_000)), edited("small")),
        remote(1, 1, None, edited(&"\u{1}".repeat(2_000))),
        remote(1, 1, None, deleted(1..10_000)),
    ] {
        let sent = round_trip(&[large.clone(), next.clone()]);
        assert_eq!(sent, [without_content(&large), next.clone()]);
    }
}

#[test]
fn lines_of_processes_are_understood() {
    let mut packer = Packer::default();
    packer.add(To::All, HELLO);
    packer.add(To::All, &confirm(u32::MAX));
    let all = [
        (RoomId(-7), Some(Urgency::AtOnce)),
        (RoomId(7), Some(Urgency::Soon)),
    ];
    packer.list(To::All, &all.into(), true);
    packer.rooms(To::All, &Announcement::from([(RoomId(8), None)]));
    packer.rooms(To::All, &Announcement::new());
    packer.users(To::All, &Announcement::from([(UserId(3), Some(()))]));
    packer.users(To::All, &Announcement::from([(UserId(3), None)]));
    packer.add(To::All, &lines::all(false));
    packer.add(To::All, WATCH);
    packer.add(To::All, UNWATCH);
    packer.ids(To::All, ONLINE, &HashSet::from([BrandId(i64::MIN)]));
    packer.ids(To::All, OFFLINE, &HashSet::from([BrandId(i64::MAX)]));
    let signals = [
        Signal::Typing {
            room: RoomId(-7),
            user: UserId(i64::MIN),
            is_typing: true,
        },
        Signal::Read {
            room: RoomId(8),
            user: UserId(3),
            seq: Seq(i64::MAX),
            shown: None,
        },
    ];
    for signal in signals {
        packer.signal(&[To::All], signal);
    }
    let expected = [
        Line::Hello,
        Line::Confirm(u32::MAX),
        Line::WantAll(true),
        Line::Want(Urgency::AtOnce, vec![RoomId(-7)]),
        Line::Want(Urgency::Soon, vec![RoomId(7)]),
        Line::Listed,
        Line::Unwant(vec![RoomId(8)]),
        Line::WantReads(vec![UserId(3)]),
        Line::UnwantReads(vec![UserId(3)]),
        Line::WantAll(false),
        Line::Watch(true),
        Line::Watch(false),
        Line::Online(vec![BrandId(i64::MIN)], true),
        Line::Online(vec![BrandId(i64::MAX)], false),
        Line::Signal(signals[0]),
        Line::Signal(signals[1]),
    ];
    let [sent] = packer.finish().try_into().expect("one notification");
    assert!(decode(&sent.payload).eq(expected));
}

#[test]
fn rooms_of_any_number_and_length_arrive() {
    let urgencies = [Urgency::AtOnce, Urgency::Soon].into_iter().cycle();
    let rooms = (0..5_000).map(|id| RoomId(i64::MIN + id));
    let all = rooms.zip(urgencies.map(Some)).collect();
    let mut packer = Packer::default();
    packer.list(To::All, &all, false);
    let mut rest = all;
    for sent in packer.finish() {
        assert!(sent.payload.len() < 8_000);
        for line in decode(&sent.payload) {
            match line {
                Line::Want(urgency, rooms) => {
                    let wanted = |room| rest.remove(room) == Some(Some(urgency));
                    assert!(rooms.iter().all(wanted));
                }
                other => assert_eq!((other, rest.len()), (Line::Listed, 0)),
            }
        }
    }
    assert!(rest.is_empty());
}

/// So an older program takes rooms that are wanted soon for wanted.
#[test]
fn unknown_words_before_rooms_are_skipped() {
    let lines: Vec<_> = decode("want now 7 8\n").collect();
    assert_eq!(
        lines,
        [Line::Want(Urgency::AtOnce, vec![RoomId(7), RoomId(8)])]
    );
}

#[test]
fn unknown_lines_are_skipped() {
    let good = r#"1 {"log":[1,2],"seq":3,"new":[]}"#;
    for unknown in [
        "",
        "x",
        "1",
        "1 2 z",
        "hello world",
        "listed 1",
        "confirm -1",
        "confirm 1 2",
        r#"x {"log":[1,2],"seq":3}"#,
        r#"1 {"log":[4294967296,2],"seq":3}"#,
        r#"1 {"log":[1,2],"seq":3"#,
        r#"1 {"log":[1,2],"seq":3,"event":{}}"#,
        r#"1 {"log":[1,2],"seq":3,"event":{"at":1,"by":1,"author":1,"room":1,"kind":{"moved":{}}}}"#,
        r#"1 {"log":[1,2],"seq":3,"event":{"at":9223372036854775807,"by":1,"author":1,"room":1,"kind":{"deleted":{"ids":[]}}}}"#,
        r#"1 {"log":[1,2],"seq":3,"event":{"at":1,"by":1,"author":1,"room":1,"kind":{"created":{"id":1,"text":"","client_msg_id":" "}}}}"#,
    ] {
        let payload = format!("{unknown}\n{good}\n");
        let events = decode(&payload).map(|line| match line {
            Line::Event(room, json) => from_json(room, json),
            other => panic!("{unknown}: {other:?}"),
        });
        assert_eq!(events.flatten().count(), 1, "{unknown}");
    }
}
