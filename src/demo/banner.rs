//! What the terminal shows when a service starts in memory: how to connect, ready
//! to paste.

use std::{
    fmt::{self, Write},
    net::SocketAddr,
};

use aftermatch::Jwt;
use aftermatch_ports::model::{World, world::NewUser};

use super::TOKEN_TTL;
use crate::{
    access_token,
    address::reachable,
    settings::{Serve, SigningSecret},
};

/// A large world has too many users to show all.
const SHOWN: usize = 12;

/// Prints how to connect, if this is a demo: with the demo world, or with a random
/// secret.
pub(crate) fn print(
    settings: &Serve,
    secret: &SigningSecret,
    jwt: &Jwt,
    world: &World,
    address: SocketAddr,
) -> anyhow::Result<()> {
    let is_given = settings.world.is_some() || settings.api.listen.is_some();
    if is_given && !secret.is_random {
        return Ok(());
    }
    let banner = Banner {
        settings,
        jwt: secret.is_random.then_some(jwt),
        world,
        address: reachable(address),
    };
    let mut text = String::new();
    banner.write_start(&mut text)?;
    if world.users().is_empty() {
        writeln!(
            text,
            "There is nobody yet. Access tokens for users of the API need a CHAT_JWT_SECRET.\n"
        )?;
    } else {
        banner.write_users(&mut text)?;
        banner.write_how_to_chat(&mut text)?;
    }
    std::io::Write::write_all(&mut std::io::stdout(), text.as_bytes())?;
    Ok(())
}

struct Banner<'a> {
    settings: &'a Serve,
    /// With a random secret only: tokens of a given one may be valid elsewhere.
    jwt: Option<&'a Jwt>,
    world: &'a World,
    address: SocketAddr,
}

impl Banner<'_> {
    fn write_start(&self, out: &mut String) -> fmt::Result {
        let address = self.address;
        let world = match &self.settings.world {
            Some(file) => format!("the world of {}", file.display()),
            None if self.settings.api.listen.is_some() => "an empty world".to_owned(),
            None => "a demo world".to_owned(),
        };
        writeln!(
            out,
            "\nAftermatch at ws://{address}, with {world}, in memory."
        )?;
        if self.jwt.is_some() {
            writeln!(
                out,
                "CHAT_JWT_SECRET is not set: this run has a random secret."
            )?;
        }
        if self.settings.page(self.jwt.is_some()) {
            writeln!(out, "\nChat in a browser: http://{address}/")?;
        }
        Ok(())
    }

    fn write_users(&self, out: &mut String) -> anyhow::Result<()> {
        let users = self.world.users();
        writeln!(out, "\nThe users, with an access token for each:")?;
        for user in users.iter().take(SHOWN) {
            writeln!(out, "  user {:<3} {}", user.id, describe(user, self.world))?;
            writeln!(out, "           {}", self.token(user)?)?;
        }
        if users.len() > SHOWN {
            writeln!(out, "  … and {} more", users.len() - SHOWN)?;
        }
        Ok(())
    }

    fn write_how_to_chat(&self, out: &mut String) -> anyhow::Result<()> {
        let address = self.address;
        let owners = owners_in_first_room(self.world);
        if !owners.is_empty() {
            writeln!(
                out,
                "\nChat in terminals, one for each person (npx comes with Node.js):"
            )?;
        }
        for user in owners {
            let token = self.token(user)?;
            writeln!(
                out,
                "  npx wscat -c ws://{address}/ws/chat/ -o http://localhost \
                 -H \"Authorization: Bearer {token}\""
            )?;
        }
        let room = self.world.rooms().first().map_or(1, |room| room.id.0);
        writeln!(
            out,
            r#"
In each of them, type (one line is one request; administrators use /ws/admin-chat/):
  {{"action":"join_room","room_pk":{room},"request_id":1}}
  {{"action":"create_message","msg_text":"hello","request_id":2}}
"#
        )?;
        Ok(())
    }

    /// A token for `user`, or a command that prints one.
    fn token(&self, user: &NewUser) -> anyhow::Result<String> {
        match self.jwt {
            Some(jwt) => access_token::issue(jwt, user.id, TOKEN_TTL),
            None => Ok(format!("$(aftermatch token --user {})", user.id)),
        }
    }
}

/// The active users whose brands take part in the first room.
fn owners_in_first_room(world: &World) -> Vec<&NewUser> {
    let Some(room) = world.rooms().first() else {
        return Vec::new();
    };
    let brands = world.brands().iter();
    let participants: Vec<_> = brands
        .filter(|brand| room.participants.contains(&brand.id))
        .collect();
    let users = world.users().iter().filter(|user| user.active);
    users
        .filter(|user| participants.iter().any(|brand| brand.owner == user.id))
        .collect()
}

/// Name, brand, rooms and rights of `user`, on one line.
fn describe(user: &NewUser, world: &World) -> String {
    let brand = world.brands().iter().find(|brand| brand.owner == user.id);
    let mut text = brand
        .and_then(|brand| aftermatch_world::display_name(&brand.profile))
        .or_else(|| aftermatch_world::display_name(&user.profile))
        .unwrap_or_else(|| "no name".to_owned());
    if let Some(brand) = brand {
        let rooms: Vec<_> = world
            .rooms()
            .iter()
            .filter(|room| room.participants.contains(&brand.id))
            .map(|room| room.id.to_string())
            .collect();
        text += &format!(", brand {}, in rooms {}", brand.id, rooms.join(", "));
    }
    if user.admin {
        text += ", administrator";
    }
    if !user.active {
        text += ", deactivated";
    }
    text
}
