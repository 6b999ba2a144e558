use aftermatch_ports::model::{
    Attachments, ClientMsgId, Epoch, MessageId, Profile, RequestId, Seq, Text,
};
use mockall::predicate::eq;

use super::*;
use crate::testing::{EPOCH, Mocks, OTHER, ROOM, admin, ann, at, head, room, text};

fn id() -> Option<ClientMsgId> {
    Some(ClientMsgId::new("a-1").unwrap())
}

/// Event `seq` of [`ROOM`], which another process committed at second 15.
fn remote(seq: i64, kind: RemoteKind) -> RemoteEvent {
    RemoteEvent {
        room: ROOM,
        epoch: EPOCH,
        seq: Seq(seq),
        content: Some(RemoteContent {
            at: at(15),
            by: ann().id,
            author: ann().revision,
            room: room().revision,
            request_id: RequestId::new("7"),
            kind,
        }),
    }
}

fn created() -> RemoteKind {
    RemoteKind::Created {
        id: MessageId(18),
        text: text("hello"),
        attachments: attachments(),
        client_msg_id: id(),
    }
}

/// The same as it is delivered, with this author and in this room.
fn delivered(kind: EventKind, room: Room) -> RoomEvent {
    RoomEvent {
        seq: Seq(42),
        epoch: EPOCH,
        at: at(15),
        by: ann().id,
        room: Arc::new(room).at(at(15)),
        requester: None,
        request_id: RequestId::new("7"),
        kind,
    }
}

fn attachments() -> Option<Attachments> {
    Some(Attachments::stored(r#"[{"id":"f"}]"#))
}

fn message_of(author: &User) -> EventKind {
    EventKind::Created(Message {
        id: MessageId(18),
        room: ROOM,
        author: Author {
            id: author.id,
            profile: author.profile.clone(),
        },
        text: text("hello"),
        attachments: attachments(),
        created_at: at(15),
        edited_at: None,
        client_msg_id: id(),
        seq: Seq(42),
        changed_seq: Seq(42),
    })
}

/// [`ROOM`] is joined and was delivered up to event 41.
fn joined() -> Mocks {
    let mut mocks = Mocks::untouched();
    let delivered = mocks.broadcast.expect_delivered();
    delivered.returning(|room| (room == ROOM).then_some(head(41)));
    mocks
}

fn expect_insert(mocks: &mut Mocks, event: RoomEvent) {
    let insert = mocks.broadcast.expect_insert().once();
    insert.with(eq(vec![event])).return_const(());
}

fn expect_expected(mocks: &mut Mocks, last_seq: i64) {
    let expect = mocks.broadcast.expect_expect().once();
    expect.with(eq(ROOM), eq(head(last_seq))).return_const(());
}

#[test]
fn remote_event_is_delivered_as_its_process_delivers_it() {
    let edited = |id, text| (RemoteKind::Edited { id, text }, id);
    let (edited, id) = edited(MessageId(3), Text::stored("x"));
    let ids = vec![MessageId(9), MessageId(7)];
    let (remote_ids, missing) = (ids.clone(), vec![]);
    for (kind, expected) in [
        (created(), message_of(&ann())),
        (
            edited,
            EventKind::Edited {
                id,
                text: Text::stored("x"),
            },
        ),
        (
            RemoteKind::Deleted { ids: remote_ids },
            EventKind::Deleted { ids, missing },
        ),
    ] {
        let mut mocks = joined().finding(Read::Cached, &ann(), room());
        expect_insert(&mut mocks, delivered(expected, room()));
        mocks.receive([vec![remote(42, kind)]]);
    }
}

#[test]
fn outdated_cache_is_read_again() {
    let old_room = Room {
        revision: Revision(9),
        ..room()
    };
    let old_user = User {
        revision: Revision(29),
        profile: Profile::new("{\"old\":1}"),
        ..ann()
    };
    let mut mocks =
        joined()
            .finding(Read::Cached, &old_user, old_room)
            .finding(Read::Fresh, &ann(), room());
    expect_insert(&mut mocks, delivered(message_of(&ann()), room()));
    mocks.receive([vec![remote(42, created())]]);
}

#[test]
fn event_without_content_is_expected() {
    let mut mocks = joined();
    expect_expected(&mut mocks, 42);
    let event = RemoteEvent {
        content: None,
        ..remote(42, created())
    };
    mocks.receive([vec![event]]);
}

#[test]
fn event_whose_author_or_room_cannot_be_read_is_expected() {
    let away = || StoreError::transient("the store is away");
    let mut mocks = joined();
    let room = mocks.rooms.expect_room();
    room.returning(move |_, _| Err(away()));
    expect_expected(&mut mocks, 42);
    mocks.receive([vec![remote(42, created())]]);

    let mut mocks = joined()
        .finding(Read::Cached, &admin(), crate::testing::room())
        .finding(Read::Fresh, &admin(), crate::testing::room());
    expect_expected(&mut mocks, 42);
    mocks.receive([vec![remote(42, created())]]);
}

#[test]
fn event_of_other_log_is_delivered_with_its_epoch() {
    let other = Epoch { store: 8, ..EPOCH };
    let mut mocks = joined().finding(Read::Cached, &ann(), room());
    let event = RoomEvent {
        epoch: other,
        ..delivered(message_of(&ann()), room())
    };
    expect_insert(&mut mocks, event);
    let event = RemoteEvent {
        epoch: other,
        ..remote(42, created())
    };
    mocks.receive([vec![event]]);
}

/// Nobody here is seated there, or the first join is being answered.
#[test]
fn event_of_room_without_delivery_costs_no_read() {
    let mut mocks = joined();
    let there = LogHead {
        last_seq: Seq(90),
        ..head(0)
    };
    let expect = mocks.broadcast.expect_expect().once();
    expect.with(eq(OTHER), eq(there)).return_const(());
    let event = RemoteEvent {
        room: OTHER,
        ..remote(90, created())
    };
    mocks.receive([vec![event], vec![]]);
}

#[test]
fn events_of_one_room_are_delivered_together() {
    let mut mocks = joined().finding(Read::Cached, &ann(), room());
    let insert = mocks.broadcast.expect_insert().once();
    insert
        .withf(|events| events.iter().map(|event| event.seq.0).eq([42, 44, 43]))
        .return_const(());
    let batch = [42, 44, 43].map(|seq| remote(seq, created()));
    mocks.receive([batch.to_vec()]);
}

/// Nobody here is seated in [`ROOM`], but somebody follows it, up to event 41.
fn followed() -> Mocks {
    let mut mocks = Mocks::untouched();
    mocks.broadcast.expect_delivered().return_const(None);
    expect_expected(&mut mocks, 42);
    let is_next = mocks.inbox.expect_is_next().once();
    is_next.with(eq(ROOM), eq(head(42))).return_const(true);
    mocks
}

#[test]
fn next_event_of_followed_room_comes_whole() {
    let mut mocks = followed().finding(Read::Cached, &ann(), room());
    let expected = delivered(message_of(&ann()), room());
    let event = mocks.inbox.expect_event().once();
    event
        .withf(move |event| *event == expected)
        .return_const(());
    mocks.receive([vec![remote(42, created())]]);
}

#[test]
fn unreadable_event_of_followed_room_is_written() {
    let mut mocks = followed();
    let room = mocks.rooms.expect_room();
    room.returning(|_, _| Err(StoreError::transient("the store is away")));
    let written = mocks.inbox.expect_written().once();
    written.with(eq(ROOM), eq(Seq(42))).return_const(());
    mocks.receive([vec![remote(42, created())]]);
}
