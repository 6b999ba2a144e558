use crate::harness::{Handshake, Setup, on_every_store, token_for};

async fn both_paths_open_with_and_without_the_slash(setup: Setup) {
    let service = setup.start().await;
    for (path, user) in [
        ("/ws/chat", 3),
        ("/ws/chat/", 3),
        ("/ws/admin-chat", 9),
        ("/ws/admin-chat/", 9),
    ] {
        let answer = Handshake::to(path)
            .bearing(&token_for(user))
            .send(service.address)
            .await;
        // The key and the answer to it are those of RFC 6455.
        let accept = answer.header("sec-websocket-accept");
        assert_eq!(accept, Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "{path}");
        answer.client().await.hears_nothing().await;
    }
}

async fn there_is_nothing_elsewhere(setup: Setup) {
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
        let answer = Handshake::to(path)
            .bearing(&token_for(3))
            .send(service.address)
            .await;
        answer.is_refused(404, path);
        let answer = Handshake::bare("POST", path).send(service.address).await;
        answer.is_refused(404, path);
    }
}

const OTHER_METHODS: [&str; 5] = ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

async fn a_handshake_is_a_get(setup: Setup) {
    let service = setup.start().await;
    for method in OTHER_METHODS {
        for (path, user) in [("/ws/chat", 3), ("/ws/chat/", 3), ("/ws/admin-chat/", 9)] {
            let request = Handshake::bare(method, path).with("Origin", "http://localhost:80");
            let answer = request
                .bearing(&token_for(user))
                .send(service.address)
                .await;
            answer.is_refused(405, method);
            assert_eq!(answer.header("allow"), Some("GET"), "{method}");
        }
    }
}

async fn another_method_is_refused_before_anything_else_is_looked_at(setup: Setup) {
    let service = setup.start().await;
    for method in OTHER_METHODS {
        let origin = Handshake::bare(method, "/ws/chat/").with("Origin", "http://localhost:80");
        for request in [Handshake::bare(method, "/ws/chat/"), origin] {
            let answer = request.send(service.address).await;
            answer.is_refused(405, method);
            assert_eq!(answer.header("allow"), Some("GET"), "{method}");
        }
    }
}

async fn who_asks_for_no_websocket_is_told_which_one_there_is(setup: Setup) {
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
            let handshake = Handshake::to("/ws/chat/")
                .bearing(&token_for(3))
                .without(name);
            let handshake = match value {
                Some(value) => handshake.with(name, value),
                None => handshake,
            };
            let answer = handshake.send(service.address).await;
            answer.is_refused(426, &case);
            assert_eq!(answer.header("sec-websocket-version"), Some("13"), "{case}");
        }
    }
}

async fn the_words_of_an_upgrade_are_matched_as_browsers_write_them(setup: Setup) {
    let service = setup.start().await;
    for (name, value) in [
        ("Connection", "keep-alive, Upgrade"),
        ("Connection", "upgrade"),
        ("Upgrade", "WebSocket"),
        ("Upgrade", "WEBSOCKET"),
    ] {
        let handshake = Handshake::to("/ws/chat/")
            .bearing(&token_for(3))
            .without(name);
        let answer = handshake.with(name, value).send(service.address).await;
        assert_eq!(answer.status, 101, "{name}: {value}: {}", answer.body);
    }
}

async fn token_and_right_are_checked_before_the_upgrade(setup: Setup) {
    let service = setup.start().await;
    for (path, token, status) in [
        ("/ws/chat/", "abc".to_owned(), 401),
        ("/ws/chat/", token_for(8), 403),
        ("/ws/admin-chat/", token_for(3), 403),
        ("/ws/chat/", token_for(3), 426),
    ] {
        let handshake = Handshake::bare("GET", path).with("Origin", "http://localhost:80");
        let answer = handshake.bearing(&token).send(service.address).await;
        answer.is_refused(status, path);
    }
}

async fn no_extension_is_negotiated(setup: Setup) {
    let service = setup.start().await;
    let handshake = Handshake::to("/ws/chat/").bearing(&token_for(3));
    let handshake = handshake.with("Sec-WebSocket-Extensions", "permessage-deflate");
    let answer = handshake.send(service.address).await;
    assert_eq!(answer.status, 101);
    assert_eq!(answer.header("sec-websocket-extensions"), None);
}

on_every_store!(
    both_paths_open_with_and_without_the_slash,
    there_is_nothing_elsewhere,
    a_handshake_is_a_get,
    another_method_is_refused_before_anything_else_is_looked_at,
    who_asks_for_no_websocket_is_told_which_one_there_is,
    the_words_of_an_upgrade_are_matched_as_browsers_write_them,
    token_and_right_are_checked_before_the_upgrade,
    no_extension_is_negotiated,
);
