//! HTTP, as far as it is asked here.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// Status and body.
pub async fn get(address: SocketAddr, path: &str) -> (u16, String) {
    ask("GET", address, path).await
}

/// As who knows the address by the name `host`.
pub async fn get_at(address: SocketAddr, host: &str, path: &str) -> (u16, String) {
    send("GET", address, host, path).await
}

pub async fn ask(method: &str, address: SocketAddr, path: &str) -> (u16, String) {
    send(method, address, &address.to_string(), path).await
}

async fn send(method: &str, address: SocketAddr, host: &str, path: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).await.expect("connected");
    let request = format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("written");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    let status = head.split(' ').nth(1).expect("a status");
    (status.parse().expect("a number"), body.to_owned())
}
