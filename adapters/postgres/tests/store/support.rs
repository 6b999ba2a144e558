//! A world to try the store on, and the store itself.

#![allow(dead_code, reason = "not every test binary needs all of it")]

use std::time::Duration;

use aftermatch_ports::{
    Draft, Guard, People, Read, Rooms,
    model::{
        BrandId, ClientMsgId, MessageId, Profile, RoomId, Text, Timestamp, UserId, World,
        world::{NewBrand, NewMessage, NewRoom, NewUser},
    },
};
use aftermatch_postgres::{ImportError, Imported, Options, Postgres, import};
use aftermatch_testdb::{Database, Platform};
use time::OffsetDateTime;

pub fn options(database: &Database) -> Options {
    Options {
        url: database.url().to_owned(),
        pool: 4,
        statement_timeout: Duration::from_secs(10),
    }
}

pub async fn store(database: &Database) -> Postgres {
    let store = Postgres::connect(&options(database)).await;
    store.expect("a connection")
}

/// A fresh database that holds `world`, and the platform's hand on it.
pub async fn holding(world: &World) -> (Database, Platform) {
    let database = aftermatch_testdb::fresh().await;
    bring(&database, world).await.expect("the world goes in");
    let platform = Platform::connect(database.url()).await;
    (database, platform)
}

pub async fn bring(database: &Database, world: &World) -> Result<Imported, ImportError> {
    import(&options(database), world, |_| {}).await
}

pub fn profile(text: &str) -> Profile {
    Profile::new(text)
}

pub fn user(id: i64) -> NewUser {
    NewUser {
        id: UserId(id),
        active: true,
        admin: false,
        profile: profile("{}"),
    }
}

/// A brand of that user.
pub fn brand(id: i64, owner: i64) -> NewBrand {
    NewBrand {
        id: BrandId(id),
        owner: UserId(owner),
        tariff: None,
        tariff_until: None,
        profile: profile("{}"),
    }
}

pub fn room(id: i64, participants: &[i64]) -> NewRoom {
    NewRoom {
        id: RoomId(id),
        participants: participants.iter().copied().map(BrandId).collect(),
    }
}

pub fn text(text: &str) -> Text {
    Text::new(text, 100).expect("a fit text")
}

/// A message to be sent, called so by its author's program.
pub fn draft(says: &str, name: Option<&str>) -> Draft {
    Draft {
        text: text(says),
        client_id: name.map(|name| ClientMsgId::new(name).expect("a fit name")),
    }
}

/// A moment, so many milliseconds after the first.
pub fn at(millisecond: i64) -> Timestamp {
    (OffsetDateTime::UNIX_EPOCH + Duration::from_millis(millisecond.unsigned_abs())).into()
}

/// A message in that room by that user at that millisecond.
pub fn message(id: Option<i64>, room: i64, author: i64, at_: i64, says: &str) -> NewMessage {
    NewMessage {
        id: id.map(MessageId),
        room: RoomId(room),
        author: UserId(author),
        text: text(says),
        at: at(at_),
    }
}

pub fn world(
    users: Vec<NewUser>,
    brands: Vec<NewBrand>,
    rooms: Vec<NewRoom>,
    messages: Vec<NewMessage>,
) -> World {
    World::new(users, brands, rooms, messages).expect("a world without a mistake")
}

/// Users 1 to 4; brands 11 of user 1, 12 of 2 and 13 of 3; rooms 21 (brands 11, 12),
/// 22 (12, 13) and 23 (13, 11), with these messages.
pub fn town(messages: Vec<NewMessage>) -> World {
    world(
        (1..=4).map(user).collect(),
        vec![brand(11, 1), brand(12, 2), brand(13, 3)],
        vec![
            room(21, &[11, 12]),
            room(22, &[12, 13]),
            room(23, &[13, 11]),
        ],
        messages,
    )
}

/// The guard on a room and a user as they are now.
pub async fn guard(store: &Postgres, room: i64, user: i64) -> Guard {
    let (room, user) = (RoomId(room), UserId(user));
    let there = store.room(room, Read::Fresh).await.expect("a database");
    let known = store.user(user, Read::Fresh).await.expect("a database");
    Guard {
        room,
        room_revision: there.expect("the room").revision,
        user,
        user_revision: known.expect("the user").revision,
    }
}
