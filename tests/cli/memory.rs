//! Memory that clients took is given back to the system when they have left.

use std::time::Duration;

use aftermatch_test_support::{Client, HttpRequest, PROGRAM_TIMEOUT, Program, aftermatch, masked};
use tokio::time::{sleep, timeout};

const READERS: usize = 40;

/// As many as a burst may have. What one reader requests is far more than the buffers of
/// the system take.
const REQUESTS: usize = 190;

const MIB: usize = 1024;

#[tokio::test]
async fn memory_of_slow_readers_is_given_back() {
    let demo = aftermatch(&[])
        .env("CHAT_MAX_OUTBOX_BYTES", "16777216")
        .start_demo()
        .await;
    let token = demo.tokens()[0];
    let mut author = Client::connect(demo.address(), "/ws/chat/", token).await;
    author.join(1).await;
    author.create(&"👋".repeat(10_000)).await;
    let before = demo.program.resident_kib();

    let page = masked(
        0x81,
        br#"{"action":"get_room_messages","limit":1,"request_id":1}"#,
    );
    let join = masked(
        0x81,
        br#"{"action":"join_room","room_pk":1,"request_id":1}"#,
    );
    let requests = [join, page.repeat(REQUESTS)].concat();
    let mut readers = Vec::new();
    for _ in 0..READERS {
        let handshake = HttpRequest::websocket("/ws/chat/").bearer(token);
        let mut reader = handshake.send(demo.address()).await.raw();
        reader.send(&requests).await;
        readers.push(reader);
    }
    until(&demo.program, |now| now > before + 96 * MIB).await;

    drop(readers);
    until(&demo.program, |now| now < before + 64 * MIB).await;
}

/// Waits until the memory of the program, in KiB, is as `expected`.
async fn until(program: &Program, expected: impl Fn(usize) -> bool) {
    let waiting = async {
        while !expected(program.resident_kib()) {
            sleep(Duration::from_millis(20)).await;
        }
    };
    let waited = timeout(PROGRAM_TIMEOUT, waiting).await;
    let now = program.resident_kib();
    waited.unwrap_or_else(|_| panic!("it has {now} KiB of memory"));
}
