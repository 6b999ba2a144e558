//! The records of a world file, one function for each kind.
//!
//! A record with an error is still read, with a placeholder for each wrong value:
//! its index stays the same, and its valid fields can be checked against other
//! records. A world with placeholders is never returned.

use std::collections::BTreeMap;

use aftermatch_ports::model::{
    BrandId, MessageId, RoomId, Text, Timestamp, UserId,
    world::{NewBrand, NewMessage, NewRoom, NewUser},
};
use serde_json::value::RawValue;
use time::OffsetDateTime;

use crate::{
    fields,
    json::{self, WHOLE_FILE, must_be},
    record::{Record, placeholder_id},
    report::{KnownKeys, Report},
};

pub(crate) const WORLD: KnownKeys = KnownKeys {
    noun: "a world",
    known: &["users", "brands", "rooms", "messages"],
};
pub(crate) const USER: KnownKeys = KnownKeys {
    noun: "a user",
    known: &["id", "active", "admin", "profile"],
};
pub(crate) const BRAND: KnownKeys = KnownKeys {
    noun: "a brand",
    known: &["id", "user_id", "tariff", "tariff_until", "profile"],
};
pub(crate) const ROOM: KnownKeys = KnownKeys {
    noun: "a room",
    known: &["id", "participants", "kind", "pen", "frozen"],
};
const MESSAGE: KnownKeys = KnownKeys {
    noun: "a message",
    known: &["id", "room_id", "user_id", "text", "created_at"],
};

pub(crate) const RECORDS: KnownKeys = KnownKeys {
    noun: "this body",
    known: &["users", "brands", "rooms"],
};

/// The values of each list, not yet read.
pub(crate) type RawLists<'a> = BTreeMap<&'static str, Vec<&'a RawValue>>;

/// The records of each list, not yet checked against each other.
pub(crate) struct Records {
    pub(crate) users: Vec<NewUser>,
    pub(crate) brands: Vec<NewBrand>,
    pub(crate) rooms: Vec<NewRoom>,
    pub(crate) messages: Vec<NewMessage>,
}

/// The lists in `file`, which has these `keys`.
pub(crate) fn lists<'a>(
    file: &'a RawValue,
    keys: &KnownKeys,
    report: &mut Report<'a>,
) -> RawLists<'a> {
    let Some(world) = report.object(WHOLE_FILE, file, Some(keys)) else {
        return RawLists::new();
    };
    let misspelt = world.keys().any(|key| !keys.known.contains(&key.as_ref()));
    let mut lists = RawLists::new();
    for &list in keys.known {
        match world.get(list) {
            Some(Some(value)) => match json::items(value) {
                Some(items) => {
                    lists.insert(list, items);
                }
                None => {
                    report.add(value, list.to_owned(), must_be(value, "a list"));
                    report.add_unreadable_list(list);
                }
            },
            Some(None) => report.add_unreadable_list(list),
            None if misspelt => report.add_unreadable_list(list),
            None => {}
        }
    }
    lists
}

/// Reads every record of `lists`.
pub(crate) fn read<'a>(lists: &RawLists<'a>, report: &mut Report<'a>) -> Records {
    Records {
        users: each("users", &USER, lists, report, user),
        brands: each("brands", &BRAND, lists, report, brand),
        rooms: each("rooms", &ROOM, lists, report, room),
        messages: each("messages", &MESSAGE, lists, report, message)
            .into_iter()
            .flatten()
            .collect(),
    }
}

fn each<'a, T>(
    list: &'static str,
    keys: &KnownKeys,
    lists: &RawLists<'a>,
    report: &mut Report<'a>,
    read: impl Fn(&mut Record<'a, '_>) -> T,
) -> Vec<T> {
    let values = lists.get(list).into_iter().flatten().enumerate();
    values
        .map(|(index, &value)| {
            let path = format!("{list}[{index}]");
            let object = report.object(&path, value, Some(keys));
            read(&mut Record {
                list,
                path,
                value,
                object,
                placeholder_id: placeholder_id(index),
                known_id: None,
                report,
            })
        })
        .collect()
}

pub(crate) fn user(record: &mut Record<'_, '_>) -> NewUser {
    let id = record.own_id();
    NewUser {
        id: UserId(id.unwrap_or(record.placeholder_id)),
        active: record.optional("active", fields::flag).unwrap_or(true),
        admin: record.optional("admin", fields::flag).unwrap_or(false),
        profile: record.profile(id),
    }
}

pub(crate) fn brand(record: &mut Record<'_, '_>) -> NewBrand {
    let id = record.own_id();
    let owner = record.required("user_id", fields::id);
    let until = record.optional("tariff_until", fields::time_or_null);
    NewBrand {
        id: BrandId(id.unwrap_or(record.placeholder_id)),
        owner: UserId(owner.unwrap_or(record.placeholder_id)),
        tariff: record.optional("tariff", fields::tariff).flatten(),
        tariff_until: until.flatten(),
        profile: record.profile(id),
    }
}

pub(crate) fn room(record: &mut Record<'_, '_>) -> NewRoom {
    let id = record.own_id().unwrap_or(record.placeholder_id);
    NewRoom {
        id: RoomId(id),
        participants: record.participants(),
        kind: record.optional("kind", fields::kind).unwrap_or_default(),
        pen: record.optional("pen", fields::pen).unwrap_or_default(),
        frozen: record.optional("frozen", fields::flag).unwrap_or(false),
    }
}

fn message(record: &mut Record<'_, '_>) -> Option<NewMessage> {
    let room = record.required("room_id", fields::id);
    let author = record.required("user_id", fields::id);
    let at = record.required("created_at", fields::time);
    let text = record.required("text", fields::text);
    Some(NewMessage {
        id: record.optional("id", fields::id).map(MessageId),
        room: RoomId(room.unwrap_or(record.placeholder_id)),
        author: UserId(author.unwrap_or(record.placeholder_id)),
        // Never `None`: "?" is a valid text.
        text: text.or_else(|| Text::new("?", 1).ok())?,
        created_at: at.unwrap_or_else(|| Timestamp::from(OffsetDateTime::UNIX_EPOCH)),
    })
}
