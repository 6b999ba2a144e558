//! Names and ports that nobody else uses.

use std::{
    hash::{BuildHasher, RandomState},
    net::TcpListener,
};

/// A number that no other process comes up with.
pub(crate) fn number() -> u64 {
    RandomState::new().hash_one(std::process::id())
}

/// A free port of 127.0.0.1, below those that systems hand out to outgoing connections:
/// nobody takes it by chance while its server is stopped.
pub(crate) fn port() -> u16 {
    let free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
    (0..1000)
        .map(|_| 20_000 + (number() % 12_000) as u16)
        .find(free)
        .expect("one port of thousands is free")
}
