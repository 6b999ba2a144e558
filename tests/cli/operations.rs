use std::net::{SocketAddr, TcpListener};

use aftermatch_test_support::{
    Aftermatch, Client, HttpRequest, Program, TIMEOUT, aftermatch, get, worlds,
};
use serde_json::json;
use tokio::time::timeout;

/// A port on which nobody listens at the moment.
fn free_port() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address")
}

fn health_of(address: SocketAddr) -> Aftermatch {
    aftermatch(&["health"]).env("CHAT_LISTEN", address.to_string())
}

/// The complaint about a service that is not healthy.
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

/// The metrics as soon as they contain that line: a frame may be counted a moment after it
/// arrived.
async fn metrics_with(address: SocketAddr, line: &str) -> String {
    let mut metrics = String::new();
    let counted = async {
        while !metrics.contains(line) {
            metrics = get(address, "/metrics").await.body;
        }
    };
    let counted = timeout(TIMEOUT, counted).await;
    assert!(
        counted.is_ok(),
        "no {line} in
{metrics}"
    );
    metrics
}

#[tokio::test]
async fn service_port_answers_health_probes() {
    let service = aftermatch(&[]).start_demo().await;
    let address = service.address();
    for (path, body) in [("/livez", "alive\n"), ("/readyz", "ready\n")] {
        let response = get(address, path).await;
        assert_eq!((response.status, response.body.as_str()), (200, body));
    }
    health_of(address).expect_success().await;
}

#[tokio::test]
async fn post_to_get_route_names_get() {
    let operations = free_port();
    let service = aftermatch(&[])
        .env("CHAT_OPS_LISTEN", operations.to_string())
        .start_demo()
        .await;
    for (address, path) in [(operations, "/readyz"), (service.address(), "/docs")] {
        let response = HttpRequest::new("POST", path).send(address).await;
        assert_eq!(response.status, 405, "{path}");
        assert!(response.body.contains("GET"), "{}", response.body);
    }
}

#[tokio::test]
async fn metrics_count_requests_and_name_nobody() {
    let service = aftermatch(&[]).start_demo().await;
    let tokens = service.tokens();
    let mut vera = Client::connect(service.address(), "/ws/chat/", tokens[0]).await;
    let mut admin = Client::connect(service.address(), "/ws/admin-chat/", tokens[4]).await;
    vera.join(1).await;
    admin.join(1).await;
    let event = vera.create("a secret").await;
    assert_eq!(admin.receive().await, event);
    vera.expect_refusal(
        json!({"action": "join_room", "room_pk": 404}),
        403,
        "room_forbidden",
    )
    .await;
    assert_eq!(get(service.address(), "/ws/chat/").await.status, 403);

    let metrics = metrics_with(service.address(), "aftermatch_frames_sent_total 5\n").await;
    for (name, expected) in [
        ("connections{endpoint=\"chat\"}", 1.0),
        ("connections{endpoint=\"admin-chat\"}", 1.0),
        ("handshakes_refused_total{reason=\"origin\"}", 1.0),
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
        ("delivery_duration_seconds_count", 1.0),
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
async fn operations_port_serves_probes_alone() {
    let operations = free_port();
    let service = aftermatch(&[])
        .env("CHAT_OPS_LISTEN", operations.to_string())
        .start_demo()
        .await;
    for path in ["/livez", "/readyz", "/metrics"] {
        assert_eq!(get(operations, path).await.status, 200, "{path}");
        assert_eq!(get(service.address(), path).await.status, 404, "{path}");
    }
    let health = health_of(service.address());
    health
        .env("CHAT_OPS_LISTEN", operations.to_string())
        .expect_success()
        .await;
    let complaint = unhealthy(service.address()).await;
    assert!(complaint.contains("CHAT_OPS_LISTEN"), "{complaint}");
}

#[tokio::test]
async fn health_without_service_fails() {
    let complaint = unhealthy(free_port()).await;
    assert!(
        complaint.contains("no answer from 127.0.0.1:"),
        "{complaint}"
    );
}

#[tokio::test]
async fn metrics_come_in_requested_format() {
    let service = aftermatch(&[]).start_demo().await;
    let requested = async |accept: &str| {
        let request = HttpRequest::new("GET", "/metrics").header("Accept", accept);
        let response = request.send(service.address()).await;
        assert_eq!(response.status, 200);
        (
            response
                .header("content-type")
                .unwrap_or_default()
                .to_owned(),
            response.body,
        )
    };
    for accept in ["text/plain", "*/*"] {
        let (content_type, body) = requested(accept).await;
        assert!(
            content_type.starts_with("text/plain; version=0.0.4"),
            "{content_type}"
        );
        assert!(
            body.contains("# TYPE aftermatch_frames_received_total counter\n"),
            "{body}"
        );
        assert!(
            !body.contains("# EOF") && !body.contains(" info\n"),
            "{body}"
        );
        // As every official client has them.
        for name in [
            "process_cpu_seconds_total",
            "process_resident_memory_bytes",
            "process_virtual_memory_bytes",
            "process_open_fds",
            "process_max_fds",
            "process_start_time_seconds",
            "process_threads",
        ] {
            assert!(value(&body, name) > 0.0, "{name}");
        }
        assert!(value(&body, "process_open_fds") < value(&body, "process_max_fds"));
    }
    let (content_type, body) = requested("application/openmetrics-text; version=1.0.0").await;
    assert!(
        content_type.starts_with("application/openmetrics-text"),
        "{content_type}"
    );
    assert!(body.ends_with("# EOF\n"), "{body}");
}

#[tokio::test]
async fn refused_origin_is_in_the_log() {
    let service = Program::in_memory(&worlds::many_members(2, 1)).await;
    let address = service.address().await;
    let foreign = HttpRequest::websocket("/ws/chat/").without("Origin");
    let foreign = foreign.header("Origin", "https://evil.example");
    let refused = foreign.send(address).await;
    refused.expect_refusal(403, "a foreign origin");
    let logged = r#""origin":"https://evil.example""#;
    let log = service.logs(logged, 1).await;
    assert!(log.contains(r#""reason":"origin""#), "{log}");
}
