//! The users of a world, for a visitor of the page to choose from.

use std::{fmt::Write, sync::Arc};

use aftermatch::{DemoPeople, Jwt};
use aftermatch_ports::model::{UserId, World, world::NewBrand};

use super::TOKEN_TTL;
use crate::access_token;

/// The page has space for no more.
const SHOWN: usize = 50;

/// The active users of `world`, with access tokens of `jwt`.
pub(crate) fn of(world: &World, jwt: Arc<Jwt>) -> DemoPeople {
    let people: Vec<_> = entries(world).take(SHOWN).collect();
    Arc::new(move || {
        let people = people.iter().filter_map(|(user, fields)| {
            let token = access_token::issue(&jwt, *user, TOKEN_TTL)
                .inspect_err(|error| tracing::error!(%error, "no token for the page"))
                .ok()?;
            Some(format!(r#"{{{fields},"token":"{token}"}}"#))
        });
        format!("[{}]", people.collect::<Vec<_>>().join(","))
    })
}

/// For a page that asks for a token instead.
pub(crate) fn nobody() -> DemoPeople {
    Arc::new(|| "[]".to_owned())
}

/// The JSON fields of each entry, without the token. A user with a brand has one
/// entry, an administrator has one, and a user who is both has two.
fn entries(world: &World) -> impl Iterator<Item = (UserId, String)> {
    let active = world.users().iter().filter(|user| user.active);
    active.flat_map(|user| {
        let brand = world.brands().iter().find(|brand| brand.owner == user.id);
        let id = user.id;
        let profile = user.profile.as_str();
        let owner = brand.map(|brand| {
            let rooms = rooms_of(brand, world);
            let brand = brand.profile.as_str();
            format!(r#""id":{id},"user":{profile},"brand":{brand},"rooms":[{rooms}]"#)
        });
        let admin = format!(r#""id":{id},"user":{profile},"brand":null,"rooms":[]"#);
        let admin = user.admin.then_some(admin);
        owner
            .into_iter()
            .chain(admin)
            .map(|fields| (user.id, fields))
    })
}

fn rooms_of(brand: &NewBrand, world: &World) -> String {
    let mut list = String::new();
    for room in world.rooms() {
        if room.participants.contains(&brand.id) {
            let comma = if list.is_empty() { "" } else { "," };
            // Writing into memory cannot fail.
            let _ = write!(list, "{comma}{}", room.id);
        }
    }
    list
}
