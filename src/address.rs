//! Addresses: to listen on, and to connect to.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

use anyhow::Context;
use tokio::net::{TcpListener, TcpSocket, lookup_host};

/// How many connections may wait to be accepted, as far as the system allows
/// (`net.core.somaxconn`). One that finds no place tries again after a second, then after two,
/// four and so on: all who come back at once should find one.
const BACKLOG: u32 = 65_535;

/// Listens on the address that `setting` gives.
pub(crate) async fn listen(address: &str, setting: &str) -> anyhow::Result<TcpListener> {
    bind(address).await.with_context(|| {
        format!("cannot listen on {address} ({setting}: address and port, such as 127.0.0.1:8000)")
    })
}

/// Listens on the first of the addresses that `address` stands for and where that is possible.
async fn bind(address: &str) -> io::Result<TcpListener> {
    let mut error = io::Error::from(io::ErrorKind::AddrNotAvailable);
    for address in lookup_host(address).await? {
        match bind_one(address) {
            Ok(listener) => return Ok(listener),
            Err(failed) => error = failed,
        }
    }
    Err(error)
}

fn bind_one(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // A service that starts again finds connections of the last one at their end.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// An address to connect to, from this machine, to a service that listens on
/// `address`. `0.0.0.0` and `[::]` mean all addresses, and nobody can connect to
/// them.
pub(crate) fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_addresses_are_reached_on_loopback() {
        for (listening, expected) in [
            ("0.0.0.0:8000", "127.0.0.1:8000"),
            ("[::]:8000", "[::1]:8000"),
            ("192.0.2.1:80", "192.0.2.1:80"),
            ("[2001:db8::1]:80", "[2001:db8::1]:80"),
        ] {
            let address = listening.parse().expect("an address");
            assert_eq!(reachable(address).to_string(), expected);
        }
    }
}
