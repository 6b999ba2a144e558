//! What the terminal shows when the service starts in demo mode: how to talk to
//! it, ready to paste.

use std::{
    fmt::Write,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    time::Duration,
};

use aftermatch_jwt::Jwt;
use aftermatch_ports::model::{World, world::NewUser};

use crate::{
    settings::{Serve, SigningSecret},
    token,
};

const TTL: Duration = Duration::from_secs(24 * 60 * 60);

/// A large world's people are not all shown.
const SHOWN: usize = 12;

/// Shows how to talk to the service, where it is there to be tried: with the
/// demo world, or with a secret that nobody else knows.
pub(crate) fn show(
    arguments: &Serve,
    secret: &SigningSecret,
    world: &World,
    address: SocketAddr,
) -> anyhow::Result<()> {
    if arguments.world.is_some() && !secret.made {
        return Ok(());
    }
    let text = banner(arguments, secret, world, reachable(address))?;
    std::io::Write::write_all(&mut std::io::stdout(), text.as_bytes())?;
    Ok(())
}

fn banner(
    arguments: &Serve,
    secret: &SigningSecret,
    world: &World,
    address: SocketAddr,
) -> anyhow::Result<String> {
    let jwt = Jwt::new(&secret.bytes);
    let token = |user: &NewUser| match secret.made {
        true => token::issue(&jwt, user.id, TTL),
        false => Ok(format!("$(aftermatch token --user {})", user.id)),
    };
    let mut out = String::new();
    let which = match &arguments.world {
        Some(file) => format!("the world of {}", file.display()),
        None => "a demo world".to_owned(),
    };
    writeln!(
        out,
        "\nAftermatch at ws://{address}, with {which}, in memory."
    )?;
    if secret.made {
        writeln!(
            out,
            "No CHAT_JWT_SECRET was given: one was made for this run."
        )?;
    }
    if arguments.page.unwrap_or(secret.made) {
        writeln!(out, "\nChat in a browser: http://{address}/")?;
    }
    writeln!(out, "\nWho is who, each with a token:")?;
    for user in world.users().iter().take(SHOWN) {
        writeln!(out, "  user {:<3} {}", user.id, describe(user, world))?;
        writeln!(out, "           {}", token(user)?)?;
    }
    if world.users().len() > SHOWN {
        writeln!(out, "  … and {} more", world.users().len() - SHOWN)?;
    }
    if let Some(user) = talker(world) {
        let token = token(user)?;
        writeln!(
            out,
            "\nTalk as user {} (with websocat: cargo install websocat):\n  \
             websocat -H='Origin: http://localhost' -H=\"Authorization: Bearer {token}\" \
             ws://{address}/ws/chat/\n\
             and as somebody else with another token; administrators at /ws/admin-chat/.",
            user.id
        )?;
    }
    let room = world.rooms().first().map_or(1, |room| room.id.0);
    writeln!(
        out,
        r#"
Then type:
  {{"action":"list","request_id":1}}
  {{"action":"join_room","room_pk":{room},"request_id":2}}
  {{"action":"create_message","msg_text":"hello","request_id":3}}
"#
    )?;
    Ok(out)
}

/// Somebody who may talk in the first room.
fn talker(world: &World) -> Option<&NewUser> {
    let participants = &world.rooms().first()?.participants;
    let owner = |brand| world.brands().iter().find(|other| other.id == brand);
    let owners: Vec<_> = participants
        .iter()
        .filter_map(|&brand| owner(brand))
        .collect();
    let mut users = world.users().iter().filter(|user| user.active);
    users.find(|user| owners.iter().any(|brand| brand.owner == user.id))
}

fn describe(user: &NewUser, world: &World) -> String {
    let brand = world.brands().iter().find(|brand| brand.owner == user.id);
    let mut text = brand
        .and_then(|brand| aftermatch_world::name(&brand.profile))
        .or_else(|| aftermatch_world::name(&user.profile))
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

/// An address to connect to, where `address` only says "all of them".
fn reachable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(IpAddr::V4(Ipv4Addr::LOCALHOST));
    }
    address
}
