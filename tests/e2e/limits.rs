//! The limits of one connection, and that other connections do not suffer.

use aftermatch_test_support::{
    Client, Limits, RawSocket, Service, Setup, TIMEOUT, masked, on_every_store,
};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{sleep, timeout};
use tokio_tungstenite::tungstenite::Message;

const LIST: &[u8] = br#"{"action":"list","request_id":7}"#;

/// Whether the service accepts this connection, or closes it with 1013.
async fn is_accepted(client: &mut Client) -> bool {
    client.send_action(json!({"action": "list"})).await;
    match client.receive_frame().await {
        Message::Text(_) => true,
        Message::Close(Some(close)) if u16::from(close.code) == 1013 => false,
        other => panic!("neither an answer nor 1013: {other:?}"),
    }
}

/// Connects again and again until the service accepts it.
async fn accepted_in_time(service: &Service, user: i64) -> Client {
    let trying = async {
        loop {
            let mut client = service.chat(user).await;
            if is_accepted(&mut client).await {
                return client;
            }
        }
    };
    timeout(TIMEOUT, trying).await.expect("accepted in time")
}

async fn connections_limited_until_one_ends(setup: Setup) {
    let service = setup.limits(|limits| limits.connections = 2).start().await;
    let mut ann = service.joined(3, 1).await;
    let bob = service.joined(4, 1).await;
    for user in [3, 4, 5] {
        assert!(
            !is_accepted(&mut service.chat(user).await).await,
            "user {user}"
        );
    }
    ann.create("two are company").await;
    drop(bob);
    let mut eve = accepted_in_time(&service, 5).await;
    eve.join(3).await;
    ann.expect_silence().await;
}

async fn connections_per_user_limited_until_one_ends(setup: Setup) {
    let service = setup
        .limits(|limits| limits.connections_per_user = 2)
        .start()
        .await;
    let mut first = service.joined(3, 1).await;
    let second = service.joined(3, 1).await;
    assert!(!is_accepted(&mut service.chat(3).await).await);
    assert!(
        is_accepted(&mut service.chat(4).await).await,
        "the limit holds for each user on its own"
    );
    first.create("still here").await;
    drop(second);
    accepted_in_time(&service, 3).await.join(1).await;
}

async fn slow_reader_closed_others_do_not_wait(setup: Setup) {
    // More than the buffers between service and client can hold.
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
        assert_eq!(bob.receive().await["data"]["seq"], seq);
    }
    let mut last = 1;
    let code = loop {
        match slow.receive_frame().await {
            Message::Text(frame) => {
                let frame: Value = serde_json::from_str(&frame).expect("JSON");
                last += 1;
                assert_eq!(frame["data"]["seq"], last, "no event is missing");
            }
            Message::Close(close) => break close.map(|close| u16::from(close.code)),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(code, Some(1013));
    assert!(last <= MESSAGES, "{last} were received");

    slow = service.joined(4, 1).await;
    ann.create("welcome back").await;
    assert_eq!(slow.receive().await, bob.receive().await);
}

async fn eager_requester_slowed_down_not_closed(setup: Setup) {
    const REQUESTS: i64 = 2_000;
    // Responses so long that the buffers cannot hold all of them.
    let profile = json!({"product_description": "tea ".repeat(2_500)});
    let world = json!({
        "users": [{"id": 3}],
        "brands": [{"id": 1, "user_id": 3, "profile": profile}],
        "rooms": [{"id": 1, "participants": [1]}],
    });
    let small = |limits: &mut Limits| {
        limits.outbox_frames = 8;
        limits.outbox_bytes = 64 * 1024;
    };
    let service = setup.world(world.to_string()).limits(small).start().await;
    let mut ann = service.chat(3).await;
    let mut ids = Vec::new();
    for _ in 0..REQUESTS {
        ids.push(ann.send_action(json!({"action": "list"})).await);
    }
    for id in ids {
        let response = ann.receive().await;
        assert_eq!(response["request_id"], id);
        assert_eq!(response["data"][0]["participants"][0]["id"], 1);
    }
}

/// The number of refused requests among those that the client sends at once.
async fn refused_of(client: &mut Client, requests: usize, request: Value) -> usize {
    for _ in 0..requests {
        client.send_action(request.clone()).await;
    }
    let mut refused = 0;
    for _ in 0..requests {
        let response = client.receive().await;
        if response["response_status"] == 429 {
            assert_eq!(response["error_code"], "too_many_requests");
            assert_eq!(response["action"], request["action"]);
            let wait = response["retry_after_ms"].as_u64().expect("a time");
            assert!((1..=10_000).contains(&wait), "{response}");
            refused += 1;
        }
    }
    refused
}

async fn request_rate_exceeded_returns_retry_time(setup: Setup) {
    // So slow that nothing is given back while the requests are sent.
    let one = |limits: &mut Limits| limits.requests_per_second = Some(1);
    let service = setup.limits(one).start().await;
    let mut ann = service.chat(3).await;
    let mut bob = service.chat(4).await;
    let list = json!({"action": "list"});
    assert_eq!(refused_of(&mut ann, 6, list.clone()).await, 2);
    let accepted = refused_of(&mut bob, 1, list.clone()).await == 0;
    assert!(accepted, "other users are not limited");
    loop {
        ann.send_action(list.clone()).await;
        match ann.receive().await["retry_after_ms"].as_u64() {
            None => break,
            Some(wait) => sleep(Duration::from_millis(wait)).await,
        }
    }
}

async fn frames_of_every_kind_count(setup: Setup) {
    let one = |limits: &mut Limits| limits.requests_per_second = Some(1);
    let service = setup.limits(one).start().await;
    for frames in [
        masked(0x81, b"no JSON"),
        masked(0x81, br#"{"action":"nothing","request_id":1}"#),
        masked(0x82, b"binary"),
        masked(0x89, b"ping"),
        masked(0x8A, b"pong"),
        [masked(0x01, b"a"), masked(0x80, b"b")].concat(),
    ] {
        let mut ann = service.raw_chat(3).await;
        // Four are accepted, and as many may be refused.
        ann.send(&frames.repeat(9)).await;
        let mut pongs = 0;
        let close = loop {
            match ann.receive_frame().await {
                (0x88, payload) => break payload,
                (0x8A, _) => pongs += 1,
                _ => {}
            }
        };
        assert_eq!(close[..2], 4429_u16.to_be_bytes());
        assert!(pongs <= 4, "a ping over the limit is not answered");
    }
}

async fn writes_of_a_user_limited_over_all_connections(setup: Setup) {
    let one = |limits: &mut Limits| limits.writes_per_second = Some(1);
    let service = setup.limits(one).start().await;
    let mut bob = service.joined(4, 1).await;
    let mut refused = 0;
    for _ in 0..2 {
        let mut ann = service.joined(3, 1).await;
        for _ in 0..4 {
            let create = json!({"action": "create_message", "msg_text": "again"});
            ann.send_action(create).await;
            match ann.receive().await["response_status"].as_u64() {
                Some(201) => assert_eq!(bob.receive().await["data"]["text"], "again"),
                status => {
                    assert_eq!(status, Some(429));
                    refused += 1;
                }
            }
        }
        drop(ann);
    }
    assert!(refused >= 2, "{refused} of eight");
    bob.create("I have written little").await;
}

fn with_short_timeouts(limits: &mut Limits) {
    limits.ping = Duration::from_millis(100);
    limits.idle = Duration::from_millis(400);
}

async fn silent_client_pinged_then_closed(setup: Setup) {
    let service = setup.limits(with_short_timeouts).start().await;
    let mut silent = service.raw_chat(3).await;
    let mut pings = 0;
    let close = loop {
        match silent.receive_frame().await {
            (0x89, _) if pings < 100 => pings += 1,
            (0x88, payload) => break payload,
            other => panic!("{other:?}"),
        }
    };
    assert!(pings > 0);
    assert_eq!(close[..2], 1001_u16.to_be_bytes());
}

async fn quiet_client_answering_pings_stays_connected(setup: Setup) {
    let service = setup.limits(with_short_timeouts).start().await;
    let mut quiet = service.raw_chat(3).await;
    // Eight pings take twice as long as the service waits for a silent client.
    for _ in 0..8 {
        let (first, payload) = quiet.receive_frame().await;
        assert_eq!(first, 0x89);
        quiet.send(&masked(0x8A, &payload)).await;
    }
    quiet.send(&masked(0x81, LIST)).await;
    let response = loop {
        match quiet.receive_frame().await {
            (0x89, _) => {}
            (_, payload) => break String::from_utf8(payload).expect("text"),
        }
    };
    assert!(response.ends_with(r#""action":"list","response_status":200,"request_id":7}"#));
}

/// Sends bytes; returns what the service sends before it ends the connection.
async fn response_to(service: &Service, bytes: &str) -> String {
    let mut socket = RawSocket::connect(service.address).await;
    socket.send(bytes.as_bytes()).await;
    let response = socket.receive_to_end().await;
    String::from_utf8(response).expect("plain text")
}

async fn slow_handshake_cut_off(setup: Setup) {
    let setup = setup.handshake_timeout(Duration::from_millis(300));
    let service = setup.start().await;
    let mut ann = service.joined(3, 1).await;
    for begun in ["", "GET /ws/chat/ HTTP/1.1\r\nHost: localh"] {
        let response = response_to(&service, begun).await;
        assert!(!response.contains(" 101 "), "{response}");
    }
    // Her connection is older now than any handshake may be.
    ann.create("as slow as I like").await;
}

async fn refused_handshake_ends_connection(setup: Setup) {
    let service = setup.start().await;
    for (path, status) in [("/ws/chat/", "403"), ("/", "404")] {
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
        let response = response_to(&service, &request.repeat(2)).await;
        let response = response.to_ascii_lowercase();
        let begin = format!("http/1.1 {status} ");
        assert!(response.starts_with(&begin), "{response}");
        assert!(response.contains("\r\nconnection: close\r\n"), "{response}");
        assert_eq!(response.matches("http/1.1 ").count(), 1, "{response}");
    }
}

on_every_store!(
    connections_limited_until_one_ends,
    connections_per_user_limited_until_one_ends,
    slow_reader_closed_others_do_not_wait,
    eager_requester_slowed_down_not_closed,
    request_rate_exceeded_returns_retry_time,
    frames_of_every_kind_count,
    writes_of_a_user_limited_over_all_connections,
    silent_client_pinged_then_closed,
    quiet_client_answering_pings_stays_connected,
    slow_handshake_cut_off,
    refused_handshake_ends_connection,
);
