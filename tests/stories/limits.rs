//! What one connection may cost, and that the others do not pay for it.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use tokio_tungstenite::tungstenite::Message;

use crate::harness::{Client, Handshake, Service, Setup, masked, on_every_store, token_for};

const LIST: &[u8] = br#"{"action":"list","request_id":7}"#;

/// Whether the service keeps this connection, or closes it with 1013.
async fn is_let_in(client: &mut Client) -> bool {
    client.request(json!({"action": "list"})).await;
    match client.frame().await {
        Message::Text(_) => true,
        Message::Close(Some(close)) if u16::from(close.code) == 1013 => false,
        other => panic!("neither an answer nor 1013: {other:?}"),
    }
}

/// Tries until there is a place.
async fn is_let_in_at_last(service: &Service, user: i64) -> Client {
    let trying = async {
        loop {
            let mut client = service.chat(user).await;
            if is_let_in(&mut client).await {
                return client;
            }
        }
    };
    timeout(Duration::from_secs(10), trying)
        .await
        .expect("a place in time")
}

async fn one_connection_too_many_is_closed_until_another_ends(setup: Setup) {
    let service = setup.limits(|limits| limits.connections = 2).start().await;
    let mut ann = service.joined(3, 1).await;
    let bob = service.joined(4, 1).await;
    for user in [3, 4, 5] {
        assert!(
            !is_let_in(&mut service.chat(user).await).await,
            "user {user}"
        );
    }
    ann.create("two are company").await;
    drop(bob);
    let mut eve = is_let_in_at_last(&service, 5).await;
    eve.join(3).await;
    ann.hears_nothing().await;
}

async fn one_connection_of_a_user_too_many_is_closed_until_another_ends(setup: Setup) {
    let service = setup
        .limits(|limits| limits.connections_per_user = 2)
        .start()
        .await;
    let mut first = service.joined(3, 1).await;
    let second = service.joined(3, 1).await;
    assert!(!is_let_in(&mut service.chat(3).await).await);
    assert!(
        is_let_in(&mut service.chat(4).await).await,
        "each user has places of its own"
    );
    first.create("still here").await;
    drop(second);
    is_let_in_at_last(&service, 3).await.join(1).await;
}

async fn a_reader_too_slow_is_closed_and_nobody_else_waits(setup: Setup) {
    // More than the buffers on the way can hold.
    const MESSAGES: i64 = 250;
    let service = setup
        .limits(|limits| limits.outbox_bytes = 128 * 1024)
        .start()
        .await;
    let (mut ann, mut bob) = (service.joined(3, 1).await, service.joined(4, 1).await);
    let mut slow = service.joined(4, 1).await;
    let text = "🐈".repeat(10_000);
    for seq in 2..2 + MESSAGES {
        assert_eq!(ann.create(&text).await["data"]["seq"], seq);
        assert_eq!(bob.hear().await["data"]["seq"], seq);
    }
    let mut heard = 1;
    let code = loop {
        match slow.frame().await {
            Message::Text(frame) => {
                let frame: Value = serde_json::from_str(&frame).expect("JSON");
                heard += 1;
                assert_eq!(frame["data"]["seq"], heard, "nothing is left out");
            }
            Message::Close(close) => break close.map(|close| u16::from(close.code)),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(code, Some(1013));
    assert!(heard <= MESSAGES, "{heard} were heard");

    slow = service.joined(4, 1).await;
    ann.create("welcome back").await;
    assert_eq!(slow.hear().await, bob.hear().await);
}

async fn who_asks_more_than_it_reads_is_slowed_down_and_not_closed(setup: Setup) {
    const REQUESTS: i64 = 2_000;
    // Answers so long that they cannot all be on their way.
    let profile = json!({"product_description": "tea ".repeat(2_500)});
    let world = json!({
        "users": [{"id": 3}],
        "brands": [{"id": 1, "user_id": 3, "profile": profile}],
        "rooms": [{"id": 1, "participants": [1]}],
    });
    let small = |limits: &mut aftermatch::Limits| {
        limits.outbox_frames = 8;
        limits.outbox_bytes = 64 * 1024;
    };
    let service = setup.world(world.to_string()).limits(small).start().await;
    let mut ann = service.chat(3).await;
    let mut asked = Vec::new();
    for _ in 0..REQUESTS {
        asked.push(ann.request(json!({"action": "list"})).await);
    }
    for id in asked {
        let answer = ann.hear().await;
        assert_eq!(answer["request_id"], id);
        assert_eq!(answer["data"][0]["participants"][0]["id"], 1);
    }
}

async fn who_asks_too_fast_is_told_when_to_come_again(setup: Setup) {
    let service = setup
        .limits(|limits| limits.requests_per_second = Some(3))
        .start()
        .await;
    let mut ann = service.chat(3).await;
    let mut bob = service.chat(4).await;
    for _ in 0..4 {
        ann.request(json!({"action": "list"})).await;
    }
    for _ in 0..3 {
        assert_eq!(ann.hear().await["response_status"], 200);
    }
    let refused = ann.hear().await;
    assert_eq!(refused["response_status"], 429);
    assert_eq!(refused["error_code"], "too_many_requests");
    assert_eq!(refused["action"], "list");
    let wait = refused["retry_after_ms"].as_u64().expect("a time");
    assert!((1..=1_000).contains(&wait), "{refused}");
    bob.request(json!({"action": "list"})).await;
    assert_eq!(
        bob.hear().await["response_status"],
        200,
        "nobody else waits"
    );

    loop {
        ann.request(json!({"action": "list"})).await;
        match ann.hear().await["response_status"].as_u64() {
            Some(200) => break,
            status => assert_eq!(status, Some(429)),
        }
    }
}

fn impatient(limits: &mut aftermatch::Limits) {
    limits.ping = Duration::from_millis(100);
    limits.idle = Duration::from_millis(400);
}

async fn a_silent_client_is_pinged_and_then_closed(setup: Setup) {
    let service = setup.limits(impatient).start().await;
    let handshake = Handshake::to("/ws/chat/").bearing(&token_for(3));
    let mut silent = handshake.send(service.address).await.raw();
    let mut pings = 0;
    let close = loop {
        match silent.frame().await {
            (0x89, _) if pings < 100 => pings += 1,
            (0x88, payload) => break payload,
            other => panic!("{other:?}"),
        }
    };
    assert!(pings > 0);
    assert_eq!(close[..2], 1001_u16.to_be_bytes());
}

async fn a_client_that_answers_pings_may_be_quiet(setup: Setup) {
    let service = setup.limits(impatient).start().await;
    let handshake = Handshake::to("/ws/chat/").bearing(&token_for(3));
    let mut quiet = handshake.send(service.address).await.raw();
    // Together they take twice as long as a silent client is borne with.
    for _ in 0..8 {
        let (first, payload) = quiet.frame().await;
        assert_eq!(first, 0x89);
        quiet.send(&masked(0x8A, &payload)).await;
    }
    quiet.send(&masked(0x81, LIST)).await;
    let answer = loop {
        match quiet.frame().await {
            (0x89, _) => {}
            (_, payload) => break String::from_utf8(payload).expect("text"),
        }
    };
    assert!(answer.ends_with(r#""action":"list","response_status":200,"request_id":7}"#));
}

/// Everything the service says before it ends the connection.
async fn said(mut stream: TcpStream) -> String {
    let mut said = Vec::new();
    let end = timeout(Duration::from_secs(10), stream.read_to_end(&mut said)).await;
    // Cut off or ended in order: the client sees an end either way.
    let _ = end.expect("an end in time");
    String::from_utf8(said).expect("plain text")
}

async fn a_handshake_that_takes_too_long_is_cut_off(setup: Setup) {
    let setup = setup.limits(|limits| limits.handshake = Duration::from_millis(300));
    let service = setup.start().await;
    let mut ann = service.joined(3, 1).await;
    for begun in ["", "GET /ws/chat/ HTTP/1.1\r\nHost: localh"] {
        let mut stream = TcpStream::connect(service.address)
            .await
            .expect("a connection");
        stream
            .write_all(begun.as_bytes())
            .await
            .expect("an open connection");
        let said = said(stream).await;
        assert!(!said.contains(" 101 "), "{said}");
    }
    // By now hers is older than any handshake may be.
    ann.create("as slow as I like").await;
}

async fn a_refused_handshake_ends_its_connection(setup: Setup) {
    let service = setup.start().await;
    for (path, status) in [("/ws/chat/", "403"), ("/", "404")] {
        let mut stream = TcpStream::connect(service.address)
            .await
            .expect("a connection");
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
        stream
            .write_all(request.repeat(2).as_bytes())
            .await
            .expect("an open connection");
        let said = said(stream).await.to_ascii_lowercase();
        assert!(said.starts_with(&format!("http/1.1 {status} ")), "{said}");
        assert!(said.contains("\r\nconnection: close\r\n"), "{said}");
        assert_eq!(said.matches("http/1.1 ").count(), 1, "{said}");
    }
}

on_every_store!(
    one_connection_too_many_is_closed_until_another_ends,
    one_connection_of_a_user_too_many_is_closed_until_another_ends,
    a_reader_too_slow_is_closed_and_nobody_else_waits,
    who_asks_more_than_it_reads_is_slowed_down_and_not_closed,
    who_asks_too_fast_is_told_when_to_come_again,
    a_silent_client_is_pinged_and_then_closed,
    a_client_that_answers_pings_may_be_quiet,
    a_handshake_that_takes_too_long_is_cut_off,
    a_refused_handshake_ends_its_connection,
);
