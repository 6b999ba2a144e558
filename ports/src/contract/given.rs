//! Small worlds to try the laws on.

use aftermatch_model::{
    BrandId, MessageId, Profile, RoomId, Text, UserId, World,
    world::{NewBrand, NewMessage, NewRoom, NewUser},
};

use super::Subject;
use crate::Scope;

/// Owns the brand [`ANNAS`].
pub(super) const ANNA: UserId = UserId(1);
/// Owns the brand [`BORISS`].
pub(super) const BORIS: UserId = UserId(2);
/// An administrator without a brand.
pub(super) const ADMIN: UserId = UserId(3);
pub(super) const ANNAS: BrandId = BrandId(21);
pub(super) const BORISS: BrandId = BrandId(22);
/// Where both talk.
pub(super) const ROOM: RoomId = RoomId(31);
/// Where both talk too.
pub(super) const OTHER: RoomId = RoomId(32);
/// Who and what never was.
pub(super) const NOBODY: UserId = UserId(404);
pub(super) const NOWHERE: RoomId = RoomId(404);
pub(super) const NOTHING: MessageId = MessageId(404_404_404);

pub(super) fn profile(id: i64) -> Profile {
    Profile::new(format!(r#"{{"id":{id}}}"#))
}

pub(super) fn user(id: UserId) -> NewUser {
    NewUser {
        id,
        active: true,
        admin: id == ADMIN,
        profile: profile(id.0),
    }
}

pub(super) fn brand(id: BrandId, owner: UserId) -> NewBrand {
    NewBrand {
        id,
        owner,
        tariff: None,
        tariff_until: None,
        profile: profile(id.0),
    }
}

pub(super) fn room(id: RoomId, participants: &[BrandId]) -> NewRoom {
    NewRoom {
        id,
        participants: participants.to_vec(),
    }
}

pub(super) fn message<S: Subject>(id: Option<i64>, room: RoomId, author: UserId) -> NewMessage {
    NewMessage {
        id: id.map(MessageId),
        room,
        author,
        text: text(),
        at: S::moment(),
    }
}

pub(super) fn text() -> Text {
    Text::new("hello", 5).expect("a fit text")
}

/// The rooms of Anna's brand, as she reads them.
pub(super) const ANNA_READS: Scope = Scope::Brand {
    brand: ANNAS,
    reader: ANNA,
};
/// The rooms of Boris's brand, as he reads them.
pub(super) const BORIS_READS: Scope = Scope::Brand {
    brand: BORISS,
    reader: BORIS,
};

/// Anna, Boris and an administrator, with these rooms of the two.
pub(super) fn people_and(rooms: Vec<NewRoom>) -> World {
    people_rooms_and(rooms, Vec::new())
}

/// The same with the two rooms, and with what was written there before.
pub(super) fn talk(messages: Vec<NewMessage>) -> World {
    let participants = [ANNAS, BORISS];
    let rooms = vec![room(ROOM, &participants), room(OTHER, &participants)];
    people_rooms_and(rooms, messages)
}

fn people_rooms_and(rooms: Vec<NewRoom>, messages: Vec<NewMessage>) -> World {
    let users = vec![user(ANNA), user(BORIS), user(ADMIN)];
    let brands = vec![brand(ANNAS, ANNA), brand(BORISS, BORIS)];
    World::new(users, brands, rooms, messages).expect("a world without a mistake")
}

/// Users 1, 2, … who own brands 1001, 1002, …, with these rooms.
pub(super) fn crowd(size: i64, rooms: Vec<NewRoom>) -> World {
    let users = (1..=size).map(|id| user(UserId(id))).collect();
    let brands = (1..=size)
        .map(|id| brand(BrandId(1000 + id), UserId(id)))
        .collect();
    World::new(users, brands, rooms, Vec::new()).expect("a world without a mistake")
}
