//! Answers that are larger than an outbox, for readers who are slow and steady.

use std::{net::SocketAddr, time::Duration};

use aftermatch_test_support::{Program, Setup, on_every_store};
use serde_json::Value;

use crate::{
    bytes::{LIST, join, text},
    neighbours::Neighbours,
    socket::Socket,
    world::{ADMIN, MALLORY, OLD, ROOMS, TRENT, with_history, with_many_rooms},
};

/// After each 64 KiB, or a message of 40 KB: so slow that an answer takes longer than
/// a client may be silent.
const PAUSE: Duration = Duration::from_millis(12);

const SETTINGS: [(&str, &str); 2] = [("CHAT_IDLE_TIMEOUT", "3s"), ("CHAT_PING_INTERVAL", "1s")];

/// Messages that others write meanwhile.
const MESSAGES: i64 = 20;

async fn joined(address: SocketAddr, path: &str, user: i64, room: i64) -> Socket {
    let mut socket = Socket::connect(address, path, user).await;
    socket.send(&join(room)).await;
    let response = socket.receive_json().await;
    assert_eq!(response["response_status"], 200, "{response}");
    socket
}

async fn write(program: &Program) {
    let mut trent = program.joined(TRENT, 2).await;
    for _ in 0..MESSAGES {
        trent.create("hi").await;
    }
}

/// The numbers of the events after `first` that come next, as many as up to `last`.
async fn events_until(socket: &mut Socket, first: i64, last: i64) -> Vec<i64> {
    let mut numbers = Vec::new();
    for _ in first..last {
        numbers.push(number(&socket.receive_json().await));
    }
    numbers
}

fn number(event: &Value) -> i64 {
    let seq = event["data"]["seq"].as_i64();
    seq.unwrap_or_else(|| panic!("no event: {event}"))
}

async fn large_list_received_whole_while_others_write(setup: Setup) {
    let program = with_many_rooms(setup).start_program(&SETTINGS).await;
    let address = program.address().await;
    let mut neighbours = Neighbours::joined(&program).await;
    // Before the first event.
    let mut admin = joined(address, "/ws/admin-chat/", ADMIN, 2).await;
    let reading = async move {
        admin.read_slowly(PAUSE);
        admin.send(&text(LIST)).await;
        let mut events = Vec::new();
        loop {
            let message = admin.receive_json().await;
            if message["action"] == "list" {
                events.extend(events_until(&mut admin, events.len() as i64, MESSAGES).await);
                return (message, events);
            }
            events.push(number(&message));
        }
    };
    let ((list, events), ()) = tokio::join!(neighbours.chat_during(reading), write(&program));
    let rooms = list["data"].as_array().expect("rooms");
    let numbers: Vec<_> = rooms
        .iter()
        .filter_map(|room| room["pk"].as_i64())
        .collect();
    assert_eq!(numbers, (1..=ROOMS).collect::<Vec<_>>());
    assert_eq!(events, (1..=MESSAGES).collect::<Vec<_>>());
}

async fn long_replay_received_whole_while_others_write(setup: Setup) {
    let program = with_history(setup).start_program(&SETTINGS).await;
    let address = program.address().await;
    let mut neighbours = Neighbours::joined(&program).await;
    let reading = async move {
        let mut mallory = Socket::chat(address, MALLORY).await;
        mallory.read_slowly(PAUSE);
        let join = r#"{"action":"join_room","room_pk":2,"since_seq":0,"request_id":1}"#;
        let response = mallory.request(join).await;
        assert_eq!(response["data"]["resumed"], true, "{response}");
        events_until(&mut mallory, 0, OLD + MESSAGES).await
    };
    let (events, ()) = tokio::join!(neighbours.chat_during(reading), write(&program));
    assert_eq!(events, (1..=OLD + MESSAGES).collect::<Vec<_>>());
}

on_every_store!(
    large_list_received_whole_while_others_write,
    long_replay_received_whole_while_others_write,
);
