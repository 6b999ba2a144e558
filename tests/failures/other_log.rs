//! The log of a room becomes another one: the room is removed and made again, or the
//! database goes back to an earlier state.

use aftermatch_test_support::{Client, Platform, Program, fresh};
use serde_json::{Value, json};

use crate::world::prepare;

const REMAKE: &str = "
    DELETE FROM rooms WHERE id = 1;
    INSERT INTO rooms (id) VALUES (1);
    INSERT INTO participants VALUES (1, 101, 0), (1, 102, 1);";

/// As after a restore without the last messages.
const GO_BACK: &str = "
    DELETE FROM messages WHERE room_id = 1 AND seq > 2;
    UPDATE rooms SET last_seq = 2 WHERE id = 1;";

/// Runs the statements in one transaction.
async fn run(platform: &Platform, sql: &'static str) {
    let done = sqlx::raw_sql(sql).execute(platform.pool()).await;
    done.expect("it is done");
}

/// The next frame must be the end of the seat in room 1.
async fn expect_closed(client: &mut Client, reason: &str) {
    let frame = client.receive().await;
    assert_eq!(frame["action"], "room_closed", "{frame}");
    assert_eq!(frame["data"], json!({"room_pk": 1, "reason": reason}));
}

async fn join(client: &mut Client, since: Option<(&Value, i64)>) -> Value {
    let mut join = json!({"action": "join_room", "room_pk": 1});
    if let Some((epoch, seq)) = since {
        join["epoch"] = epoch.clone();
        join["since_seq"] = json!(seq);
    }
    let joined = client.request(join).await;
    assert_eq!(joined["response_status"], 200, "{joined}");
    joined["data"].clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn room_made_again_is_a_new_room() {
    let database = fresh().await;
    prepare(database.url()).await;
    let platform = Platform::connect(database.url()).await;
    let services = [
        Program::serving(database.url()).await,
        Program::serving(database.url()).await,
    ];
    let (mut ann, mut bob) = (services[0].chat(1).await, services[1].chat(2).await);
    let before = join(&mut ann, None).await;
    assert_eq!(join(&mut bob, None).await["epoch"], before["epoch"]);
    for _ in 0..10 {
        let created = ann.create("in the old room").await;
        assert_eq!(bob.receive().await, created);
    }
    run(&platform, REMAKE).await;
    expect_closed(&mut ann, "room_removed").await;
    expect_closed(&mut bob, "room_removed").await;

    let after = join(&mut ann, Some((&before["epoch"], 3))).await;
    assert_ne!(after["epoch"], before["epoch"]);
    assert_eq!(
        (&after["last_seq"], &after["resumed"]),
        (&json!(0), &json!(false))
    );
    join(&mut bob, None).await;
    let created = ann.create("in the new room").await;
    assert_eq!(created["data"]["seq"], 1);
    assert_eq!(bob.receive().await, created);
    let again = join(&mut bob, Some((&after["epoch"], 1))).await;
    assert_eq!(again["resumed"], true);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn numbers_that_went_back_end_the_seats() {
    let database = fresh().await;
    prepare(database.url()).await;
    let platform = Platform::connect(database.url()).await;
    let service = Program::serving(database.url()).await;
    let (mut ann, mut bob) = (service.joined(1, 1).await, service.joined(2, 1).await);
    for _ in 0..5 {
        let created = ann.create("hello").await;
        assert_eq!(bob.receive().await, created);
    }
    run(&platform, GO_BACK).await;
    // Committed as number 3, which everyone has received before.
    let id = ann
        .send_action(json!({"action": "create_message", "msg_text": "again"}))
        .await;
    let frames = [ann.receive().await, ann.receive().await];
    assert!(
        frames.iter().any(|frame| frame["request_id"] == id),
        "{frames:?}"
    );
    assert!(
        frames
            .iter()
            .any(|frame| frame["data"]["reason"] == "restarted"),
        "{frames:?}"
    );
    expect_closed(&mut bob, "restarted").await;
    join(&mut ann, None).await;
    join(&mut bob, None).await;
    let created = ann.create("and on").await;
    assert_eq!(created["data"]["seq"], 4);
    assert_eq!(bob.receive().await, created);
}
