use crate::harness::{Handshake, Service, Setup, on_every_store, token_for};

/// The answer to a handshake of Ann's that is good but for these `Origin`
/// headers.
async fn from(service: &Service, origins: &[&str], case: &str) -> u16 {
    let handshake = Handshake::to("/ws/chat/")
        .without("Origin")
        .bearing(&token_for(3));
    let handshake = origins
        .iter()
        .fold(handshake, |all, origin| all.with("Origin", origin));
    let answer = handshake.send(service.address).await;
    if answer.status != 101 {
        answer.is_refused(403, case);
        assert_eq!(answer.header("www-authenticate"), None, "{case}");
    }
    answer.status
}

async fn only_pages_of_a_listed_host_may_connect(setup: Setup) {
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
        assert_eq!(from(&service, origins, &case).await, status, "{case}");
    }
}

async fn scheme_and_port_matter_where_the_list_names_them(setup: Setup) {
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
        assert_eq!(from(&service, &[origin], origin).await, status, "{origin}");
    }
}

async fn the_origin_is_checked_before_anything_else(setup: Setup) {
    let service = setup.start().await;
    let foreign = Handshake::to("/ws/chat/")
        .without("Origin")
        .with("Origin", "http://evil.example");
    for handshake in [
        foreign,
        Handshake::to("/ws/chat/")
            .without("Origin")
            .bearing("no token"),
        Handshake::bare("GET", "/ws/chat/"),
        Handshake::bare("GET", "/ws/admin-chat/").bearing(&token_for(3)),
    ] {
        let answer = handshake.send(service.address).await;
        answer.is_refused(403, &answer.head);
        assert!(answer.body.contains("Origin"), "{}", answer.body);
    }
}

on_every_store!(
    only_pages_of_a_listed_host_may_connect,
    scheme_and_port_matter_where_the_list_names_them,
    the_origin_is_checked_before_anything_else,
);
