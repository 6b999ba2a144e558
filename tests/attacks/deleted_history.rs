//! A client that writes and deletes messages without end.

use aftermatch_test_support::{Client, Platform, Program, fresh, import, token_for};
use serde_json::json;

use crate::world::{ADMIN, BOB, MALLORY, TRENT, usual_world};

/// Messages that were written and deleted in room 2: the work of half a day at the
/// default limit.
const DELETED: i64 = 1_000_000;

/// What Mallory did, in one statement.
const WRITE_AND_DELETE: &str = "INSERT INTO messages
        (room_id, user_id, created_at, deleted_at, deleted_by, seq, changed_seq)
    SELECT 2, $1, now(), now(), $1, 2 * n - 1, 2 * n FROM generate_series(1, $2) n";

/// Ample for what does not read all these rows.
const SHORT_TIMEOUT: (&str, &str) = ("CHAT_STATEMENT_TIMEOUT", "200ms");

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rooms_listed_after_million_deletions() {
    let database = fresh().await;
    import(database.url(), &usual_world()).await;
    let platform = Platform::connect(database.url()).await;
    let written = sqlx::query(WRITE_AND_DELETE).bind(MALLORY).bind(DELETED);
    written.execute(platform.pool()).await.expect("rows");
    let counted = sqlx::query("UPDATE rooms SET last_seq = 2 * $1 WHERE id = 2").bind(DELETED);
    counted.execute(platform.pool()).await.expect("one row");

    let program = Program::start(database.url(), &[SHORT_TIMEOUT]);
    let address = program.address().await;
    let admin = Client::connect(address, "/ws/admin-chat/", &token_for(ADMIN)).await;
    let chat = [
        program.chat(TRENT).await,
        program.chat(MALLORY).await,
        program.chat(BOB).await,
    ];
    for mut client in chat.into_iter().chain([admin]) {
        for list in [
            json!({"action": "list"}),
            json!({"action": "list", "limit": 10}),
        ] {
            let response = client.request(list).await;
            assert_eq!(response["response_status"], 200, "{response}");
        }
    }
    let mut trent = program.joined(TRENT, 2).await;
    let event = trent.create("still here").await;
    assert_eq!(event["data"]["seq"], 2 * DELETED + 1);
}
