//! How connections end, whichever side ends them, and how the service stops.

use aftermatch_test_support::{Setup, TIMEOUT, masked, on_every_store};
use std::{net::SocketAddr, time::Duration};

use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_tungstenite::tungstenite::Message;

async fn client_close_answered_with_1000(setup: Setup) {
    let service = setup.start().await;
    let mut bob = service.joined(4, 1).await;
    for close in [
        &b""[..],
        &[0x03, 0xE8],
        b"\x03\xE8bye",
        b"\x11\x94what is that",
    ] {
        let mut ann = service.raw_joined(3).await;
        ann.send(&masked(0x88, close)).await;
        assert_eq!(ann.receive_close_code().await, 1000);
        ann.expect_end().await;
    }
    bob.create("alone again").await;
    bob.expect_silence().await;
}

async fn invalid_close_frame_answered_with_its_fault(setup: Setup) {
    let service = setup.start().await;
    for (close, code) in [
        (&b"\x03"[..], 1002),
        (&999_u16.to_be_bytes(), 1002),
        (&1005_u16.to_be_bytes(), 1002),
        (&1006_u16.to_be_bytes(), 1002),
        (&1015_u16.to_be_bytes(), 1002),
        (&65_535_u16.to_be_bytes(), 1002),
        (b"\x03\xE8bye\xFF", 1007),
        (b"\x03\xE8\xED\xA0\x80", 1007),
    ] {
        let mut ann = service.raw_joined(3).await;
        ann.send(&masked(0x88, close)).await;
        assert_eq!(ann.receive_close_code().await, code, "{close:x?}");
        ann.expect_end().await;
    }
}

async fn requests_before_close_answered_first(setup: Setup) {
    let service = setup.start().await;
    let mut bob = service.joined(4, 1).await;
    let mut ann = service.raw_joined(3).await;
    let create = br#"{"action":"create_message","msg_text":"bye","request_id":2}"#;
    ann.send(&[masked(0x81, create), masked(0x88, &[0x03, 0xE8])].concat())
        .await;
    assert!(ann.receive_text().await.contains(r#""text":"bye""#));
    assert_eq!(ann.receive_close_code().await, 1000);
    assert_eq!(bob.receive().await["data"]["text"], "bye");
}

async fn broken_connection_frees_its_seat(setup: Setup) {
    let service = setup
        .limits(|limits| limits.connections_per_user = 1)
        .start()
        .await;
    let mut bob = service.joined(4, 1).await;
    for _ in 0..3 {
        // The response is still on its way when the client is gone.
        let mut ann = service.raw_joined(3).await;
        ann.send(&masked(0x81, br#"{"action":"list","request_id":2}"#))
            .await;
        drop(ann);
        bob.create("where is she?").await;
        // Ann may have one connection, so a new one works once the broken one is noticed.
        let reconnecting = async {
            loop {
                let mut again = service.chat(3).await;
                again.send_action(json!({"action": "list"})).await;
                if let Message::Text(_) = again.receive_frame().await {
                    return again;
                }
            }
        };
        let reconnected = tokio::time::timeout(TIMEOUT, reconnecting).await;
        let mut reconnected = reconnected.expect("a connection in time");
        reconnected.join(1).await;
        let event = bob.create("there she is").await;
        assert_eq!(reconnected.receive().await, event);
        reconnected.send(Message::Close(None)).await;
        assert_eq!(reconnected.close_code().await, Some(1000));
    }
}

async fn stop_answers_pending_then_closes_1001(setup: Setup) {
    let service = setup.start().await;
    let (mut ann, mut bob) = (service.joined(3, 1).await, service.joined(4, 1).await);
    let mut admin = service.admin_chat(9).await;
    let mut ids = Vec::new();
    for nth in 0..50 {
        let create = json!({"action": "create_message", "msg_text": format!("message {nth}")});
        ids.push(ann.send_action(create).await);
    }
    let first = ann.receive_text().await;
    service.begin_to_stop();

    let mut responses = vec![first];
    let code = loop {
        match ann.receive_frame().await {
            Message::Text(response) => responses.push(response.to_string()),
            Message::Close(close) => break close.map(|close| u16::from(close.code)),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(code, Some(1001));
    for ((nth, response), id) in responses.iter().enumerate().zip(&ids) {
        let response: serde_json::Value = serde_json::from_str(response).expect("a whole answer");
        assert_eq!(response["request_id"], json!(id));
        assert_eq!(response["data"]["seq"], nth + 2);
        assert_eq!(response["data"]["text"], format!("message {nth}"));
    }
    let mut received = Vec::new();
    loop {
        match bob.receive_frame().await {
            Message::Text(change) => received.push(change.to_string()),
            Message::Close(close) => {
                assert_eq!(close.map(|close| u16::from(close.code)), Some(1001));
                break;
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(
        responses.starts_with(&received),
        "in order and without a gap, as far as it was received"
    );
    assert_eq!(admin.close_code().await, Some(1001));
    drop((ann, bob, admin));
    service.stop().await;
}

/// Whether a new connection gets any response at all.
async fn is_answered(address: SocketAddr) -> bool {
    let Ok(mut stream) = TcpStream::connect(address).await else {
        return false;
    };
    let _ = stream
        .write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .await;
    matches!(stream.read(&mut [0; 1_024]).await, Ok(1..))
}

async fn stopping_service_refuses_connections(setup: Setup) {
    let service = setup.start().await;
    let address = service.address;
    // This client does not answer the close, so the service is still stopping.
    let mut ann = service.raw_joined(3).await;
    service.begin_to_stop();
    assert_eq!(ann.receive_close_code().await, 1001);
    let refusing = async { while is_answered(address).await {} };
    let refused = tokio::time::timeout(TIMEOUT, refusing).await;
    refused.expect("new connections are refused in time");
    drop(ann);
    service.stop().await;
    assert!(
        TcpStream::connect(address).await.is_err(),
        "the port is closed"
    );
}

async fn stop_not_delayed_by_stuck_clients(setup: Setup) {
    let setup = setup.limits(|limits| {
        limits.shutdown = Duration::from_millis(300);
        limits.outbox_bytes = 64 * 1024 * 1024;
    });
    let service = setup.start().await;
    let mut ignoring = service.raw_joined(3).await;
    // This client reads nothing, and more is sent to it than the buffers can hold.
    let stuck = service.joined(4, 1).await;
    let mut admin = service.admin_chat(9).await;
    admin.join(1).await;
    let text = "🐈".repeat(10_000);
    for _ in 0..200 {
        admin.create(&text).await;
        assert_eq!(ignoring.receive_frame().await.0, 0x81);
    }
    service.stop().await;
    assert_eq!(ignoring.receive_close_code().await, 1001);
    assert_eq!(admin.close_code().await, Some(1001));
    drop(stuck);
}

on_every_store!(
    client_close_answered_with_1000,
    invalid_close_frame_answered_with_its_fault,
    requests_before_close_answered_first,
    broken_connection_frees_its_seat,
    stop_answers_pending_then_closes_1001,
    stopping_service_refuses_connections,
    stop_not_delayed_by_stuck_clients,
);
