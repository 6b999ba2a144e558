//! The people of a demo world, for the page to choose from.

use std::{fmt::Write, sync::Arc, time::Duration};

use aftermatch::Offered;
use aftermatch_jwt::Jwt;
use aftermatch_ports::model::{UserId, World, world::NewBrand};

use crate::token;

/// Whoever stays longer asks for another.
const TTL: Duration = Duration::from_secs(24 * 60 * 60);

/// A page can show no more to choose from.
const SHOWN: usize = 50;

/// Everybody in `world` who may come in, with tokens signed by `secret`.
pub(crate) fn of(world: &World, secret: &[u8]) -> Offered {
    let jwt = Jwt::new(secret);
    let people: Vec<_> = entries(world).take(SHOWN).collect();
    Arc::new(move || {
        let people = people.iter().filter_map(|(user, about)| {
            let token = token::issue(&jwt, *user, TTL)
                .inspect_err(|error| tracing::error!(%error, "no token for the page"))
                .ok()?;
            Some(format!(r#"{{{about},"token":"{token}"}}"#))
        });
        format!("[{}]", people.collect::<Vec<_>>().join(","))
    })
}

/// Who may come in as what: a user with a brand, an administrator, or both.
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
        owner.into_iter().chain(admin).map(|about| (user.id, about))
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
