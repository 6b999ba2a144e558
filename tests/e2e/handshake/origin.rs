use aftermatch_test_support::{HttpRequest, Service, Setup, on_every_store, token_for};

/// The status of a handshake of Ann with these `Origin` headers.
async fn status_from(service: &Service, origins: &[&str], case: &str) -> u16 {
    let handshake = HttpRequest::websocket("/ws/chat/")
        .without("Origin")
        .bearer(&token_for(3));
    let handshake = origins
        .iter()
        .fold(handshake, |all, origin| all.header("Origin", origin));
    let response = handshake.send(service.address).await;
    if response.status != 101 {
        response.expect_refusal(403, case);
        assert_eq!(response.header("www-authenticate"), None, "{case}");
    }
    response.status
}

async fn origin_of_unlisted_host_refused(setup: Setup) {
    let service = setup.start().await;
    for (origins, status) in [
        (&["http://localhost:80"][..], 101),
        (&["http://localhost"], 101),
        (&["https://localhost:8443"], 101),
        (&["HTTP://LOCALHOST"], 101),
        (&["http://127.0.0.1:3000"], 101),
        (&["http://[::1]:80"], 101),
        (&[], 403),
        (&[""], 403),
        (&["null"], 403),
        (&["*"], 403),
        (&["http://evil.example"], 403),
        (&["http://localhost.evil.example"], 403),
        (&["http://evil-localhost"], 403),
        (&["http://localhost@evil.example"], 403),
        (&["http://evil.example/localhost"], 403),
        (&["http://127.0.0.2"], 403),
        (&["http://localhost", "http://localhost"], 403),
        (&["http://localhost", "http://evil.example"], 403),
        (&["http://evil.example", "http://localhost"], 403),
        (&["http://localhost http://evil.example"], 403),
    ] {
        let case = format!("{origins:?}");
        assert_eq!(
            status_from(&service, origins, &case).await,
            status,
            "{case}"
        );
    }
}

async fn origin_scheme_and_port_matched_if_listed(setup: Setup) {
    let setup = setup.origins(&["chat.example", "https://safe.example", "port.example:8443"]);
    let service = setup.start().await;
    for (origin, status) in [
        ("http://chat.example:81", 101),
        ("https://chat.example", 101),
        ("https://safe.example", 101),
        ("https://safe.example:444", 101),
        ("http://safe.example", 403),
        ("http://port.example:8443", 101),
        ("https://port.example:8443", 101),
        ("https://port.example", 403),
        ("http://localhost", 403),
    ] {
        assert_eq!(
            status_from(&service, &[origin], origin).await,
            status,
            "{origin}"
        );
    }
}

async fn origin_checked_before_everything_else(setup: Setup) {
    let service = setup.start().await;
    let foreign = HttpRequest::websocket("/ws/chat/")
        .without("Origin")
        .header("Origin", "http://evil.example");
    for handshake in [
        foreign,
        HttpRequest::websocket("/ws/chat/")
            .without("Origin")
            .bearer("no token"),
        HttpRequest::new("GET", "/ws/chat/"),
        HttpRequest::new("GET", "/ws/admin-chat/").bearer(&token_for(3)),
    ] {
        let response = handshake.send(service.address).await;
        response.expect_refusal(403, &response.head);
        assert!(response.body.contains("Origin"), "{}", response.body);
    }
}

on_every_store!(
    origin_of_unlisted_host_refused,
    origin_scheme_and_port_matched_if_listed,
    origin_checked_before_everything_else,
);
