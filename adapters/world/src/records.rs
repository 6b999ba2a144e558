//! The records of a world file, one function for each kind.
//!
//! A record that has a mistake is read on with something unheard-of in place of
//! what is wrong, so that it keeps its index and what is right in it can still
//! be compared with the rest. Such a world is never handed out.

use std::collections::BTreeMap;

use aftermatch_ports::model::{
    BrandId, MessageId, RoomId, Text, Timestamp, UserId,
    world::{NewBrand, NewMessage, NewRoom, NewUser},
};
use serde_json::value::RawValue;
use time::OffsetDateTime;

use crate::{
    fields,
    json::{self, FILE, wrong},
    record::{Record, unheard_of},
    report::{Keys, Report},
};

const WORLD: Keys = Keys {
    what: "a world",
    known: &["users", "brands", "rooms", "messages"],
};
const USER: Keys = Keys {
    what: "a user",
    known: &["id", "active", "admin", "profile"],
};
const BRAND: Keys = Keys {
    what: "a brand",
    known: &["id", "user_id", "tariff", "tariff_until", "profile"],
};
const ROOM: Keys = Keys {
    what: "a room",
    known: &["id", "participants"],
};
const MESSAGE: Keys = Keys {
    what: "a message",
    known: &["id", "room_id", "user_id", "text", "created_at"],
};

/// The records of each list, unread.
pub(crate) type Lists<'a> = BTreeMap<&'static str, Vec<&'a RawValue>>;

/// The records of each list, not yet compared with one another.
pub(crate) struct Draft {
    pub(crate) users: Vec<NewUser>,
    pub(crate) brands: Vec<NewBrand>,
    pub(crate) rooms: Vec<NewRoom>,
    pub(crate) messages: Vec<NewMessage>,
}

/// The lists of the world that is `file`.
pub(crate) fn lists<'a>(file: &'a RawValue, report: &mut Report<'a>) -> Lists<'a> {
    let Some(world) = report.object(FILE, file, Some(&WORLD)) else {
        return Lists::new();
    };
    let misspelt = world.keys().any(|key| !WORLD.known.contains(&key.as_ref()));
    let mut lists = Lists::new();
    for &list in WORLD.known {
        match world.get(list) {
            Some(Some(value)) => match json::items(value) {
                Some(items) => {
                    lists.insert(list, items);
                }
                None => {
                    report.add(value, list.to_owned(), wrong(value, "a list"));
                    report.add_hole(list);
                }
            },
            Some(None) => report.add_hole(list),
            None if misspelt => report.add_hole(list),
            None => {}
        }
    }
    lists
}

/// Reads every record of `lists`.
pub(crate) fn read<'a>(lists: &Lists<'a>, report: &mut Report<'a>) -> Draft {
    Draft {
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
    keys: &Keys,
    lists: &Lists<'a>,
    report: &mut Report<'a>,
    read: impl Fn(&mut Record<'a, '_>) -> T,
) -> Vec<T> {
    let values = lists.get(list).into_iter().flatten().enumerate();
    values
        .map(|(index, &value)| {
            let place = format!("{list}[{index}]");
            let object = report.object(&place, value, Some(keys));
            read(&mut Record {
                list,
                place,
                value,
                object,
                unheard_of: unheard_of(index),
                report,
            })
        })
        .collect()
}

fn user(record: &mut Record<'_, '_>) -> NewUser {
    let id = record.own_id();
    NewUser {
        id: UserId(id.unwrap_or(record.unheard_of)),
        active: record.optional("active", fields::flag).unwrap_or(true),
        admin: record.optional("admin", fields::flag).unwrap_or(false),
        profile: record.profile(id),
    }
}

fn brand(record: &mut Record<'_, '_>) -> NewBrand {
    let id = record.own_id();
    let owner = record.required("user_id", fields::id);
    let until = record.optional("tariff_until", fields::time_or_null);
    NewBrand {
        id: BrandId(id.unwrap_or(record.unheard_of)),
        owner: UserId(owner.unwrap_or(record.unheard_of)),
        tariff: record.optional("tariff", fields::tariff).flatten(),
        tariff_until: until.flatten(),
        profile: record.profile(id),
    }
}

fn room(record: &mut Record<'_, '_>) -> NewRoom {
    let id = record.own_id().unwrap_or(record.unheard_of);
    NewRoom {
        id: RoomId(id),
        participants: record.participants(),
    }
}

fn message(record: &mut Record<'_, '_>) -> Option<NewMessage> {
    let room = record.required("room_id", fields::id);
    let author = record.required("user_id", fields::id);
    let at = record.required("created_at", fields::time);
    let text = record.required("text", fields::text);
    Some(NewMessage {
        id: record.optional("id", fields::id).map(MessageId),
        room: RoomId(room.unwrap_or(record.unheard_of)),
        author: UserId(author.unwrap_or(record.unheard_of)),
        // Always some: "?" is fit.
        text: text.or_else(|| Text::new("?", 1).ok())?,
        at: at.unwrap_or_else(|| Timestamp::from(OffsetDateTime::UNIX_EPOCH)),
    })
}
