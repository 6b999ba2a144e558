//! World files: the users, brands, rooms and messages to begin with, as one
//! JSON object.
//!
//! A file is written by hand or by somebody's script, so [`parse`] tells every
//! mistake in it at once, each with its line and its place, and passes over
//! nothing that may be a typing error: an unknown key is a mistake.
//!
//! | list | required | optional |
//! |---|---|---|
//! | `users` | `id` | `active` (true), `admin` (false), `profile` (`{}`) |
//! | `brands` | `id`, `user_id` | `tariff` (null), `tariff_until` (null: never), `profile` (`{}`) |
//! | `rooms` | `id`, `participants` | |
//! | `messages` | `room_id`, `user_id`, `text`, `created_at` | `id` |
//!
//! A list that is left out is empty. A profile is kept as the very text it
//! stands as in the file.

mod fields;
mod json;
mod mistakes;
mod record;
mod records;
mod references;
mod report;

use aftermatch_ports::model::{Profile, World};
use serde_json::value::RawValue;

pub use mistakes::{Mistake, Mistakes};
use report::Report;

/// An invented world to try the service with: four brands in three rooms, their
/// owners (users 1 to 4) and an administrator (user 9). Room 1 has the business
/// tariff, in room 2 it has run out, room 3 never had it.
pub const DEMO: &str = include_str!("demo.json");

/// Reads a world file from its text.
///
/// # Errors
/// Every mistake in the file, in the order in which they stand.
pub fn parse(json: &str) -> Result<World, Mistakes> {
    // Some editors begin a file with a byte order mark, which nobody can see.
    let json = json.strip_prefix('\u{feff}').unwrap_or(json);
    let file: &RawValue =
        serde_json::from_str(json).map_err(|error| Mistakes::not_json(json, &error))?;
    let mut report = Report::new(json);
    let lists = records::lists(file, &mut report);
    let draft = records::read(&lists, &mut report);
    references::join(draft, &lists, report)
}

/// What to call the owner of `profile` by: `fullname`, else `brand_name_pos`,
/// else `email`; the first that is there and not blank.
#[must_use]
pub fn name(profile: &Profile) -> Option<String> {
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
