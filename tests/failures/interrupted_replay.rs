//! The database goes away while a client receives a long replay.

use aftermatch_test_support::{Program, Proxy, fresh, import, worlds};
use serde_json::{Value, json};

/// Together these messages are more than the buffers between service and client can hold.
const MESSAGES: i64 = 400;

#[tokio::test]
async fn interrupted_replay_closes_connection_and_is_resumed_later() {
    let database = fresh().await;
    let mut world = worlds::many_members(2, 1);
    let text = "🐈".repeat(10_000);
    let message = json!({
        "room_id": 1, "user_id": 1, "text": text, "created_at": "2024-06-17T18:00:00.000Z",
    });
    world["messages"] = vec![message; MESSAGES as usize].into();
    import(database.url(), &world).await;
    let proxy = Proxy::before(database.url()).await;
    let service = Program::serving(proxy.url()).await;

    let mut bob = service.chat(2).await;
    let joined = bob.join_since(1, 0).await;
    assert_eq!(joined["data"]["resumed"], true, "{joined}");
    proxy.cut().await;
    let (received, code) = bob.receive_until_close().await;
    assert_eq!(code, Some(1013));
    let received = received.len() as i64;
    assert!(received < MESSAGES, "everything was replayed");

    proxy.heal().await;
    let mut bob = service.chat(2).await;
    let joined = bob.join_since(1, received).await;
    assert_eq!(joined["data"]["resumed"], true, "{joined}");
    for seq in received + 1..=MESSAGES {
        let frame = bob.receive().await;
        assert_eq!(frame["data"]["seq"], seq);
        assert_eq!(frame["replay"], Value::Bool(true));
    }
    bob.expect_silence().await;
}
