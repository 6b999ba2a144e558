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
    writeln!(out, "\nWho is who:")?;
    for user in world.users().iter().take(SHOWN) {
        writeln!(out, "  user {:<3} {}", user.id, describe(user, world))?;
        if secret.made {
            writeln!(out, "           {}", token::issue(&jwt, user.id, TTL)?)?;
        }
    }
    if world.users().len() > SHOWN {
        writeln!(out, "  … and {} more", world.users().len() - SHOWN)?;
    }
    if !secret.made {
        writeln!(out, "A token for one of them: aftermatch token --user ID")?;
    }
    writeln!(
        out,
        "\nTalk as one of them (with websocat: cargo install websocat):"
    )?;
    if let Some(first) = world.users().first() {
        let token = match secret.made {
            true => token::issue(&jwt, first.id, TTL)?,
            false => format!("$(aftermatch token --user {})", first.id),
        };
        writeln!(
            out,
            "  websocat -H='Origin: http://localhost' -H=\"Authorization: Bearer {token}\" ws://{address}/ws/chat/"
        )?;
    }
    writeln!(
        out,
        "and, with another token, as somebody else; administrators at /ws/admin-chat/."
    )?;
    writeln!(out, "\nThen type:")?;
    writeln!(out, "  {{\"action\":\"list\",\"request_id\":1}}")?;
    if let Some(room) = world.rooms().first() {
        writeln!(
            out,
            "  {{\"action\":\"join_room\",\"room_pk\":{},\"request_id\":2}}",
            room.id
        )?;
    }
    writeln!(
        out,
        "  {{\"action\":\"create_message\",\"msg_text\":\"hello\",\"request_id\":3}}\n"
    )?;
    Ok(out)
}

fn describe(user: &NewUser, world: &World) -> String {
    let brand = world.brands().iter().find(|brand| brand.owner == user.id);
    let profile = brand.map_or(&user.profile, |brand| &brand.profile);
    let mut text = aftermatch_world::name(profile).unwrap_or_else(|| "no name".to_owned());
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
