//! The limit on the requests of one connection: what counts, and what a client is asked to
//! do.

use std::time::Duration;

use aftermatch_test_support::{Program, Setup, masked, on_every_store};
use serde_json::Value;
use tokio::time::sleep;

use crate::{
    bytes::{LIST, PING, of_every_kind, text},
    socket::{Incoming, Socket, too_many_requests},
    world::{MALLORY, TRENT, usual},
};

const LIMIT: (&str, &str) = ("CHAT_MAX_REQUESTS_PER_SECOND", "2");
/// Requests that may come at once.
const BURST: usize = 8;

async fn limited(setup: Setup) -> Program {
    usual(setup).start_program(&[LIMIT]).await
}

async fn connected(program: &Program, user: i64) -> Socket {
    Socket::chat(program.address().await, user).await
}

fn is_over_limit(response: &Value) -> bool {
    let over = response["response_status"] == 429;
    assert_eq!(
        over,
        response["error_code"] == "too_many_requests",
        "{response}"
    );
    assert_eq!(
        over,
        response["retry_after_ms"]
            .as_u64()
            .is_some_and(|wait| wait > 0),
        "{response}"
    );
    over
}

/// Sends requests until one is refused. Returns how many were not, and the refusal.
async fn until_refused(socket: &mut Socket) -> (usize, Value) {
    for admitted in 0.. {
        let response = socket.request(LIST).await;
        if is_over_limit(&response) {
            return (admitted, response);
        }
        assert_eq!(response["response_status"], 200, "{response}");
        assert!(admitted < 100 * BURST, "there is a limit");
    }
    unreachable!("the loop has no end")
}

async fn wait_as_asked(refusal: &Value) {
    let wait = refusal["retry_after_ms"].as_u64().expect("a time");
    sleep(Duration::from_millis(wait)).await;
}

async fn burst_answered_then_waiting_helps(setup: Setup) {
    let program = limited(setup).await;
    let mut mallory = connected(&program, MALLORY).await;
    let (admitted, mut refusal) = until_refused(&mut mallory).await;
    assert!(admitted >= BURST, "{admitted}");
    for _ in 0..3 {
        wait_as_asked(&refusal).await;
        let response = mallory.request(LIST).await;
        assert_eq!(response["response_status"], 200, "{response}");
        refusal = until_refused(&mut mallory).await.1;
    }
    // The limit is that of one connection.
    for user in [MALLORY, TRENT] {
        let (admitted, _) = until_refused(&mut connected(&program, user).await).await;
        assert!(admitted >= BURST, "{admitted}");
    }
}

/// Connecting again after each flood gains only as much as the connections that one user may
/// have at a time.
async fn floods_on_ever_new_connections_refused(setup: Setup) {
    let connections = ("CHAT_MAX_CONNECTIONS_PER_USER", "3");
    let program = usual(setup).start_program(&[LIMIT, connections]).await;
    let mut admitted = 0;
    while let Incoming::Text(first) = {
        let mut mallory = connected(&program, MALLORY).await;
        mallory.send(&text(LIST).repeat(3 * BURST)).await;
        let first = mallory.receive().await;
        while let Incoming::Text(_) = mallory.receive().await {}
        first
    } {
        admitted += 1;
        assert!(admitted < 20, "{first}");
    }
    assert!(admitted >= 1);
    let (admitted, _) = until_refused(&mut connected(&program, TRENT).await).await;
    assert!(
        admitted >= BURST,
        "somebody else is not concerned: {admitted}"
    );
}

async fn default_burst_is_200(setup: Setup) {
    let program = usual(setup).start_program(&[]).await;
    let mut mallory = connected(&program, MALLORY).await;
    // They take so little time that the limit admits few meanwhile.
    mallory.send(&text("x").repeat(300)).await;
    let mut admitted = 0;
    while !is_over_limit(&mallory.receive_json().await) {
        admitted += 1;
    }
    assert!(admitted >= 200, "{admitted}");
}

/// Whatever a client sends counts. After a burst of it, a request is over the limit.
async fn everything_sent_counts(setup: Setup) {
    let program = limited(setup).await;
    for (name, one) in of_every_kind() {
        let mut mallory = connected(&program, MALLORY).await;
        // In one write, so that little time passes.
        let request = text(r#"{"action":"list","request_id":"last"}"#);
        mallory.send(&[one.repeat(BURST), request].concat()).await;
        let last = loop {
            match mallory.receive().await {
                Incoming::Text(text) if text.contains(r#""request_id":"last""#) => {
                    break serde_json::from_str(&text).expect("JSON");
                }
                // A fragmented message is many frames: the connection may be closed
                // before the request is read.
                closed @ Incoming::Close(..) => {
                    assert_eq!((name, closed), ("fragments", too_many_requests()));
                    break Value::Null;
                }
                Incoming::End => panic!("{name}: no reason"),
                _ => {}
            }
        };
        assert!(last.is_null() || is_over_limit(&last), "{name}: {last}");
    }
}

async fn excess_pings_unanswered_then_closed(setup: Setup) {
    let program = limited(setup).await;
    let mut mallory = connected(&program, MALLORY).await;
    let pings: Vec<_> = (0..BURST as u8 + 4)
        .map(|nth| masked(PING, &[nth]))
        .collect();
    mallory.send(&[pings.concat(), text(LIST)].concat()).await;
    let mut pongs = 0;
    loop {
        match mallory.receive().await {
            Incoming::Pong(payload) => {
                assert_eq!(payload, [pongs]);
                pongs += 1;
            }
            Incoming::Text(text) => {
                assert!(
                    is_over_limit(&serde_json::from_str(&text).expect("JSON")),
                    "{text}"
                );
                break;
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(usize::from(pongs), BURST, "only these may come at once");
    mallory.send(&masked(PING, b"").repeat(BURST)).await;
    assert_eq!(mallory.receive_close().await, too_many_requests());
}

on_every_store!(
    floods_on_ever_new_connections_refused,
    burst_answered_then_waiting_helps,
    default_burst_is_200,
    everything_sent_counts,
    excess_pings_unanswered_then_closed,
);
