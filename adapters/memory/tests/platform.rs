//! The platform's hand on the store, where no port shows it.

#![allow(clippy::expect_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use aftermatch_memory::{Memory, Misfit};
use aftermatch_ports::model::{
    BrandId, MessageId, Profile, Revision, Room, RoomId, Text, User, UserId, World,
    world::{NewBrand, NewMessage, NewRoom, NewUser},
};
use aftermatch_ports::{
    Creation, Draft, Guard, Messages, People, Read, Rooms, Tiding, Watch, Written,
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
        text: Text::new("hello", 5).expect("a fit text"),
        at: OffsetDateTime::UNIX_EPOCH.into(),
    }
}

/// Anna's and Boris's brands 21 and 22 in a room.
fn memory(messages: Vec<NewMessage>) -> Memory {
    let users = vec![user(ANNA), user(BORIS)];
    let brands = vec![brand(21, ANNA), brand(22, BORIS)];
    let world = World::new(users, brands, vec![room(&[21, 22])], messages);
    Memory::new(world.expect("a world without a mistake"))
}

async fn anna(memory: &Memory) -> Arc<User> {
    let user = memory.user(ANNA, Read::Cached).await;
    user.expect("memory").expect("Anna is there")
}

async fn the_room(memory: &Memory) -> Arc<Room> {
    let room = memory.room(ROOM, Read::Cached).await;
    room.expect("memory").expect("the room is there")
}

#[tokio::test]
async fn what_does_not_fit_is_refused_and_changes_nothing() {
    let memory = memory(vec![]);
    let before = (anna(&memory).await, the_room(&memory).await);

    let owner = UserId(9);
    let id = BrandId(21);
    let no_owner = Misfit::NoSuchOwner { brand: id, owner };
    assert_eq!(memory.put_brand(brand(21, owner)), Err(no_owner));
    let second = Misfit::OwnsAnother {
        brand: BrandId(23),
        owner: ANNA,
        owned: id,
    };
    assert_eq!(memory.put_brand(brand(23, ANNA)), Err(second));
    let unknown = Misfit::NoSuchParticipant {
        room: ROOM,
        brand: BrandId(23),
    };
    assert_eq!(memory.put_room(room(&[22, 23])), Err(unknown));
    let twice = Misfit::TwiceInRoom {
        room: ROOM,
        brand: id,
    };
    assert_eq!(memory.put_room(room(&[21, 22, 21])), Err(twice));

    assert_eq!((anna(&memory).await, the_room(&memory).await), before);
}

#[tokio::test]
async fn a_user_and_a_room_are_built_once_for_all_who_read_them() {
    let memory = memory(vec![]);
    let (user_before, room_before) = (anna(&memory).await, the_room(&memory).await);
    memory.put_user(user(BORIS));
    memory
        .put_brand(brand(21, ANNA))
        .expect("a brand that fits");
    assert!(Arc::ptr_eq(&user_before, &anna(&memory).await));
    assert!(Arc::ptr_eq(&room_before, &the_room(&memory).await));
}

#[tokio::test]
async fn what_is_changed_is_there_to_look_at_without_waiting() {
    let memory = memory(vec![]);
    let at_once = || {
        let mut context = Context::from_waker(Waker::noop());
        memory.next().as_mut().poll(&mut context)
    };
    let changes: [fn(&Memory); 4] = [
        |memory| memory.put_user(user(BORIS)),
        |memory| memory.put_brand(brand(21, ANNA)).expect("it fits"),
        |memory| memory.put_room(room(&[22])).expect("it fits"),
        |memory| memory.remove_room(ROOM),
    ];
    for change in changes {
        assert!(at_once().is_pending(), "there is nothing new");
        change(&memory);
        assert_eq!(at_once(), Poll::Ready(Tiding::Look));
    }
}

#[tokio::test]
async fn behind_the_highest_number_of_all_none_is_used_twice() {
    let memory = memory(vec![
        message(Some(i64::MAX)),
        message(None),
        message(Some(1)),
    ]);
    let guard = Guard {
        room: ROOM,
        room_revision: the_room(&memory).await.revision,
        user: ANNA,
        user_revision: anna(&memory).await.revision,
    };
    assert_ne!(guard.room_revision, Revision(0));
    let NewMessage { text, at, .. } = message(None);
    let draft = Draft {
        text,
        client_id: None,
    };
    let written = memory.create(guard, draft, at).await.expect("memory");
    let Written::Done(Creation::Created(created)) = written else {
        panic!("nothing has changed");
    };
    assert_eq!(created.seq.0, 4);
    assert_eq!(created.id, MessageId(i64::MIN + 1));
}
