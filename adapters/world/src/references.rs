//! Puts the records together and finds the lines of what does not fit.

use std::collections::HashMap;

use aftermatch_ports::model::{
    Profile, UserId, World,
    world::{self, NewBrand, NewRoom, NewUser},
};
use serde_json::value::RawValue;

use crate::{
    Mistakes, json,
    records::{Draft, Lists},
    report::Report,
};

/// The world of `draft`, or everything that is wrong with it: what `report` has
/// already, and what does not fit together.
pub(crate) fn join<'a>(
    mut draft: Draft,
    lists: &Lists<'a>,
    mut report: Report<'a>,
) -> Result<World, Mistakes> {
    fill_holes(&mut draft, &report);
    match World::new(draft.users, draft.brands, draft.rooms, draft.messages) {
        Ok(world) if report.is_empty() => return Ok(world),
        Ok(_) => {}
        Err(mistakes) => add(mistakes, lists, &mut report),
    }
    Err(report.finish())
}

/// Where an id could not be read, any id that seems unknown may be that one: all
/// that are asked for are made known, behind the records of the file.
fn fill_holes(draft: &mut Draft, report: &Report<'_>) {
    let profile = Profile::new("{}");
    if report.has_hole("users") {
        let owners = draft.brands.iter().map(|brand| brand.owner);
        let authors = draft.messages.iter().map(|message| message.author);
        draft.users.extend(owners.chain(authors).map(|id| NewUser {
            id,
            active: true,
            admin: false,
            profile: profile.clone(),
        }));
    }
    if report.has_hole("brands") {
        let participants = draft.rooms.iter().flat_map(|room| &room.participants);
        draft.brands.extend(participants.map(|&id| NewBrand {
            id,
            owner: UserId(0),
            tariff: None,
            tariff_until: None,
            profile: profile.clone(),
        }));
    }
    if report.has_hole("rooms") {
        let rooms = draft.messages.iter().map(|message| message.room);
        draft.rooms.extend(rooms.map(|id| NewRoom {
            id,
            participants: Vec::new(),
        }));
    }
}

/// Notes those `mistakes` that are about what the file says, and not about what
/// stands in for something wrong in it.
fn add<'a>(mut mistakes: Vec<world::Mistake>, lists: &Lists<'a>, report: &mut Report<'a>) {
    let told = report.places();
    mistakes.sort_by_key(|mistake| (mistake.place.list, mistake.place.index));
    for of_record in mistakes.chunk_by(|one, next| {
        (one.place.list, one.place.index) == (next.place.list, next.place.index)
    }) {
        let Some((list, index)) = of_record
            .first()
            .map(|one| (one.place.list, one.place.index))
        else {
            continue;
        };
        let record = format!("{list}[{index}]");
        let value = lists.get(list).and_then(|values| values.get(index));
        let Some(value) = value.filter(|_| !told.contains(&record)) else {
            continue;
        };
        let spots = spots(value);
        for world::Mistake { place, reason } in of_record {
            let spot = spots.get(&place.field).unwrap_or(value);
            let place = format!("{record}.{}", place.field);
            if !told.contains(&place) {
                report.add(spot, place, reason.as_str());
            }
        }
    }
}

/// What stands where in the record `value`: under a key, or in a list under it.
fn spots(value: &RawValue) -> HashMap<String, &RawValue> {
    let mut spots = HashMap::new();
    for (key, value) in json::entries(value.get()).unwrap_or_default() {
        for (nth, item) in json::items(value).into_iter().flatten().enumerate() {
            spots.insert(format!("{key}[{nth}]"), item);
        }
        spots.insert(key.into_owned(), value);
    }
    spots
}
