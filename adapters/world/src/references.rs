//! Builds the world and finds the lines of records that do not fit together.

use std::collections::{BTreeMap, HashMap};

use aftermatch_ports::model::{
    Pen, Profile, RoomKind, UserId, World,
    world::{self, NewBrand, NewRoom, NewUser},
};
use serde_json::value::RawValue;

use crate::{
    errors::ParseErrors,
    json,
    records::{RawLists, Records},
    report::Report,
};

/// The world made of `records`, or all errors: those in `report`, and the
/// references that do not fit.
pub(crate) fn join<'a>(
    mut records: Records,
    lists: &RawLists<'a>,
    mut report: Report<'a>,
) -> Result<World, ParseErrors> {
    add_placeholders(&mut records, &report);
    match World::new(
        records.users,
        records.brands,
        records.rooms,
        records.messages,
    ) {
        Ok(world) if report.is_empty() => return Ok(world),
        Ok(_) => {}
        Err(mistakes) => add(mistakes, lists, &mut report),
    }
    Err(report.finish())
}

/// If some ids of a list could not be read, a reference to an unknown id may be
/// right. Adds a record for every referenced id, after the records of the file,
/// so that such a reference is not reported.
fn add_placeholders(records: &mut Records, report: &Report<'_>) {
    let profile = Profile::new("{}");
    if report.is_unreadable_list("users") {
        let owners = records.brands.iter().map(|brand| brand.owner);
        let authors = records.messages.iter().map(|message| message.author);
        records
            .users
            .extend(owners.chain(authors).map(|id| NewUser {
                id,
                active: true,
                admin: false,
                profile: profile.clone(),
            }));
    }
    if report.is_unreadable_list("brands") {
        let participants = records.rooms.iter().flat_map(|room| &room.participants);
        records.brands.extend(participants.map(|&id| NewBrand {
            id,
            owner: UserId(0),
            tariff: None,
            tariff_until: None,
            profile: profile.clone(),
        }));
    }
    if report.is_unreadable_list("rooms") {
        let rooms = records.messages.iter().map(|message| message.room);
        records.rooms.extend(rooms.map(|id| NewRoom {
            id,
            participants: Vec::new(),
            kind: RoomKind::default(),
            pen: Pen::default(),
            frozen: false,
        }));
    }
}

/// Reports those `mistakes` that concern a value of the file. Those that concern
/// a placeholder are dropped: the error it replaces is already reported.
pub(crate) fn add<'a>(
    mistakes: Vec<world::Mistake>,
    lists: &RawLists<'a>,
    report: &mut Report<'a>,
) {
    let reported = report.paths();
    let mut by_record: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for world::Mistake { place, reason } in mistakes {
        let of_record = by_record.entry((place.list, place.index)).or_default();
        of_record.push((place.field, reason));
    }
    for ((list, index), mistakes) in by_record {
        let record = format!("{list}[{index}]");
        let value = lists.get(list).and_then(|values| values.get(index));
        let Some(value) = value.filter(|_| !reported.contains(&record)) else {
            continue;
        };
        let fields = values_by_field(value);
        for (field, reason) in mistakes {
            let path = format!("{record}.{field}");
            if !reported.contains(&path) {
                report.add(fields.get(&field).unwrap_or(value), path, reason);
            }
        }
    }
}

/// The values in the record `value` by field: `participants`, `participants[0]`.
pub(crate) fn values_by_field(value: &RawValue) -> HashMap<String, &RawValue> {
    let mut values = HashMap::new();
    for (key, value) in json::entries(value.get()).unwrap_or_default() {
        for (nth, item) in json::items(value).into_iter().flatten().enumerate() {
            values.insert(format!("{key}[{nth}]"), item);
        }
        values.insert(key.into_owned(), value);
    }
    values
}
