//! The port itself: tokens, bodies, connections.

use aftermatch_test_support::{HttpRequest, PROGRAM_TIMEOUT, get};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::platform::{Served, TOKENS};

#[tokio::test]
async fn every_path_needs_a_token() {
    let platform = Served::in_memory().await;
    for path in [
        "/",
        "/v1/users/3",
        "/v1/nothing",
        "/livez",
        "/docs/openapi.json",
    ] {
        let wrong = HttpRequest::new("GET", path).bearer("a-token-of-the-platforM");
        for request in [HttpRequest::new("GET", path), wrong] {
            let refused = platform.send(request).await;
            assert_eq!(refused.status, 401, "{path}: {}", refused.body);
            assert_eq!(refused.header("www-authenticate"), Some("Bearer"));
            assert!(refused.body.contains("invalid_token"), "{}", refused.body);
            assert!(!refused.body.contains(TOKENS[0]), "{}", refused.body);
        }
    }
    for token in TOKENS {
        let request = HttpRequest::new("GET", "/v1/rooms").bearer(token);
        assert_eq!(platform.send(request).await.status, 200);
    }
    let chat = platform.program.address().await;
    assert_eq!(
        get(chat, "/v1/rooms").await.status,
        404,
        "on its own port only"
    );
}

#[tokio::test]
async fn wrong_requests_are_named() {
    let platform = Served::in_memory().await;
    let put = || Served::request("PUT", "/v1/users/3");
    let large = " ".repeat(1024 * 1024 + 1);
    for (request, status, part) in [
        (Served::request("GET", "/v1/user/3"), 404, "/v1/users/{id}"),
        (
            Served::request("GET", "/v1/users/x"),
            400,
            "`x` in the path",
        ),
        (put(), 415, "is missing"),
        (
            put().header("Content-Type", "text/plain"),
            415,
            "`text/plain`",
        ),
        (put().json(""), 400, "the body is empty"),
        (put().json("{\"active\":\n tru}"), 400, "line 2, column 5"),
        (put().json(large), 413, "1048576"),
    ] {
        let refused = platform.send(request).await;
        assert_eq!(refused.status, status, "{}", refused.body);
        assert!(refused.body.contains(part), "{part}: {}", refused.body);
        assert_eq!(refused.header("content-type"), Some("application/json"));
    }
    let refused = platform.send(Served::request("POST", "/v1/users/3")).await;
    assert_eq!(refused.status, 405);
    assert_eq!(refused.header("allow"), Some("GET, PUT, DELETE"));
}

/// Sends a head, and nothing of the body that it promises.
async fn silent(platform: &Served) -> TcpStream {
    let mut stream = TcpStream::connect(platform.address())
        .await
        .expect("a connection");
    let request = Served::request("PUT", "/v1/users/3")
        .header("Content-Type", "application/json")
        .header("Content-Length", "100");
    stream.write_all(&request.bytes()).await.expect("open");
    stream
}

#[tokio::test]
async fn silent_bodies_hold_up_nobody_for_long() {
    let platform = Served::in_memory().await;
    let mut silent = [
        silent(&platform).await,
        silent(&platform).await,
        silent(&platform).await,
        silent(&platform).await,
        silent(&platform).await,
        silent(&platform).await,
        silent(&platform).await,
        silent(&platform).await,
        silent(&platform).await,
    ];
    // Another one is served as soon as their time is over; the chat at once.
    platform.program.handshake(3).await;
    let refused = timeout(PROGRAM_TIMEOUT, async {
        loop {
            let response = platform.send(Served::request("GET", "/v1/rooms")).await;
            if response.status == 200 {
                break;
            }
            assert_eq!(response.status, 503, "{}", response.body);
            assert_eq!(response.header("retry-after"), Some("1"));
        }
    });
    refused.await.expect("served in time");
    let mut refused = 0;
    for connection in &mut silent {
        let mut text = String::new();
        let read = timeout(PROGRAM_TIMEOUT, connection.read_to_string(&mut text)).await;
        let _ = read.expect("an end in time");
        // One of them is beyond the limit, whichever it is.
        if text.starts_with("HTTP/1.1 503") {
            refused += 1;
        } else {
            let is_over = text.is_empty() || text.starts_with("HTTP/1.1 408");
            assert!(is_over, "{text}");
        }
    }
    assert!(refused <= 1, "{refused}");
}
