//! What only this store does: changes by the platform where no port shows them, and
//! what depends on the clock.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::sync::Arc;
use std::task::{Context, Waker};
use std::time::Duration;

use aftermatch_memory::Memory;
use aftermatch_ports::model::{
    BrandId, InvalidReference, MessageId, Pen, Profile, RequestId, Revision, Room, RoomId,
    RoomKind, Text, Timestamp, User, UserId, World,
    world::{NewBrand, NewMessage, NewRoom, NewUser},
};
use aftermatch_ports::{
    Clock, Commit, CreateOne, CreateOutcome, Created, Draft, Log, Messages, Outcome, People,
    Precondition, Read, Revisions, Rooms,
};
use parking_lot::Mutex;
use time::OffsetDateTime;

const ANNA: UserId = UserId(1);
const BORIS: UserId = UserId(2);
const ROOM: RoomId = RoomId(31);

fn user(id: UserId) -> NewUser {
    NewUser {
        id,
        active: true,
        admin: false,
        profile: Profile::new("{}"),
    }
}

fn brand(id: i64, owner: UserId) -> NewBrand {
    NewBrand {
        id: BrandId(id),
        owner,
        tariff: None,
        tariff_until: None,
        profile: Profile::new("{}"),
    }
}

fn room(participants: &[i64]) -> NewRoom {
    NewRoom {
        id: ROOM,
        participants: participants.iter().copied().map(BrandId).collect(),
        kind: RoomKind::default(),
        pen: Pen::default(),
        frozen: false,
    }
}

fn message(id: Option<i64>) -> NewMessage {
    NewMessage {
        id: id.map(MessageId),
        room: ROOM,
        author: ANNA,
        text: Text::new("hello", 5).expect("a valid text"),
        created_at: OffsetDateTime::UNIX_EPOCH.into(),
    }
}

/// Shows the time that it is set to, in seconds since 1970.
struct Watch(Mutex<i64>);

impl Clock for Watch {
    fn now(&self) -> Timestamp {
        at(*self.0.lock())
    }
}

fn at(second: i64) -> Timestamp {
    let at = OffsetDateTime::from_unix_timestamp(second);
    at.expect("a valid second").into()
}

fn memory(messages: Vec<NewMessage>) -> Memory {
    memory_at(1_000, messages).0
}

/// The brands of Anna (21) and Boris (22) in a room, and the clock of the store.
fn memory_at(second: i64, messages: Vec<NewMessage>) -> (Memory, Arc<Watch>) {
    let users = vec![user(ANNA), user(BORIS)];
    let brands = vec![brand(21, ANNA), brand(22, BORIS)];
    let world = World::new(users, brands, vec![room(&[21, 22])], messages);
    let watch = Arc::new(Watch(Mutex::new(second)));
    let memory = Memory::new(world.expect("a valid world"), watch.clone());
    (memory, watch)
}

async fn anna(memory: &Memory) -> Arc<User> {
    let user = memory.user(ANNA, Read::Cached).await;
    user.expect("memory").expect("Anna exists")
}

async fn the_room(memory: &Memory) -> Arc<Room> {
    let room = memory.room(ROOM, Read::Cached).await;
    room.expect("memory").expect("the room exists")
}

#[tokio::test]
async fn invalid_reference_is_refused_and_changes_nothing() {
    let memory = memory(vec![]);
    let before = (anna(&memory).await, the_room(&memory).await);

    let owner = UserId(9);
    let id = BrandId(21);
    let no_owner = InvalidReference::UnknownOwner { brand: id, owner };
    assert_eq!(memory.put_brand(brand(21, owner)), Err(no_owner));
    let second = InvalidReference::OwnerHasBrand {
        brand: BrandId(23),
        owner: ANNA,
        owned: id,
    };
    assert_eq!(memory.put_brand(brand(23, ANNA)), Err(second));
    let unknown = InvalidReference::UnknownParticipant {
        room: ROOM,
        brand: BrandId(23),
    };
    assert_eq!(memory.put_room(room(&[22, 23])), Err(unknown));
    let twice = InvalidReference::DuplicateParticipant {
        room: ROOM,
        brand: id,
    };
    assert_eq!(memory.put_room(room(&[21, 22, 21])), Err(twice));

    assert_eq!((anna(&memory).await, the_room(&memory).await), before);
}

#[tokio::test]
async fn unchanged_user_and_room_are_shared() {
    let memory = memory(vec![]);
    let (user_before, room_before) = (anna(&memory).await, the_room(&memory).await);
    memory.put_user(user(BORIS));
    memory.put_brand(brand(21, ANNA)).expect("a valid brand");
    assert!(Arc::ptr_eq(&user_before, &anna(&memory).await));
    assert!(Arc::ptr_eq(&room_before, &the_room(&memory).await));
}

#[tokio::test]
async fn platform_change_makes_recheck_return_at_once() {
    let memory = memory(vec![]);
    let at_once = || {
        let mut context = Context::from_waker(Waker::noop());
        memory.recheck().as_mut().poll(&mut context)
    };
    let changes: [fn(&Memory); 4] = [
        |memory| memory.put_user(user(BORIS)),
        |memory| {
            memory
                .put_brand(brand(21, ANNA))
                .expect("a valid reference")
        },
        |memory| memory.put_room(room(&[22])).expect("a valid reference"),
        |memory| memory.remove_room(ROOM),
    ];
    for change in changes {
        assert!(at_once().is_pending(), "nothing has changed");
        change(&memory);
        assert!(at_once().is_ready());
    }
}

#[tokio::test]
async fn message_id_after_the_highest_is_unused() {
    let memory = memory(vec![
        message(Some(i64::MAX)),
        message(None),
        message(Some(1)),
    ]);
    let created = create(&memory).await;
    assert_eq!(created.commit.seq.0, 4);
    assert_eq!(created.id, MessageId(i64::MIN + 1));
}

#[tokio::test]
async fn time_stays_while_clock_goes_back() {
    let imported = NewMessage {
        created_at: at(500),
        ..message(None)
    };
    let (memory, watch) = memory_at(1_000, vec![imported]);
    for (now, expected) in [
        (1_000, 1_000),
        (1_001, 1_001),
        (400, 1_001),
        (1_000, 1_001),
        (1_002, 1_002),
    ] {
        *watch.0.lock() = now;
        assert_eq!(create(&memory).await.commit.at, at(expected));
    }
}

#[tokio::test]
async fn purge_forgets_what_is_old_enough() {
    let (memory, watch) = memory_at(1_000, vec![]);
    let first = create(&memory).await.id;
    let second = create(&memory).await.id;
    edit(&memory, first).await;
    *watch.0.lock() = 1_060;
    edit(&memory, second).await;
    *watch.0.lock() = 1_100;
    for (keep, expected) in [(101, 0), (100, 1), (100, 0), (41, 0), (40, 1), (0, 0)] {
        let keep = Duration::from_secs(keep);
        let count = memory.purge(keep, 10).await.expect("memory");
        assert_eq!(count, expected, "{keep:?}");
    }
}

/// Creates a message of Anna.
async fn create(memory: &Memory) -> Created {
    let draft = Draft {
        text: message(None).text,
        attachments: None,
        client_msg_id: None,
        request_id: RequestId::NONE,
    };
    let precondition = precondition(memory).await;
    let outcome = memory.create_one(precondition, draft).await;
    match outcome.expect("memory") {
        Outcome::Committed(CreateOutcome::Created(created)) => created,
        other => panic!("neither the room nor the user has changed: {other:?}"),
    }
}

/// Edits a message of Anna.
async fn edit(memory: &Memory, id: MessageId) -> Commit {
    let precondition = precondition(memory).await;
    let text = message(None).text;
    let outcome = memory.edit(precondition, id, text, RequestId::NONE).await;
    match outcome.expect("memory") {
        Outcome::Committed(Some(commit)) => commit,
        other => panic!("the message exists: {other:?}"),
    }
}

/// The precondition of a write of Anna.
async fn precondition(memory: &Memory) -> Precondition {
    let room = the_room(memory).await;
    assert_ne!(room.revision, Revision(0));
    Precondition {
        room: ROOM,
        room_revision: room.revision,
        room_epoch: room.epoch.room,
        user: ANNA,
        user_revision: anna(memory).await.revision,
    }
}
