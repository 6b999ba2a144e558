//! World files. A *world* is the whole data set that a service starts with:
//! users, brands, rooms and messages, as one JSON object.
//!
//! People and scripts write such files, so [`parse`] reports all errors at once,
//! each with its line and path. It ignores nothing that may be a typing error:
//! an unknown key is an error.
//!
//! | list | required | optional |
//! |---|---|---|
//! | `users` | `id` | `active` (true), `admin` (false), `profile` (`{}`) |
//! | `brands` | `id`, `user_id` | `tariff` (null), `tariff_until` (null: never), `profile` (`{}`) |
//! | `rooms` | `id`, `participants` | `kind` (`"match"`), `pen` (`"tariff"`), `frozen` (false) |
//! | `messages` | `room_id`, `user_id`, `text`, `created_at` | `id` |
//!
//! A missing list is empty. A profile keeps the exact text it has in the file.
//!
//! # How a file is read
//! 1. `json` takes values apart, `fields` reads single values.
//! 2. `record` reads one object, `records` all of them. Errors are collected in
//!    `report`.
//! 3. `references` checks the records against each other.
//!
//! `body` reads records and messages in the bodies of HTTP requests in the same way.

mod body;
mod errors;
mod fields;
mod json;
mod record;
mod records;
mod references;
mod report;

use aftermatch_ports::model::{Profile, World};
use serde_json::value::RawValue;

pub use body::{
    MessageBody, parse_brand, parse_edit, parse_message, parse_records, parse_room, parse_user,
};
pub use errors::{ParseError, ParseErrors};
use report::Report;

/// An invented world to try the service with: four brands in three rooms, their
/// owners (users 1 to 4) and an administrator (user 9). Room 1 has the business
/// tariff, in room 2 it has expired, room 3 never had it.
pub const DEMO: &str = include_str!("demo.json");

/// Reads a world file from its text.
///
/// # Errors
/// All errors in the file, in the order of the file.
pub fn parse(json: &str) -> Result<World, ParseErrors> {
    // Some editors begin a file with an invisible byte order mark.
    let json = json.strip_prefix('\u{feff}').unwrap_or(json);
    let file: &RawValue =
        serde_json::from_str(json).map_err(|error| ParseErrors::not_json(json, &error))?;
    let mut report = Report::new(json);
    let lists = records::lists(file, &records::WORLD, &mut report);
    let records = records::read(&lists, &mut report);
    references::join(records, &lists, report)
}

/// The display name of the owner of `profile`: `fullname`, else
/// `brand_name_pos`, else `email`; the first that is a string and not blank.
#[must_use]
pub fn display_name(profile: &Profile) -> Option<String> {
    let entries = json::entries(profile.as_str())?;
    ["fullname", "brand_name_pos", "email"]
        .into_iter()
        .find_map(|wanted| {
            let (_, value) = entries.iter().find(|(key, _)| key == wanted)?;
            serde_json::from_str(value.get())
                .ok()
                .filter(|name: &String| !name.trim().is_empty())
        })
}

#[cfg(test)]
mod tests;
