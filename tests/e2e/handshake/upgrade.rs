use aftermatch_test_support::{HttpRequest, Setup, on_every_store, token_for};

async fn both_endpoints_accept_optional_slash(setup: Setup) {
    let service = setup.start().await;
    for (path, user) in [
        ("/ws/chat", 3),
        ("/ws/chat/", 3),
        ("/ws/admin-chat", 9),
        ("/ws/admin-chat/", 9),
    ] {
        let response = HttpRequest::websocket(path)
            .bearer(&token_for(user))
            .send(service.address)
            .await;
        // The key and the response to it are the example of RFC 6455.
        let accept = response.header("sec-websocket-accept");
        assert_eq!(accept, Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "{path}");
        response.client().await.expect_silence().await;
    }
}

async fn unknown_path_not_found(setup: Setup) {
    let service = setup.start().await;
    for path in [
        "/",
        "/ws",
        "/ws/",
        "/ws/chat/1",
        "/ws/chats",
        "/ws/admin-chat/x/",
        "/WS/CHAT/",
    ] {
        let response = HttpRequest::websocket(path)
            .bearer(&token_for(3))
            .send(service.address)
            .await;
        response.expect_refusal(404, path);
        let response = HttpRequest::new("POST", path).send(service.address).await;
        response.expect_refusal(404, path);
    }
}

const OTHER_METHODS: [&str; 5] = ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

async fn handshake_other_method_refused(setup: Setup) {
    let service = setup.start().await;
    for method in OTHER_METHODS {
        for (path, user) in [("/ws/chat", 3), ("/ws/chat/", 3), ("/ws/admin-chat/", 9)] {
            let request = HttpRequest::new(method, path).header("Origin", "http://localhost:80");
            let response = request.bearer(&token_for(user)).send(service.address).await;
            response.expect_refusal(405, method);
            assert_eq!(response.header("allow"), Some("GET"), "{method}");
        }
    }
}

async fn method_checked_before_everything_else(setup: Setup) {
    let service = setup.start().await;
    for method in OTHER_METHODS {
        let origin = HttpRequest::new(method, "/ws/chat/").header("Origin", "http://localhost:80");
        for request in [HttpRequest::new(method, "/ws/chat/"), origin] {
            let response = request.send(service.address).await;
            response.expect_refusal(405, method);
            assert_eq!(response.header("allow"), Some("GET"), "{method}");
        }
    }
}

async fn request_without_upgrade_names_supported_version(setup: Setup) {
    let service = setup.start().await;
    for (name, values) in [
        ("Connection", &[None, Some("keep-alive"), Some("close")][..]),
        ("Upgrade", &[None, Some("h2c"), Some("websockets")]),
        (
            "Sec-WebSocket-Version",
            &[None, Some("12"), Some("8"), Some("14")],
        ),
    ] {
        for value in values {
            let case = format!("{name}: {value:?}");
            let handshake = HttpRequest::websocket("/ws/chat/")
                .bearer(&token_for(3))
                .without(name);
            let handshake = match value {
                Some(value) => handshake.header(name, value),
                None => handshake,
            };
            let response = handshake.send(service.address).await;
            response.expect_refusal(426, &case);
            assert_eq!(
                response.header("sec-websocket-version"),
                Some("13"),
                "{case}"
            );
        }
    }
}

async fn upgrade_headers_match_in_any_case(setup: Setup) {
    let service = setup.start().await;
    for (name, value) in [
        ("Connection", "keep-alive, Upgrade"),
        ("Connection", "upgrade"),
        ("Upgrade", "WebSocket"),
        ("Upgrade", "WEBSOCKET"),
    ] {
        let handshake = HttpRequest::websocket("/ws/chat/")
            .bearer(&token_for(3))
            .without(name);
        let response = handshake.header(name, value).send(service.address).await;
        assert_eq!(response.status, 101, "{name}: {value}: {}", response.body);
    }
}

async fn token_and_right_checked_before_upgrade(setup: Setup) {
    let service = setup.start().await;
    for (path, token, status) in [
        ("/ws/chat/", "abc".to_owned(), 401),
        ("/ws/chat/", token_for(8), 403),
        ("/ws/admin-chat/", token_for(3), 403),
        ("/ws/chat/", token_for(3), 426),
    ] {
        let handshake = HttpRequest::new("GET", path).header("Origin", "http://localhost:80");
        let response = handshake.bearer(&token).send(service.address).await;
        response.expect_refusal(status, path);
    }
}

async fn malformed_extensions_refused(setup: Setup) {
    let service = setup.start().await;
    let handshake = HttpRequest::websocket("/ws/chat/").bearer(&token_for(3));
    let handshake = handshake.header("Sec-WebSocket-Extensions", "permessage-deflate; =9");
    let response = handshake.send(service.address).await;
    response.expect_refusal(400, "a parameter without a name");
}

async fn unknown_extensions_declined(setup: Setup) {
    let service = setup.start().await;
    let handshake = HttpRequest::websocket("/ws/chat/").bearer(&token_for(3));
    let handshake = handshake.header("Sec-WebSocket-Extensions", "x-webkit-deflate-frame");
    let response = handshake.send(service.address).await;
    assert_eq!(response.status, 101);
    assert_eq!(response.header("sec-websocket-extensions"), None);
    response.client().await.expect_silence().await;
}

on_every_store!(
    both_endpoints_accept_optional_slash,
    unknown_path_not_found,
    handshake_other_method_refused,
    method_checked_before_everything_else,
    request_without_upgrade_names_supported_version,
    upgrade_headers_match_in_any_case,
    token_and_right_checked_before_upgrade,
    malformed_extensions_refused,
    unknown_extensions_declined,
);
