//! What the service holds for clients that send without end or read nothing: little, and
//! nothing once they are gone.

use std::net::SocketAddr;

use aftermatch_test_support::{PROGRAM_TIMEOUT, Program, Setup, on_every_store};
use tokio::time::timeout;

use crate::{
    bytes::{LIST, join, malformed, text},
    neighbours::{Neighbours, metric},
    socket::Socket,
    world::{ADMIN, MALLORY, held_at_most, usual, with_history, with_many_rooms},
};

const HELD: &str = "aftermatch_held_bytes ";

/// "About zero": far less than what the service held during an attack.
const LITTLE: u64 = 64 * 1024;

/// As much as the outbox of one attacker holds.
const MUCH: u64 = 1024 * 1024;

const CONNECTIONS: usize = 8;

async fn wait_until_held(address: SocketAddr, is_reached: impl Fn(u64) -> bool) {
    let waiting = async { while !is_reached(metric(address, HELD).await) {} };
    timeout(PROGRAM_TIMEOUT, waiting).await.expect("in time");
}

/// Users of one endpoint who send `bytes` and read nothing.
struct Attack {
    path: &'static str,
    user: i64,
    bytes: Vec<u8>,
}

/// The attack makes the service hold at least `min` bytes, and never much. The neighbours
/// chat meanwhile. In the end nothing is held.
async fn expect_bounded(program: Program, attack: Attack, min: u64) {
    let address = program.address().await;
    let mut neighbours = Neighbours::joined(&program).await;
    let mut attackers = Vec::new();
    for _ in 0..CONNECTIONS {
        attackers.push(Socket::connect(address, attack.path, attack.user).await);
    }
    for attacker in &mut attackers {
        attacker.send(&attack.bytes).await;
    }
    wait_until_held(address, |held| held >= min).await;
    for _ in 0..20 {
        neighbours.chat().await;
        let held = metric(address, HELD).await;
        assert!(held <= held_at_most(CONNECTIONS), "{held} bytes are held");
    }
    drop(attackers);
    wait_until_held(address, |held| held < LITTLE).await;
    neighbours.chat_on().await;
}

/// Mallory's part in an attack.
fn mallory(bytes: Vec<u8>) -> Attack {
    Attack {
        path: "/ws/chat/",
        user: MALLORY,
        bytes,
    }
}

async fn unread_replays_bounded_and_freed(setup: Setup) {
    let program = with_history(setup).start_program(&[]).await;
    let join = text(r#"{"action":"join_room","room_pk":2,"since_seq":0,"request_id":1}"#);
    expect_bounded(program, mallory(join), MUCH).await;
}

async fn unread_pages_bounded_and_freed(setup: Setup) {
    let program = with_history(setup).start_program(&[]).await;
    let page = text(r#"{"action":"get_room_messages","limit":100,"request_id":2}"#);
    let requests = [join(2), page.repeat(20)].concat();
    expect_bounded(program, mallory(requests), MUCH).await;
}

async fn unread_lists_bounded_and_freed(setup: Setup) {
    let program = with_many_rooms(setup).start_program(&[]).await;
    let attack = Attack {
        path: "/ws/admin-chat/",
        user: ADMIN,
        bytes: text(LIST).repeat(3),
    };
    expect_bounded(program, attack, LITTLE).await;
}

async fn unfinished_messages_bounded_and_freed(setup: Setup) {
    let program = usual(setup).start_program(&[]).await;
    let mut begun = malformed();
    begun.pop();
    let sent = (CONNECTIONS * begun.len()) as u64;
    expect_bounded(program, mallory(begun), sent / 2).await;
}

on_every_store!(
    unread_replays_bounded_and_freed,
    unread_pages_bounded_and_freed,
    unread_lists_bounded_and_freed,
    unfinished_messages_bounded_and_freed,
);
