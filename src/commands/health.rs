//! `aftermatch health`: asks a service on this machine whether it is ready. A
//! container has no other program that could ask.

use std::{
    io::{Read, Write},
    net::{TcpStream, ToSocketAddrs},
    time::Duration,
};

use anyhow::{Context, bail};

use crate::{address::reachable, settings::Health};

/// How long to wait for a response. The service waits for its database no longer
/// than this.
const TIMEOUT: Duration = Duration::from_secs(3);

pub(super) fn run(settings: &Health) -> anyhow::Result<()> {
    let address = settings.ops_listen.as_ref().unwrap_or(&settings.listen);
    let response = get(address, "/readyz").with_context(|| format!("no answer from {address}"))?;
    let (head, body) = response.split_once("\r\n\r\n").unwrap_or((&response, ""));
    match head.split(' ').nth(1) {
        Some("200") => Ok(()),
        Some("404") => bail!(
            "there are no probes at {address}: they are at another address if the service was \
             started with CHAT_OPS_LISTEN. Set it here to the same value"
        ),
        _ => bail!("{address} is not ready: {}", body.trim()),
    }
}

fn get(address: &str, path: &str) -> anyhow::Result<String> {
    let resolved = address.to_socket_addrs()?.next();
    let resolved = reachable(resolved.context("there is no such address")?);
    let mut stream = TcpStream::connect_timeout(&resolved, TIMEOUT)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: {resolved}\r\nConnection: close\r\n\r\n"
    )?;
    let mut response = String::new();
    stream.read_to_string(&mut response)?;
    Ok(response)
}
