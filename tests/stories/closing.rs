//! How connections end, on either side's wish, and how the service does.

use std::{net::SocketAddr, time::Duration};

use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_tungstenite::tungstenite::Message;

use crate::harness::{Handshake, Raw, Service, Setup, masked, on_every_store, token_for};

/// A connection of `user`, joined in room 1, for frames by hand.
async fn raw(service: &Service, user: i64) -> Raw {
    let handshake = Handshake::to("/ws/chat/").bearing(&token_for(user));
    let mut raw = handshake.send(service.address).await.raw();
    raw.send(&masked(
        0x81,
        br#"{"action":"join_room","room_pk":1,"request_id":1}"#,
    ))
    .await;
    assert!(raw.text().await.contains(r#""response_status":200"#));
    raw
}

async fn a_client_that_closes_is_answered_with_1000(setup: Setup) {
    let service = setup.start().await;
    let mut bob = service.joined(4, 1).await;
    for close in [
        &b""[..],
        &[0x03, 0xE8],
        b"\x03\xE8bye",
        b"\x11\x94what is that",
    ] {
        let mut ann = raw(&service, 3).await;
        ann.send(&masked(0x88, close)).await;
        assert_eq!(ann.close_code().await, 1000);
        ann.ends().await;
    }
    bob.create("alone again").await;
    bob.hears_nothing().await;
}

async fn what_was_asked_before_a_close_is_answered_before_it(setup: Setup) {
    let service = setup.start().await;
    let mut bob = service.joined(4, 1).await;
    let mut ann = raw(&service, 3).await;
    let create = br#"{"action":"create_message","msg_text":"bye","request_id":2}"#;
    ann.send(&[masked(0x81, create), masked(0x88, &[0x03, 0xE8])].concat())
        .await;
    assert!(ann.text().await.contains(r#""text":"bye""#));
    assert_eq!(ann.close_code().await, 1000);
    assert_eq!(bob.hear().await["data"]["text"], "bye");
}

async fn a_connection_that_breaks_off_leaves_no_seat_behind(setup: Setup) {
    let service = setup
        .limits(|limits| limits.connections_per_user = 1)
        .start()
        .await;
    let mut bob = service.joined(4, 1).await;
    for _ in 0..3 {
        // Whatever is still on its way to a client that is gone.
        let mut ann = raw(&service, 3).await;
        ann.send(&masked(0x81, br#"{"action":"list","request_id":2}"#))
            .await;
        drop(ann);
        bob.create("where is she?").await;
        // There is one place: the service has noticed as soon as it is free.
        let coming_back = async {
            loop {
                let mut again = service.chat(3).await;
                again.request(json!({"action": "list"})).await;
                if let Message::Text(_) = again.frame().await {
                    return again;
                }
            }
        };
        let back = tokio::time::timeout(Duration::from_secs(10), coming_back).await;
        let mut back = back.expect("a place in time");
        back.join(1).await;
        let told = bob.create("there she is").await;
        assert_eq!(back.hear().await, told);
        back.send(Message::Close(None)).await;
        assert_eq!(back.close_code().await, Some(1000));
    }
}

async fn a_stop_answers_what_is_in_flight_and_closes_with_1001(setup: Setup) {
    let service = setup.start().await;
    let (mut ann, mut bob) = (service.joined(3, 1).await, service.joined(4, 1).await);
    let mut admin = service.admin_chat(9).await;
    let mut asked = Vec::new();
    for nth in 0..50 {
        let create = json!({"action": "create_message", "msg_text": format!("message {nth}")});
        asked.push(ann.request(create).await);
    }
    let first = ann.text().await;
    service.begin_to_stop();

    let mut answers = vec![first];
    let code = loop {
        match ann.frame().await {
            Message::Text(answer) => answers.push(answer.to_string()),
            Message::Close(close) => break close.map(|close| u16::from(close.code)),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(code, Some(1001));
    for ((nth, answer), id) in answers.iter().enumerate().zip(&asked) {
        let answer: serde_json::Value = serde_json::from_str(answer).expect("a whole answer");
        assert_eq!(answer["request_id"], json!(id));
        assert_eq!(answer["data"]["seq"], nth + 2);
        assert_eq!(answer["data"]["text"], format!("message {nth}"));
    }
    let mut heard = Vec::new();
    loop {
        match bob.frame().await {
            Message::Text(change) => heard.push(change.to_string()),
            Message::Close(close) => {
                assert_eq!(close.map(|close| u16::from(close.code)), Some(1001));
                break;
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(
        answers.starts_with(&heard),
        "in order, and whole, as far as it was heard"
    );
    assert_eq!(admin.close_code().await, Some(1001));
    drop((ann, bob, admin));
    service.stop().await;
}

/// Whether whoever comes anew is said anything at all.
async fn is_answered(address: SocketAddr) -> bool {
    let Ok(mut stream) = TcpStream::connect(address).await else {
        return false;
    };
    let _ = stream
        .write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .await;
    matches!(stream.read(&mut [0; 1_024]).await, Ok(1..))
}

async fn a_service_that_stops_lets_nobody_in(setup: Setup) {
    let service = setup.start().await;
    let address = service.address;
    // Answers no close, so that the service is a while at it.
    let mut ann = raw(&service, 3).await;
    service.begin_to_stop();
    assert_eq!(ann.close_code().await, 1001);
    let refusing = async { while is_answered(address).await {} };
    let refused = tokio::time::timeout(Duration::from_secs(10), refusing).await;
    refused.expect("nobody is let in any more");
    drop(ann);
    service.stop().await;
    assert!(TcpStream::connect(address).await.is_err(), "nobody listens");
}

async fn no_client_can_hold_up_a_stop(setup: Setup) {
    let setup = setup.limits(|limits| {
        limits.shutdown = Duration::from_millis(300);
        limits.outbox_bytes = 64 * 1024 * 1024;
    });
    let service = setup.start().await;
    let mut ignoring = raw(&service, 3).await;
    // More is on its way to this one than the buffers can hold.
    let stuck = service.joined(4, 1).await;
    let mut admin = service.admin_chat(9).await;
    admin.join(1).await;
    let text = "🐈".repeat(10_000);
    for _ in 0..200 {
        admin.create(&text).await;
        assert_eq!(ignoring.frame().await.0, 0x81);
    }
    service.stop().await;
    assert_eq!(ignoring.close_code().await, 1001);
    assert_eq!(admin.close_code().await, Some(1001));
    drop(stuck);
}

on_every_store!(
    a_client_that_closes_is_answered_with_1000,
    what_was_asked_before_a_close_is_answered_before_it,
    a_connection_that_breaks_off_leaves_no_seat_behind,
    a_stop_answers_what_is_in_flight_and_closes_with_1001,
    a_service_that_stops_lets_nobody_in,
    no_client_can_hold_up_a_stop,
);
