use jsonwebtoken::Algorithm;
use serde_json::{Value, json};

use crate::harness::{
    Handshake, HttpAnswer, SECRET, Service, Setup, claims_of, on_every_store, signed, signed_with,
    token_for,
};

/// Claims of Ann's in which one has another value, or is not there.
fn claims_with(name: &str, value: Option<Value>) -> Value {
    let mut claims = claims_of(3);
    match value {
        Some(value) => claims[name] = value,
        None => drop(claims.as_object_mut().expect("an object").remove(name)),
    }
    claims
}

async fn with_authorization(service: &Service, value: &str) -> HttpAnswer {
    let handshake = Handshake::to("/ws/chat/").with("Authorization", value);
    handshake.send(service.address).await
}

fn is_unauthorized(answer: &HttpAnswer, case: &str) {
    answer.is_refused(401, case);
    assert_eq!(answer.header("www-authenticate"), Some("Bearer"), "{case}");
}

async fn who_shows_no_good_token_stays_outside(setup: Setup) {
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
            "said to be unsigned",
            format!("{unsigned}.{claims}.{signature}"),
        ),
        (
            "another secret",
            signed_with(Algorithm::HS256, b"another secret", &claims_of(3)),
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
            let answer = Handshake::to(path)
                .bearing(&token)
                .send(service.address)
                .await;
            is_unauthorized(&answer, case);
            assert!(
                token.is_empty() || !answer.body.contains(&token),
                "{case}: {}",
                answer.body
            );
        }
    }
    let answer = Handshake::to("/ws/chat/").send(service.address).await;
    is_unauthorized(&answer, "no header at all");
}

async fn the_scheme_is_bearer_in_any_case(setup: Setup) {
    let service = setup.start().await;
    let good = token_for(3);
    for scheme in ["Bearer", "bearer", "BEARER", "bEaReR"] {
        let answer = with_authorization(&service, &format!("{scheme} {good}")).await;
        assert_eq!(answer.status, 101, "{scheme}");
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
        is_unauthorized(&with_authorization(&service, &value).await, &value);
    }
}

async fn the_user_may_be_written_as_a_decimal_string(setup: Setup) {
    let service = setup.start().await;
    let answer = Handshake::to("/ws/chat/").bearing(&signed(&claims_of("3")));
    let mut ann = answer.send(service.address).await.client().await;
    ann.join(2).await;
    ann.refused(
        json!({"action": "join_room", "room_pk": 3}),
        403,
        "room_forbidden",
    )
    .await;
}

async fn the_wrong_kind_of_user_is_forbidden(setup: Setup) {
    let service = setup.start().await;
    for (path, user) in [
        ("/ws/chat/", 8),
        ("/ws/chat/", 9),
        ("/ws/admin-chat/", 3),
        ("/ws/admin-chat/", 8),
    ] {
        let answer = Handshake::to(path)
            .bearing(&token_for(user))
            .send(service.address)
            .await;
        answer.is_refused(403, path);
        assert_eq!(answer.header("www-authenticate"), None, "{path}");
    }
}

async fn browsers_send_the_token_as_a_subprotocol(setup: Setup) {
    let service = setup.start().await;
    let (ann, boss) = (token_for(3), token_for(9));
    for (path, protocols, chosen) in [
        ("/ws/chat/", format!("chat, {ann}"), Some("chat")),
        ("/ws/chat/", format!("chat,{ann}"), Some("chat")),
        ("/ws/chat/", format!("chat, another, {ann}"), Some("chat")),
        (
            "/ws/admin-chat/",
            format!("admin-chat, {boss}"),
            Some("admin-chat"),
        ),
        ("/ws/chat/", format!("admin-chat, {ann}"), None),
        ("/ws/admin-chat/", format!("chat, {boss}"), None),
        ("/ws/chat/", format!("CHAT, {ann}"), None),
        ("/ws/chat/", format!("{ann}, chat"), None),
        ("/ws/chat/", ann.clone(), None),
        ("/ws/chat/", "chat".to_owned(), None),
        ("/ws/chat/", "chat, abc".to_owned(), None),
    ] {
        let handshake = Handshake::to(path).with("Sec-WebSocket-Protocol", &protocols);
        let answer = handshake.send(service.address).await;
        assert!(!answer.head.contains("eyJ"), "{protocols}: {}", answer.head);
        assert_eq!(
            answer.header("sec-websocket-protocol"),
            chosen,
            "{protocols}"
        );
        match chosen {
            Some(_) => answer.client().await.hears_nothing().await,
            None => is_unauthorized(&answer, &protocols),
        }
    }
}

async fn the_header_wins_over_the_subprotocol(setup: Setup) {
    let service = setup.start().await;
    let (good, bad) = (token_for(3), token_for(99));
    for (header, protocols, status, chosen) in [
        (&good, format!("chat, {bad}"), 101, Some("chat")),
        (&good, "chat".to_owned(), 101, Some("chat")),
        (&good, "another".to_owned(), 101, None),
        (&bad, format!("chat, {good}"), 401, None),
    ] {
        let handshake = Handshake::to("/ws/chat/").bearing(header);
        let handshake = handshake.with("Sec-WebSocket-Protocol", &protocols);
        let answer = handshake.send(service.address).await;
        assert_eq!(answer.status, status, "{protocols}: {}", answer.body);
        assert_eq!(
            answer.header("sec-websocket-protocol"),
            chosen,
            "{protocols}"
        );
    }
    let basic = Handshake::to("/ws/chat/").with("Authorization", "Basic YW5uOmFubg==");
    let basic = basic.with("Sec-WebSocket-Protocol", &format!("chat, {good}"));
    is_unauthorized(
        &basic.send(service.address).await,
        "another scheme is a header, too",
    );
}

async fn a_connection_outlives_its_token(setup: Setup) {
    let service = setup.start().await;
    let mut claims = claims_of(3);
    claims["exp"] = json!(claims["iat"].as_i64().expect("a time") + 3);
    let token = signed(&claims);
    let knock = || {
        Handshake::to("/ws/chat/")
            .bearing(&token)
            .send(service.address)
    };
    let mut ann = knock().await.client().await;
    ann.join(1).await;
    let expired = async {
        loop {
            let answer = knock().await;
            if answer.status != 101 {
                return answer;
            }
        }
    };
    let late = tokio::time::timeout(std::time::Duration::from_secs(10), expired).await;
    is_unauthorized(&late.expect("the token expires"), "the token has expired");
    ann.create("still here").await;
}

on_every_store!(
    who_shows_no_good_token_stays_outside,
    the_scheme_is_bearer_in_any_case,
    the_user_may_be_written_as_a_decimal_string,
    the_wrong_kind_of_user_is_forbidden,
    browsers_send_the_token_as_a_subprotocol,
    the_header_wins_over_the_subprotocol,
    a_connection_outlives_its_token,
);
