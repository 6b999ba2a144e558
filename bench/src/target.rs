//! The server under load: its address, its handshake and its processes.

use std::net::{SocketAddr, ToSocketAddrs};

use anyhow::Context;
use clap::Args;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::json;

use crate::usage::{self, Usage};

/// The year 2100. Tokens need not expire here, so no clock is needed.
const EXPIRES: i64 = 4_102_444_800;

/// The server under load, and how to report on it.
#[derive(Args, Clone)]
pub(crate) struct Target {
    /// The WebSocket endpoint.
    #[arg(long, default_value = "ws://127.0.0.1:8000/ws/chat/")]
    url: String,
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
    pub(crate) fn address(&self) -> anyhow::Result<SocketAddr> {
        let (host, _) = split(&self.url)?;
        let mut addresses = host
            .to_socket_addrs()
            .with_context(|| format!("cannot find {host}: give host and port"))?;
        addresses
            .next()
            .with_context(|| format!("{host} has no address"))
    }

    /// The handshake request of `user`.
    pub(crate) fn handshake(&self, user: u64) -> anyhow::Result<String> {
        let (host, path) = split(&self.url)?;
        let token = self.token(user)?;
        Ok(format!(
            "GET {path} HTTP/1.1\r\n\
             Host: {host}\r\n\
             Origin: http://localhost\r\n\
             Connection: Upgrade\r\n\
             Upgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
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
        let key = EncodingKey::from_secret(self.secret.as_bytes());
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &key)
            .context("cannot sign a token")
    }

    /// What the server has used so far; `None` without `--pid`.
    pub(crate) fn usage(&self) -> anyhow::Result<Option<Usage>> {
        (!self.pids.is_empty())
            .then(|| usage::of(&self.pids))
            .transpose()
    }
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
}
