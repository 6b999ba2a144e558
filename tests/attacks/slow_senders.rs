//! Messages that take long to arrive.

use std::time::Duration;

use aftermatch_test_support::{Setup, on_every_store};
use tokio::time::{Instant, sleep};

use crate::{
    bytes::{CREATE, fragments, join, text},
    neighbours::Neighbours,
    socket::Socket,
    world::{MALLORY, usual},
};

const IDLE: Duration = Duration::from_secs(3);

/// The pings go unanswered: the bytes of the message show that the client is there.
const SETTINGS: [(&str, &str); 2] = [("CHAT_IDLE_TIMEOUT", "3s"), ("CHAT_PING_INTERVAL", "1s")];

/// Sends bytes one by one, over longer than the idle timeout.
async fn send_slowly(socket: &mut Socket, bytes: &[u8]) {
    let pause = IDLE * 3 / 2 / bytes.len() as u32;
    for byte in bytes {
        socket.send(&[*byte]).await;
        sleep(pause).await;
    }
}

async fn message_longer_under_way_than_idle_timeout_taken(setup: Setup) {
    let program = usual(setup).start_program(&SETTINGS).await;
    let address = program.address().await;
    let mut neighbours = Neighbours::joined(&program).await;
    let slow = async move {
        let mut mallory = Socket::chat(address, MALLORY).await;
        mallory.send(&join(2)).await;
        assert_eq!(mallory.receive_json().await["response_status"], 200);
        for bytes in [text(CREATE), fragments(CREATE)] {
            let begun = Instant::now();
            send_slowly(&mut mallory, &bytes).await;
            assert!(begun.elapsed() > IDLE, "the test took its time");
            let response = mallory.receive_json().await;
            assert_eq!(response["response_status"], 201, "{response}");
        }
    };
    neighbours.chat_during(slow).await;
}

on_every_store!(message_longer_under_way_than_idle_timeout_taken);
