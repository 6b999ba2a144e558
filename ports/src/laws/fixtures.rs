//! Small worlds to test on.

use aftermatch_model::{
    BrandId, MessageId, Pen, Profile, RequestId, RoomId, RoomKind, Text, UserId, World,
    world::{NewBrand, NewMessage, NewRoom, NewUser},
};

use super::subject::Subject;
use crate::Scope;

/// Owns the brand [`ANNA_BRAND`].
pub(super) const ANNA: UserId = UserId(1);
/// Owns the brand [`BORIS_BRAND`].
pub(super) const BORIS: UserId = UserId(2);
/// An administrator without a brand.
pub(super) const ADMIN: UserId = UserId(3);
pub(super) const ANNA_BRAND: BrandId = BrandId(21);
pub(super) const BORIS_BRAND: BrandId = BrandId(22);
/// A room of both brands.
pub(super) const ROOM: RoomId = RoomId(31);
/// Another room of both brands.
pub(super) const OTHER: RoomId = RoomId(32);
pub(super) const UNKNOWN_USER: UserId = UserId(404);
pub(super) const UNKNOWN_ROOM: RoomId = RoomId(404);
pub(super) const UNKNOWN_MESSAGE: MessageId = MessageId(404_404_404);

/// The rooms of Anna's brand, read by Anna.
pub(super) const ANNA_SCOPE: Scope = Scope::Brand {
    brand: ANNA_BRAND,
    reader: ANNA,
};
/// The rooms of Boris's brand, read by Boris.
pub(super) const BORIS_SCOPE: Scope = Scope::Brand {
    brand: BORIS_BRAND,
    reader: BORIS,
};

/// A profile as the platform may write it: its text must come back unchanged.
pub(super) const ODD_PROFILE: &str =
    r#"{ "b":1.00,"a":123456789012345678901234567890, "имя":"\u0416" }"#;

/// Request ids as clients may write them. They must come back unchanged: an escape
/// stays one, and `null` is not the same as none.
pub(super) fn odd_request_ids() -> Vec<RequestId> {
    let longest = "7".repeat(1_000);
    let given = [
        "1500000",
        "-0",
        r#""a b""#,
        r#"" two  spaces, \\, \", \n, \\n ""#,
        r#""🦀 \ud83e\udd80 \u0000 e\u0301""#,
        r#""""#,
        "null",
        &longest,
    ];
    let given = given.into_iter().map(RequestId::new);
    given.chain([RequestId::NONE]).collect()
}

/// Texts as clients may write them.
pub(super) const ODD_TEXTS: [&str; 6] = [
    " \u{feff}e\u{301} \"'\\ %s\r\n🦀\t",
    "{\"a\":[1,\n2]}\n\n31 {}\n",
    "\\n \\u0000 \\",
    "\u{1}\u{1f}\u{7f}\u{2028}\u{ffff}",
    "null",
    "{}",
];

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

pub(super) fn inactive(id: UserId) -> NewUser {
    NewUser {
        active: false,
        ..user(id)
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
        kind: RoomKind::default(),
        pen: Pen::default(),
        frozen: false,
    }
}

pub(super) fn message<S: Subject>(id: Option<i64>, room: RoomId, author: UserId) -> NewMessage {
    NewMessage {
        id: id.map(MessageId),
        room,
        author,
        text: Text::stored("hello"),
        created_at: S::t0(),
    }
}

/// Anna, Boris, an administrator and these rooms.
pub(super) fn with_rooms(rooms: Vec<NewRoom>) -> World {
    with_rooms_and_messages(rooms, Vec::new())
}

/// Anna, Boris, an administrator, [`ROOM`], [`OTHER`] and these messages.
pub(super) fn two_rooms(messages: Vec<NewMessage>) -> World {
    let participants = [ANNA_BRAND, BORIS_BRAND];
    let rooms = vec![room(ROOM, &participants), room(OTHER, &participants)];
    with_rooms_and_messages(rooms, messages)
}

fn with_rooms_and_messages(rooms: Vec<NewRoom>, messages: Vec<NewMessage>) -> World {
    let users = vec![user(ANNA), user(BORIS), user(ADMIN)];
    let brands = vec![brand(ANNA_BRAND, ANNA), brand(BORIS_BRAND, BORIS)];
    World::new(users, brands, rooms, messages).expect("a valid world")
}

/// Users 1, 2, … who own brands 1001, 1002, …, and these rooms.
pub(super) fn many_users(count: i64, rooms: Vec<NewRoom>) -> World {
    let users = (1..=count).map(|id| user(UserId(id))).collect();
    let brands = (1..=count)
        .map(|id| brand(BrandId(1000 + id), UserId(id)))
        .collect();
    World::new(users, brands, rooms, Vec::new()).expect("a valid world")
}
