use std::net::{SocketAddr, TcpListener};

use serde_json::json;

use crate::{
    client::Client,
    command::{Aftermatch, aftermatch},
    http::{ask, get},
};

/// A port on which nobody listens, for this moment.
fn free_port() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address")
}

fn health_of(address: SocketAddr) -> Aftermatch {
    aftermatch(&["health"]).with("CHAT_LISTEN", address.to_string())
}

/// What is said of a service that is not healthy.
async fn unhealthy(address: SocketAddr) -> String {
    let output = health_of(address).output().await;
    assert_eq!(output.status.code(), Some(1), "as Docker wants it");
    String::from_utf8(output.stderr).expect("UTF-8")
}

/// The value of a metric, labels included in its name.
fn value(metrics: &str, name: &str) -> f64 {
    let line = metrics
        .lines()
        .find(|line| line.split_once(' ').is_some_and(|(left, _)| left == name));
    let line = line.unwrap_or_else(|| panic!("no {name} in\n{metrics}"));
    let (_, value) = line.rsplit_once(' ').expect("a value");
    value.parse().expect("a number")
}

/// The metrics as soon as they contain that line: what was just sent may be
/// counted a moment after it has arrived.
async fn metrics_with(address: SocketAddr, line: &str) -> String {
    let mut metrics = String::new();
    for _ in 0..1_000 {
        metrics = get(address, "/metrics").await.1;
        if metrics.contains(line) {
            return metrics;
        }
    }
    panic!("no {line} in\n{metrics}");
}

#[tokio::test]
async fn a_service_tells_how_it_does_where_it_serves() {
    let service = aftermatch(&[]).start().await;
    let address = service.address();
    assert_eq!(get(address, "/livez").await, (200, "alive\n".to_owned()));
    assert_eq!(get(address, "/readyz").await, (200, "ready\n".to_owned()));
    health_of(address).prints().await;
}

#[tokio::test]
async fn whoever_does_not_get_is_told_to() {
    let operations = free_port();
    let service = aftermatch(&[])
        .with("CHAT_OPS_LISTEN", operations.to_string())
        .start()
        .await;
    for (address, path) in [(operations, "/readyz"), (service.address(), "/docs")] {
        let (status, body) = ask("POST", address, path).await;
        assert_eq!(status, 405, "{path}");
        assert!(body.contains("GET"), "{body}");
    }
}

#[tokio::test]
async fn what_happens_is_counted_and_nobody_is_named() {
    let service = aftermatch(&[]).start().await;
    let tokens = service.tokens();
    let mut vera = Client::connect(service.address(), "/ws/chat/", tokens[0]).await;
    let mut admin = Client::connect(service.address(), "/ws/admin-chat/", tokens[4]).await;
    vera.join(1).await;
    admin.join(1).await;
    let told = vera.create("a secret").await;
    assert_eq!(admin.hear().await, told);
    vera.refused(
        json!({"action": "join_room", "room_pk": 404}),
        403,
        "room_forbidden",
    )
    .await;
    assert_eq!(get(service.address(), "/ws/chat/").await.0, 403);

    let metrics = metrics_with(service.address(), "aftermatch_frames_sent_total 5\n").await;
    for (name, expected) in [
        ("connections{endpoint=\"chat\"}", 1.0),
        ("connections{endpoint=\"admin-chat\"}", 1.0),
        ("handshakes_refused_total{reason=\"origin_or_right\"}", 1.0),
        ("requests_total{action=\"join_room\",status=\"200\"}", 2.0),
        ("requests_total{action=\"join_room\",status=\"403\"}", 1.0),
        (
            "requests_total{action=\"create_message\",status=\"201\"}",
            1.0,
        ),
        (
            "request_duration_seconds_count{action=\"create_message\"}",
            1.0,
        ),
        ("told_duration_seconds_count", 1.0),
        ("frames_received_total", 4.0),
        ("outbox_frames", 0.0),
        ("slow_readers_closed_total", 0.0),
    ] {
        assert_eq!(
            value(&metrics, &format!("aftermatch_{name}")),
            expected,
            "{name}"
        );
    }
    assert!(value(&metrics, "aftermatch_sent_bytes_total") > 1_000.0);
    for secret in ["a secret", tokens[0], "Вера"] {
        assert!(!metrics.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn operators_may_have_a_port_of_their_own() {
    let operations = free_port();
    let service = aftermatch(&[])
        .with("CHAT_OPS_LISTEN", operations.to_string())
        .start()
        .await;
    for path in ["/livez", "/readyz", "/metrics"] {
        assert_eq!(get(operations, path).await.0, 200, "{path}");
        assert_eq!(get(service.address(), path).await.0, 404, "{path}");
    }
    let health = health_of(service.address());
    health
        .with("CHAT_OPS_LISTEN", operations.to_string())
        .prints()
        .await;
    let said = unhealthy(service.address()).await;
    assert!(said.contains("is not ready"), "{said}");
}

#[tokio::test]
async fn where_nobody_serves_nothing_is_healthy() {
    let said = unhealthy(free_port()).await;
    assert!(said.contains("no answer from 127.0.0.1:"), "{said}");
}
