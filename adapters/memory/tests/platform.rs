//! What the platform changes in the store, where no port shows it.

#![allow(clippy::expect_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::task::{Context, Waker};

use aftermatch_memory::{InvalidReference, Memory};
use aftermatch_ports::model::{
    BrandId, MessageId, Profile, Revision, Room, RoomId, Text, User, UserId, World,
    world::{NewBrand, NewMessage, NewRoom, NewUser},
};
use aftermatch_ports::{
    CreateOutcome, Draft, Messages, Outcome, People, Precondition, Read, Revisions, Rooms,
};
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

/// The brands of Anna (21) and Boris (22) in a room.
fn memory(messages: Vec<NewMessage>) -> Memory {
    let users = vec![user(ANNA), user(BORIS)];
    let brands = vec![brand(21, ANNA), brand(22, BORIS)];
    let world = World::new(users, brands, vec![room(&[21, 22])], messages);
    Memory::new(world.expect("a valid world"))
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
    let precondition = Precondition {
        room: ROOM,
        room_revision: the_room(&memory).await.revision,
        user: ANNA,
        user_revision: anna(&memory).await.revision,
    };
    assert_ne!(precondition.room_revision, Revision(0));
    let NewMessage {
        text, created_at, ..
    } = message(None);
    let draft = Draft {
        text,
        client_msg_id: None,
    };
    let outcome = memory.create(precondition, draft, created_at).await;
    let Outcome::Committed(CreateOutcome::Created(created)) = outcome.expect("memory") else {
        panic!("neither the room nor the user has changed");
    };
    assert_eq!(created.seq.0, 4);
    assert_eq!(created.id, MessageId(i64::MIN + 1));
}
