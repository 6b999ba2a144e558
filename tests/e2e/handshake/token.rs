use aftermatch_test_support::{
    HttpRequest, HttpResponse, SECRET, Service, Setup, TIMEOUT, claims_of, on_every_store, signed,
    signed_with, token_for,
};
use jsonwebtoken::Algorithm;
use serde_json::{Value, json};

/// The claims of Ann's token with one claim changed or removed.
fn claims_with(name: &str, value: Option<Value>) -> Value {
    let mut claims = claims_of(3);
    match value {
        Some(value) => claims[name] = value,
        None => drop(claims.as_object_mut().expect("an object").remove(name)),
    }
    claims
}

async fn with_authorization(service: &Service, value: &str) -> HttpResponse {
    let handshake = HttpRequest::websocket("/ws/chat/").header("Authorization", value);
    handshake.send(service.address).await
}

fn expect_unauthorized(response: &HttpResponse, case: &str) {
    response.expect_refusal(401, case);
    assert_eq!(
        response.header("www-authenticate"),
        Some("Bearer"),
        "{case}"
    );
}

async fn connect_invalid_token_unauthorized(setup: Setup) {
    let service = setup.start().await;
    let now = claims_of(3)["iat"].as_i64().expect("a time");
    let good = token_for(3);
    let [header, claims, signature] = good.split('.').collect::<Vec<_>>()[..] else {
        panic!("three parts");
    };
    let unsigned = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0"; // {"alg":"none","typ":"JWT"}
    for (case, token) in [
        ("nothing", String::new()),
        ("not a token", "abc".to_owned()),
        ("three empty parts", "..".to_owned()),
        ("cut off", good[..good.len() - 1].to_owned()),
        ("no signature", format!("{header}.{claims}.")),
        (
            "the signature of another",
            format!("{header}.{claims}.{}", signature.repeat(2)),
        ),
        ("unsigned", format!("{unsigned}.{claims}.")),
        (
            "unsigned by its header",
            format!("{unsigned}.{claims}.{signature}"),
        ),
        (
            "another secret",
            signed_with(Algorithm::HS256, "another secret", &claims_of(3)),
        ),
        (
            "HS384",
            signed_with(Algorithm::HS384, SECRET, &claims_of(3)),
        ),
        (
            "HS512",
            signed_with(Algorithm::HS512, SECRET, &claims_of(3)),
        ),
        ("expired", signed(&claims_with("exp", Some(json!(now - 1))))),
        (
            "expiring now",
            signed(&claims_with("exp", Some(json!(now)))),
        ),
        ("never expiring", signed(&claims_with("exp", None))),
        (
            "a refresh token",
            signed(&claims_with("token_type", Some(json!("refresh")))),
        ),
        (
            "a token of no type",
            signed(&claims_with("token_type", None)),
        ),
        ("nobody's", signed(&claims_with("user_id", None))),
        ("a user who is no number", signed(&claims_of("ann"))),
        ("an unknown user", token_for(99)),
        ("a deactivated user", token_for(7)),
    ] {
        for path in ["/ws/chat/", "/ws/admin-chat/"] {
            let response = HttpRequest::websocket(path)
                .bearer(&token)
                .send(service.address)
                .await;
            expect_unauthorized(&response, case);
            assert!(
                token.is_empty() || !response.body.contains(&token),
                "{case}: {}",
                response.body
            );
        }
    }
    let response = HttpRequest::websocket("/ws/chat/")
        .send(service.address)
        .await;
    expect_unauthorized(&response, "no header at all");
}

async fn authorization_scheme_bearer_ignores_case(setup: Setup) {
    let service = setup.start().await;
    let good = token_for(3);
    for scheme in ["Bearer", "bearer", "BEARER", "bEaReR"] {
        let response = with_authorization(&service, &format!("{scheme} {good}")).await;
        assert_eq!(response.status, 101, "{scheme}");
    }
    for value in [
        good.clone(),
        format!("Basic {good}"),
        format!("Token {good}"),
        format!("JWT {good}"),
        format!("Bearer{good}"),
        format!("Bearer, {good}"),
        format!("Bearer {good} {good}"),
        "Bearer".to_owned(),
    ] {
        expect_unauthorized(&with_authorization(&service, &value).await, &value);
    }
}

async fn token_user_id_as_string_accepted(setup: Setup) {
    let service = setup.start().await;
    let handshake = HttpRequest::websocket("/ws/chat/").bearer(&signed(&claims_of("3")));
    let mut ann = handshake.send(service.address).await.client().await;
    ann.join(2).await;
    ann.expect_refusal(
        json!({"action": "join_room", "room_pk": 3}),
        403,
        "room_forbidden",
    )
    .await;
}

async fn connect_wrong_kind_of_user_forbidden(setup: Setup) {
    let service = setup.start().await;
    for (path, user) in [
        ("/ws/chat/", 8),
        ("/ws/chat/", 9),
        ("/ws/admin-chat/", 3),
        ("/ws/admin-chat/", 8),
    ] {
        let response = HttpRequest::websocket(path)
            .bearer(&token_for(user))
            .send(service.address)
            .await;
        response.expect_refusal(403, path);
        assert_eq!(response.header("www-authenticate"), None, "{path}");
    }
}

async fn token_as_subprotocol_accepted(setup: Setup) {
    let service = setup.start().await;
    let (ann, admin) = (token_for(3), token_for(9));
    for (path, protocols, chosen) in [
        ("/ws/chat/", format!("chat, {ann}"), Some("chat")),
        ("/ws/chat/", format!("chat,{ann}"), Some("chat")),
        ("/ws/chat/", format!("chat, another, {ann}"), Some("chat")),
        (
            "/ws/admin-chat/",
            format!("admin-chat, {admin}"),
            Some("admin-chat"),
        ),
        ("/ws/chat/", format!("admin-chat, {ann}"), None),
        ("/ws/admin-chat/", format!("chat, {admin}"), None),
        ("/ws/chat/", format!("CHAT, {ann}"), None),
        ("/ws/chat/", format!("{ann}, chat"), None),
        ("/ws/chat/", ann.clone(), None),
        ("/ws/chat/", "chat".to_owned(), None),
        ("/ws/chat/", "chat, abc".to_owned(), None),
    ] {
        let handshake = HttpRequest::websocket(path).header("Sec-WebSocket-Protocol", &protocols);
        let response = handshake.send(service.address).await;
        assert!(
            !response.head.contains("eyJ"),
            "{protocols}: {}",
            response.head
        );
        assert_eq!(
            response.header("sec-websocket-protocol"),
            chosen,
            "{protocols}"
        );
        match chosen {
            Some(_) => response.client().await.expect_silence().await,
            None => expect_unauthorized(&response, &protocols),
        }
    }
}

async fn token_header_overrides_subprotocol(setup: Setup) {
    let service = setup.start().await;
    let (good, bad) = (token_for(3), token_for(99));
    for (header, protocols, status, chosen) in [
        (&good, format!("chat, {bad}"), 101, Some("chat")),
        (&good, "chat".to_owned(), 101, Some("chat")),
        (&good, "another".to_owned(), 101, None),
        (&bad, format!("chat, {good}"), 401, None),
    ] {
        let handshake = HttpRequest::websocket("/ws/chat/").bearer(header);
        let handshake = handshake.header("Sec-WebSocket-Protocol", &protocols);
        let response = handshake.send(service.address).await;
        assert_eq!(response.status, status, "{protocols}: {}", response.body);
        assert_eq!(
            response.header("sec-websocket-protocol"),
            chosen,
            "{protocols}"
        );
    }
    let basic = HttpRequest::websocket("/ws/chat/").header("Authorization", "Basic YW5uOmFubg==");
    let basic = basic.header("Sec-WebSocket-Protocol", &format!("chat, {good}"));
    expect_unauthorized(
        &basic.send(service.address).await,
        "a header with another scheme wins too",
    );
}

async fn connection_outlives_its_token(setup: Setup) {
    let service = setup.start().await;
    let mut claims = claims_of(3);
    claims["exp"] = json!(claims["iat"].as_i64().expect("a time") + 3);
    let token = signed(&claims);
    let connect = || {
        HttpRequest::websocket("/ws/chat/")
            .bearer(&token)
            .send(service.address)
    };
    let mut ann = connect().await.client().await;
    ann.join(1).await;
    let expired = async {
        loop {
            let response = connect().await;
            if response.status != 101 {
                return response;
            }
        }
    };
    let refused = tokio::time::timeout(TIMEOUT, expired).await;
    expect_unauthorized(
        &refused.expect("the token expires"),
        "the token has expired",
    );
    ann.create("still here").await;
}

on_every_store!(
    connect_invalid_token_unauthorized,
    authorization_scheme_bearer_ignores_case,
    token_user_id_as_string_accepted,
    connect_wrong_kind_of_user_forbidden,
    token_as_subprotocol_accepted,
    token_header_overrides_subprotocol,
    connection_outlives_its_token,
);
