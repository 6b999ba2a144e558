//! Handshakes that RFC 6455 and RFC 9112 forbid.

use aftermatch_test_support::{HttpRequest, Setup, on_every_store, token_for};

fn good() -> HttpRequest {
    HttpRequest::websocket("/ws/chat/").bearer(&token_for(3))
}

async fn malformed_key_is_refused(setup: Setup) {
    let service = setup.start().await;
    let without = || good().without("Sec-WebSocket-Key");
    let mut cases = vec![
        ("no key".to_owned(), without()),
        (
            "two keys".to_owned(),
            good().header("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ),
    ];
    for key in [
        "x",
        "!!!!",
        "dGhlIHNhbXBsZSBub25jZQ",
        "c2hvcnQ=",
        "dGhlIHNhbXBsZSBub25jZSBpcyBsb25n",
    ] {
        cases.push((key.to_owned(), without().header("Sec-WebSocket-Key", key)));
    }
    for (case, handshake) in cases {
        let response = handshake.send(service.address).await;
        response.expect_refusal(400, &case);
        assert!(
            response.body.contains("Sec-WebSocket-Key"),
            "{}",
            response.body
        );
    }
}

async fn host_not_sent_once_is_refused(setup: Setup) {
    let service = setup.start().await;
    for (case, handshake) in [
        ("none", good().without("Host")),
        ("two", good().header("Host", "localhost")),
    ] {
        let response = handshake.send(service.address).await;
        response.expect_refusal(400, case);
        assert!(response.body.contains("Host"), "{}", response.body);
    }
}

async fn handshake_with_body_is_refused(setup: Setup) {
    let service = setup.start().await;
    for (name, value) in [("Content-Length", "5"), ("Transfer-Encoding", "chunked")] {
        let response = good().header(name, value).send(service.address).await;
        response.expect_refusal(400, name);
        assert!(response.body.contains("no body"), "{}", response.body);
    }
    let empty = good().header("Content-Length", "0");
    assert_eq!(empty.send(service.address).await.status, 101);
}

async fn two_authorization_headers_are_refused(setup: Setup) {
    let service = setup.start().await;
    for (first, second) in [(3, 3), (3, 99), (99, 3)] {
        let handshake = HttpRequest::websocket("/ws/chat/").bearer(&token_for(first));
        let response = handshake
            .bearer(&token_for(second))
            .send(service.address)
            .await;
        response.expect_refusal(400, &format!("users {first} and {second}"));
        assert!(response.body.contains("Authorization"), "{}", response.body);
    }
}

async fn origin_is_compared_as_browsers_write_it(setup: Setup) {
    let setup = setup.origins(&["localhost", "чат.рф", " spaced.example "]);
    let service = setup.start().await;
    for (origin, status) in [
        ("https://xn--80a0bn.xn--p1ai", 101),
        ("https://spaced.example", 101),
        ("http://localhost", 101),
        ("localhost", 403),
        ("http://localhost/", 403),
        ("https://xn--80a0bn.example", 403),
    ] {
        let handshake = good().without("Origin").header("Origin", origin);
        let response = handshake.send(service.address).await;
        assert_eq!(response.status, status, "{origin}: {}", response.body);
    }
}

on_every_store!(
    malformed_key_is_refused,
    host_not_sent_once_is_refused,
    handshake_with_body_is_refused,
    two_authorization_headers_are_refused,
    origin_is_compared_as_browsers_write_it,
);
