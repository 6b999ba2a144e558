//! The platform changes its tables in ways that no trigger sees: rights end all the same.

use aftermatch_test_support::{Client, Platform, Program, fresh};
use serde_json::json;

use crate::world::prepare;

/// Takes the brand of user 2 out of room 1, each in another way.
const WAYS: [&str; 4] = [
    "SET session_replication_role = replica;
     DELETE FROM participants WHERE room_id = 1 AND brand_id = 102;
     RESET session_replication_role;",
    "BEGIN; ALTER TABLE participants DISABLE TRIGGER ALL;
     DELETE FROM participants WHERE room_id = 1 AND brand_id = 102;
     ALTER TABLE participants ENABLE TRIGGER ALL; COMMIT;",
    "CREATE TABLE others AS SELECT * FROM participants WHERE (room_id, brand_id) <> (1, 102);
     BEGIN; TRUNCATE participants; INSERT INTO participants SELECT * FROM others; COMMIT;",
    "ALTER TABLE participants DISABLE TRIGGER ALL;
     DELETE FROM participants WHERE room_id = 1 AND brand_id = 102;",
];

async fn expect_brand_removed(listener: &mut Client) {
    let frame = listener.receive().await;
    assert_eq!(frame["action"], "room_closed", "{frame}");
    assert_eq!(
        frame["data"],
        json!({"room_pk": 1, "reason": "brand_removed"})
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn brand_taken_out_without_triggers_loses_its_seat() {
    for way in WAYS {
        let database = fresh().await;
        prepare(database.url()).await;
        let platform = Platform::connect(database.url()).await;
        let service = Program::serving(database.url()).await;
        let mut listener = service.joined(2, 1).await;
        let mut other = service.joined(1, 1).await;
        sqlx::raw_sql(way)
            .execute(platform.pool())
            .await
            .expect(way);
        expect_brand_removed(&mut listener).await;
        other.create("who is still here?").await;
        listener.expect_silence().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn user_deactivated_without_triggers_is_disconnected() {
    let database = fresh().await;
    prepare(database.url()).await;
    let platform = Platform::connect(database.url()).await;
    let service = Program::serving(database.url()).await;
    let mut listener = service.joined(2, 1).await;
    let deactivate = "SET session_replication_role = replica;
        UPDATE users SET active = false WHERE id = 2;
        RESET session_replication_role;";
    let done = sqlx::raw_sql(deactivate).execute(platform.pool()).await;
    done.expect("a superuser may");
    assert_eq!(listener.close_code().await, Some(4401));
}
