//! Requests to a server that answers as each test says.

#![allow(clippy::expect_used, reason = "a test fails by panicking")]

use std::{sync::Arc, time::Duration};

use aftermatch_ports::{
    Clock, PushFailure, Webhook,
    model::{
        Author, BrandId, Epoch, Message, MessageId, Profile, Push, Recipient, RoomId, Seq, Text,
        Timestamp, UserId,
    },
};
use aftermatch_webhook::{Address, HttpWebhook, Secrets, inspect};
use time::OffsetDateTime;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

struct Stopped;

impl Clock for Stopped {
    fn now(&self) -> Timestamp {
        OffsetDateTime::UNIX_EPOCH.into()
    }
}

fn push() -> Push {
    Push {
        epoch: Epoch { store: 1, room: 2 },
        message: Message {
            id: MessageId(70),
            room: RoomId(3),
            author: Author {
                id: UserId(1),
                profile: Profile::new("{}"),
            },
            text: Text::stored("hello"),
            attachments: None,
            created_at: OffsetDateTime::UNIX_EPOCH.into(),
            edited_at: None,
            client_msg_id: None,
            seq: Seq(7),
            changed_seq: Seq(7),
        },
        recipients: vec![Recipient {
            user: UserId(2),
            brand: BrandId(20),
        }],
    }
}

fn webhook(address: &Address) -> HttpWebhook {
    let secrets = Secrets::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").expect("a secret");
    HttpWebhook::new(address, secrets, Arc::new(Stopped)).expect("no roots are needed")
}

/// One connection, on which the next bytes are answered with these.
async fn answer(listener: &TcpListener, response: &str) -> (String, TcpStream) {
    let (mut socket, _) = listener.accept().await.expect("a connection");
    let mut request = Vec::new();
    while !request.ends_with(b"}}") && !request.ends_with(b"\r\n\r\n") {
        socket.read_buf(&mut request).await.expect("a request");
    }
    // The body may come in a second piece.
    while request.starts_with(b"POST") && !request.ends_with(b"}}") {
        socket.read_buf(&mut request).await.expect("a body");
    }
    socket
        .write_all(response.as_bytes())
        .await
        .expect("a client");
    (String::from_utf8(request).expect("UTF-8"), socket)
}

async fn listening() -> (TcpListener, Address) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let address = Address::parse(&format!("http://127.0.0.1:{port}/hook?a=b"));
    (listener, address.expect("an address"))
}

/// What becomes of a message that is answered like this.
async fn posted(response: &str) -> (Result<(), PushFailure>, String) {
    let (listener, address) = listening().await;
    let (webhook, push) = (webhook(&address), push());
    let (posted, (request, _socket)) =
        tokio::join!(webhook.post(&push), answer(&listener, response));
    (posted, request)
}

#[tokio::test]
async fn request_has_headers_of_standard() {
    let (posted, request) = posted("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await;
    assert_eq!(posted, Ok(()));
    let (head, body) = request.split_once("\r\n\r\n").expect("a body");
    assert!(head.starts_with("POST /hook?a=b HTTP/1.1\r\n"), "{head}");
    for header in [
        "content-type: application/json",
        "webhook-id: msg_00000001-2_3_7",
        "webhook-timestamp: 0",
        "webhook-signature: v1,",
        "user-agent: aftermatch/",
    ] {
        assert!(head.contains(header), "{header}: {head}");
    }
    assert!(body.starts_with(r#"{"type":"message.created""#), "{body}");
}

#[tokio::test]
async fn other_statuses_are_failures() {
    for (response, reason, retry_after) in [
        (
            "HTTP/1.1 500 Oh\r\ncontent-length: 0\r\n\r\n",
            "it answers 500",
            None,
        ),
        (
            "HTTP/1.1 302 Elsewhere\r\nlocation: /\r\ncontent-length: 0\r\n\r\n",
            "302",
            None,
        ),
        (
            "HTTP/1.1 429 Slow\r\nretry-after: 7\r\ncontent-length: 0\r\n\r\n",
            "429",
            Some(7),
        ),
        (
            "HTTP/1.1 503 Off\r\nretry-after: 999999\r\ncontent-length: 0\r\n\r\n",
            "503",
            Some(600),
        ),
        (
            "HTTP/1.1 503 Off\r\nretry-after: Monday\r\ncontent-length: 0\r\n\r\n",
            "503",
            None,
        ),
        ("SSH-2.0\r\n\r\n", "", None),
    ] {
        let failure = posted(response).await.0.expect_err("a failure");
        assert!(failure.reason.contains(reason), "{response}: {failure:?}");
        assert_eq!(
            failure.retry_after,
            retry_after.map(Duration::from_secs),
            "{response}"
        );
    }
}

/// It is read no further than it has to be, and the message was accepted all the same.
#[tokio::test]
async fn endless_response_is_accepted() {
    let long = "x".repeat(100_000);
    let response = format!("HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n{long}");
    assert_eq!(posted(&response).await.0, Ok(()));
}

#[tokio::test]
async fn address_without_server_is_unreachable() {
    let (listener, address) = listening().await;
    drop(listener);
    let failure = webhook(&address)
        .post(&push())
        .await
        .expect_err("nobody listens");
    assert!(failure.reason.contains("refused"), "{failure:?}");
    let failure = inspect(&address).await.expect_err("nobody listens");
    assert!(failure.contains("refused"), "{failure}");
}

#[tokio::test]
async fn inspection_changes_nothing() {
    let (listener, address) = listening().await;
    let response = "HTTP/1.1 405 No\r\ncontent-length: 0\r\n\r\n";
    let (status, (request, _socket)) = tokio::join!(inspect(&address), answer(&listener, response));
    assert_eq!(status, Ok(405));
    assert!(request.starts_with("HEAD /hook?a=b"), "{request}");
}
