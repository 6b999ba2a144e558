//! The server under load: its address, its handshake and its processes.

use std::net::{SocketAddr, ToSocketAddrs};

use anyhow::Context;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as URL_SAFE_NO_PAD};
use clap::Args;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::json;
use sha2::Sha256;

use crate::usage::{self, Usage};

/// The year 2100. Tokens need not expire here, so no clock is needed.
const EXPIRES: i64 = 4_102_444_800;

/// The server under load, and how to report on it.
#[derive(Args, Clone)]
pub(crate) struct Target {
    /// The WebSocket endpoint. Given several times, these are processes of one
    /// server, and the members of each room are spread over them.
    #[arg(
        long = "url",
        value_name = "URL",
        default_value = "ws://127.0.0.1:8000/ws/chat/"
    )]
    urls: Vec<String>,
    /// The server's secret, to sign tokens with (HS256).
    #[arg(long, env = "CHAT_JWT_SECRET", hide_env_values = true)]
    secret: String,
    /// A process of the server. The report has the CPU time and memory of it and
    /// its descendants. Can be given several times.
    #[arg(long = "pid", value_name = "PID")]
    pids: Vec<u32>,
    /// Prints one line of JSON instead of the table.
    #[arg(long)]
    pub(crate) json: bool,
}

impl Target {
    /// The process to which a member of a room connects, from 0. The first member is
    /// at another process than the others, if there are several.
    pub(crate) fn process(&self, room: u64, member: u64) -> u64 {
        let others = self.last();
        let processes = others + 1;
        let (turn, first) = ((room - 1) / processes, (room - 1) % processes);
        match member.checked_sub(1) {
            // Not always the next process: every pair of them shares some room.
            Some(other) if others > 0 => (first + 1 + (other + turn) % others) % processes,
            _ => first,
        }
    }

    /// The first of its processes that are known by their number.
    pub(crate) fn first_pid(&self) -> Option<u32> {
        self.pids.first().copied()
    }

    /// The last process.
    pub(crate) fn last(&self) -> u64 {
        u64::try_from(self.urls.len().saturating_sub(1)).unwrap_or_default()
    }

    /// The address of each process.
    pub(crate) fn addresses(&self) -> anyhow::Result<Vec<SocketAddr>> {
        self.urls.iter().map(|url| address(url)).collect()
    }

    /// The handshake request of `user` at a process. `compressed`: with an offer of
    /// compression.
    pub(crate) fn handshake(
        &self,
        process: u64,
        user: u64,
        compressed: bool,
    ) -> anyhow::Result<String> {
        let url = self.urls.get(usize::try_from(process)?);
        let (host, path) = split(url.context("there are fewer processes")?)?;
        let token = self.token(user)?;
        let offer = match compressed {
            true => "Sec-WebSocket-Extensions: permessage-deflate\r\n",
            false => "",
        };
        Ok(format!(
            "GET {path} HTTP/1.1\r\n\
             Host: {host}\r\n\
             Origin: http://localhost\r\n\
             Connection: Upgrade\r\n\
             Upgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
             {offer}\
             Authorization: Bearer {token}\r\n\r\n"
        ))
    }

    fn token(&self, user: u64) -> anyhow::Result<String> {
        let claims = json!({
            "token_type": "access",
            "exp": EXPIRES,
            "iat": 1,
            "jti": "00000000000000000000000000000000",
            "user_id": user,
        });
        let parts = [json!({"alg": "HS256", "typ": "JWT"}), claims];
        let body = parts.map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
        let body = body.join(".");
        let mac = Hmac::<Sha256>::new_from_slice(self.secret.as_bytes());
        let code = mac
            .context("cannot sign a token")?
            .chain_update(&body)
            .finalize();
        Ok(format!(
            "{body}.{}",
            URL_SAFE_NO_PAD.encode(code.into_bytes())
        ))
    }

    /// What the server has used so far; `None` without `--pid`.
    pub(crate) fn usage(&self) -> anyhow::Result<Option<Usage>> {
        (!self.pids.is_empty())
            .then(|| usage::of(&self.pids))
            .transpose()
    }
}

fn address(url: &str) -> anyhow::Result<SocketAddr> {
    let (host, _) = split(url)?;
    let mut addresses = host
        .to_socket_addrs()
        .with_context(|| format!("cannot find {host}: give host and port"))?;
    addresses
        .next()
        .with_context(|| format!("{host} has no address"))
}

/// Host with port, and path.
fn split(url: &str) -> anyhow::Result<(&str, &str)> {
    let rest = url
        .strip_prefix("ws://")
        .with_context(|| format!("{url} does not begin with ws://"))?;
    let path = rest.find('/').unwrap_or(rest.len());
    let (host, path) = rest.split_at(path);
    Ok((host, if path.is_empty() { "/" } else { path }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn url_splits_into_host_and_path() {
        let url = "ws://127.0.0.1:8000/ws/chat/";
        assert_eq!(split(url).expect("valid"), ("127.0.0.1:8000", "/ws/chat/"));
        assert_eq!(split("ws://[::1]:9").expect("valid"), ("[::1]:9", "/"));
        assert!(split("http://127.0.0.1").is_err());
    }

    fn target(processes: usize) -> Target {
        Target {
            urls: vec!["ws://127.0.0.1:1/".to_owned(); processes],
            secret: String::new(),
            pids: Vec::new(),
            json: false,
        }
    }

    #[test]
    fn others_are_never_where_the_first_member_is() {
        for processes in 2..=4 {
            let target = target(processes);
            for (room, other) in (1..=12).flat_map(|room| (1..=3).map(move |other| (room, other))) {
                assert_ne!(target.process(room, 0), target.process(room, other));
                assert!(target.process(room, other) <= target.last());
            }
        }
        assert_eq!((target(1).process(5, 0), target(1).process(5, 3)), (0, 0));
    }

    #[test]
    fn every_process_gets_as_many_members() {
        let target = target(4);
        let mut members = [0; 4];
        for (room, member) in (1..=24).flat_map(|room| [(room, 0), (room, 1)]) {
            members[target.process(room, member) as usize] += 1;
        }
        assert_eq!(members, [12; 4]);
    }
}
