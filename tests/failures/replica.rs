//! Lists and histories come from a standby, and clients cannot see that.

use aftermatch_test_support::{PROGRAM_TIMEOUT, Pair, Program, Proxy, get};
use serde_json::json;
use tokio::time::timeout;

use crate::world::prepare;

/// How many reads were done at the standby.
async fn reads(service: &Program) -> u64 {
    let metrics = get(service.address().await, "/metrics").await.body;
    let name = "aftermatch_replica_reads_total{from=\"replica\"} ";
    let reads = metrics.lines().find_map(|line| line.strip_prefix(name));
    reads.map_or(0, |reads| reads.parse().expect("a number"))
}

#[tokio::test]
async fn reads_of_standby_are_never_older() {
    let pair = Pair::asynchronous().await;
    prepare(&pair.url()).await;
    let line = Proxy::before(&pair.standby_url()).await;
    let settings = [("CHAT_REPLICA_URL", line.url())];
    let first = Program::start(&pair.url(), &settings);
    let second = Program::start(&pair.url(), &settings);
    let mut ann = first.joined(1, 1).await;
    let mut bob = second.joined(2, 1).await;
    let mut seq = 0;
    for fault in ["none", "cut", "none", "frozen", "none"] {
        match fault {
            "none" => line.heal().await,
            "cut" => line.cut().await,
            _ => line.freeze(),
        }
        let before = reads(&second).await;
        let mut rounds = 0;
        let read = async {
            while rounds < 5 || fault == "none" && reads(&second).await == before {
                rounds += 1;
                let created = ann.create("hello").await;
                seq += 1;
                assert_eq!(bob.receive().await, created);
                // It has what its client has received.
                let history = json!({"action": "get_room_messages", "after_seq": seq - 1});
                let history = bob.request(history).await;
                let results = history["data"]["results"].as_array().expect("messages");
                assert_eq!(results.len(), 1, "{history}");
                assert_eq!(results[0]["id"], created["data"]["id"], "{history}");
                let list = bob.request(json!({"action": "list"})).await;
                assert_eq!(list["data"][0]["last_seq"], seq, "{list}");
            }
        };
        let read = timeout(PROGRAM_TIMEOUT, read).await;
        read.unwrap_or_else(|_| panic!("the standby is not read: {fault}"));
    }
}
