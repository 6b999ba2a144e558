//! Which revisions the SQL of the platform moves.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::support::{message, town, with_world};
use aftermatch_testdb::Platform;
use sqlx::AssertSqlSafe;

/// A transaction of the platform, and the users and rooms that it changes, inserts or
/// deletes.
type Row = (&'static str, &'static [i64], &'static [i64]);

/// On [`town`], where user 1 owns brand 11 and so on, and brands 11 and 12 are in
/// room 21, 12 and 13 in 22, 13 and 11 in 23.
const ROWS: &[Row] = &[
    // Users.
    ("UPDATE users SET active = false WHERE id = 1", &[1], &[]),
    ("UPDATE users SET admin = true WHERE id = 1", &[1], &[]),
    (
        r#"UPDATE users SET profile = '{"a":1}' WHERE id = 1"#,
        &[1],
        &[],
    ),
    ("UPDATE users SET profile = '{ }' WHERE id = 1", &[1], &[]),
    (
        "UPDATE users SET active = active, admin = false, profile = '{}'",
        &[],
        &[],
    ),
    ("UPDATE users SET admin = true", &[1, 2, 3, 4], &[]),
    ("UPDATE users SET id = 5 WHERE id = 4", &[4, 5], &[]),
    ("INSERT INTO users (id) VALUES (5)", &[5], &[]),
    ("DELETE FROM users WHERE id = 4", &[4], &[]),
    (
        "DELETE FROM users WHERE id = 4; INSERT INTO users (id) VALUES (4)",
        &[4],
        &[],
    ),
    (
        "INSERT INTO users (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET active = true",
        &[],
        &[],
    ),
    (
        "INSERT INTO users (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET active = false",
        &[1],
        &[],
    ),
    // Brands.
    (
        "UPDATE brands SET tariff = 'business' WHERE id = 11",
        &[],
        &[21, 23],
    ),
    (
        "UPDATE brands SET tariff_until = now() WHERE id = 12",
        &[],
        &[21, 22],
    ),
    (
        r#"UPDATE brands SET profile = '{"a":1}' WHERE id = 13"#,
        &[],
        &[22, 23],
    ),
    (
        "UPDATE brands SET tariff = NULL, tariff_until = NULL, profile = '{}', user_id = user_id",
        &[],
        &[],
    ),
    ("UPDATE brands SET tariff = 'light'", &[], &[21, 22, 23]),
    ("UPDATE brands SET user_id = 4 WHERE id = 11", &[1, 4], &[]),
    (
        "UPDATE brands SET user_id = 4, tariff = 'light' WHERE id = 11",
        &[1, 4],
        &[21, 23],
    ),
    (
        "SET CONSTRAINTS ALL DEFERRED; UPDATE brands SET user_id = 3 - user_id WHERE id < 13",
        &[1, 2],
        &[],
    ),
    ("INSERT INTO brands (id, user_id) VALUES (14, 4)", &[4], &[]),
    ("DELETE FROM brands WHERE id = 11", &[1], &[21, 23]),
    (
        "DELETE FROM brands WHERE id = 11; INSERT INTO brands (id, user_id) VALUES (11, 1)",
        &[1],
        &[21, 23],
    ),
    (
        "DELETE FROM brands WHERE id = 11; DELETE FROM users WHERE id = 1",
        &[1],
        &[21, 23],
    ),
    // Rooms and participants.
    ("INSERT INTO rooms (id) VALUES (24)", &[], &[24]),
    (
        "INSERT INTO rooms (id) VALUES (21) ON CONFLICT DO NOTHING",
        &[],
        &[],
    ),
    ("DELETE FROM rooms WHERE id = 21", &[], &[21]),
    (
        "DELETE FROM rooms WHERE id = 21; INSERT INTO rooms (id) VALUES (21)",
        &[],
        &[21],
    ),
    ("UPDATE rooms SET frozen = true WHERE id = 21", &[], &[21]),
    (
        "UPDATE rooms SET kind = 'support' WHERE id = 21",
        &[],
        &[21],
    ),
    (
        "UPDATE rooms SET pen = 'always' WHERE id > 21",
        &[],
        &[22, 23],
    ),
    (
        "UPDATE rooms SET kind = 'match', pen = pen, frozen = false",
        &[],
        &[],
    ),
    (
        "INSERT INTO rooms (id) VALUES (21), (22) ON CONFLICT (id) DO UPDATE SET frozen = rooms.id = 21",
        &[],
        &[21],
    ),
    ("INSERT INTO participants VALUES (21, 13, 9)", &[], &[21]),
    (
        "DELETE FROM participants WHERE room_id = 21 AND brand_id = 11",
        &[],
        &[21],
    ),
    (
        "UPDATE participants SET room_id = 22 , position = 9 WHERE room_id = 21 AND brand_id = 11",
        &[],
        &[21, 22],
    ),
    (
        "UPDATE participants SET brand_id = 13 WHERE room_id = 21 AND brand_id = 11",
        &[],
        &[21],
    ),
    (
        "UPDATE participants SET position = 9 WHERE room_id = 21 AND brand_id = 11",
        &[],
        &[21],
    ),
    (
        "UPDATE participants SET position = 1 - position WHERE room_id = 21",
        &[],
        &[21],
    ),
    (
        "UPDATE participants SET position = position, room_id = room_id, brand_id = brand_id",
        &[],
        &[],
    ),
    // Writes of the service.
    ("UPDATE rooms SET last_seq = last_seq + 1", &[], &[]),
    (
        "UPDATE messages SET text = 'edited', changed_seq = 7;
         INSERT INTO messages (room_id, user_id, text, created_at, seq, changed_seq)
         VALUES (21, 1, 'new', now(), 8, 8)",
        &[],
        &[],
    ),
];

#[tokio::test]
async fn platform_sql_moves_exactly_affected_revisions() {
    let (_database, platform) = with_world(&town(vec![message(None, 21, 2, 1, "hello")])).await;
    for &(change, users, rooms) in ROWS {
        let moved = moved(&platform, change).await;
        let expected = [users.to_vec(), rooms.to_vec()];
        assert_eq!(moved, expected, "users and rooms moved by {change}");
    }
}

/// The users and rooms that `change` inserts, deletes or moves to another revision. It
/// is rolled back.
async fn moved(platform: &Platform, change: &'static str) -> [Vec<i64>; 2] {
    let mut transaction = platform.pool().begin().await.expect("a transaction");
    let before = revisions(&mut transaction).await;
    let changed = sqlx::raw_sql(AssertSqlSafe(change.to_owned()));
    let changed = changed.execute(&mut *transaction).await;
    changed.unwrap_or_else(|error| panic!("{change}: {error}"));
    let after = revisions(&mut transaction).await;
    transaction.rollback().await.expect("an open transaction");

    let [users, rooms] = [0, 1].map(|table| {
        let (before, after) = (&before[table], &after[table]);
        let ids: BTreeSet<_> = before.keys().chain(after.keys()).collect();
        let moved = ids.into_iter().filter(|id| before.get(id) != after.get(id));
        moved.copied().collect()
    });
    [users, rooms]
}

async fn revisions(connection: &mut sqlx::PgConnection) -> [BTreeMap<i64, i64>; 2] {
    let mut tables = [BTreeMap::new(), BTreeMap::new()];
    let selects = [
        "SELECT id, revision FROM users",
        "SELECT id, revision FROM rooms",
    ];
    for (table, select) in tables.iter_mut().zip(selects) {
        let rows: Vec<(i64, i64)> = sqlx::query_as(select)
            .fetch_all(&mut *connection)
            .await
            .expect("the revisions");
        table.extend(rows);
    }
    tables
}

#[tokio::test]
async fn unknown_kind_and_pen_are_refused() {
    let (_database, platform) = with_world(&town(vec![])).await;
    for (write, expected) in [
        (
            "UPDATE rooms SET pen = 'sometimes' WHERE id = 21",
            "pen of room 21 is 'sometimes'",
        ),
        (
            "INSERT INTO rooms (id, pen) VALUES (24, '')",
            "pen of room 24 is ''",
        ),
        (
            "INSERT INTO rooms (id, kind) VALUES (24, 'Support')",
            "kind of room 24 is 'Support'",
        ),
        (
            "UPDATE rooms SET kind = 'it''s' WHERE id = 21",
            "kind of room 21 is 'it''s'",
        ),
        (
            "UPDATE rooms SET kind = E'a\\n' WHERE id = 21",
            "kind of room 21 is 'a\n'",
        ),
        (
            "UPDATE rooms SET kind = repeat('a', 33) WHERE id = 21",
            "kind of room 21 is 'aaaa",
        ),
        (
            "INSERT INTO rooms (id, kind) VALUES (24, '')",
            "kind of room 24 is ''",
        ),
    ] {
        let refused = sqlx::query(write).execute(platform.pool()).await;
        let refused = refused.expect_err(write);
        let refused = refused.as_database_error().expect("a refusal");
        assert!(refused.is_check_violation(), "{write}: {refused}");
        assert!(refused.message().starts_with(expected), "{refused}");
    }
    let accepted = "INSERT INTO rooms (id, kind, pen) VALUES (24, repeat('z', 32), 'never')";
    let accepted = sqlx::query(accepted).execute(platform.pool()).await;
    accepted.expect("a valid room");
}

#[tokio::test]
async fn recreated_room_gets_new_revision() {
    let (_database, platform) = with_world(&town(vec![])).await;
    let mut seen = HashSet::new();
    for _ in 0..3 {
        let revision = "SELECT revision FROM rooms WHERE id = 21";
        let revision: i64 = sqlx::query_scalar(revision)
            .fetch_one(platform.pool())
            .await
            .expect("the room");
        assert!(seen.insert(revision), "{revision} again, after {seen:?}");
        for change in [
            "DELETE FROM rooms WHERE id = 21",
            "INSERT INTO rooms (id) VALUES (21)",
        ] {
            let changed = sqlx::query(change).execute(platform.pool()).await;
            changed.expect("the change");
        }
    }
}

#[tokio::test]
async fn deleted_room_removes_messages_authors_stay() {
    let messages = vec![
        message(None, 21, 1, 1, "hello"),
        message(None, 22, 4, 1, "you"),
    ];
    let (_database, platform) = with_world(&town(messages)).await;
    let refused = sqlx::query("DELETE FROM users WHERE id = 4").execute(platform.pool());
    let refused = refused.await.expect_err("an author").to_string();
    assert!(refused.contains("user 4 has written messages"), "{refused}");
    for (change, left) in [
        ("DELETE FROM rooms WHERE id = 22", 1),
        ("DELETE FROM rooms", 0),
    ] {
        let changed = sqlx::query(change).execute(platform.pool()).await;
        changed.expect("the change");
        let count = "SELECT count(*) FROM (
            SELECT room_id FROM messages UNION ALL SELECT room_id FROM events
        ) rows";
        let count = sqlx::query_scalar(count);
        let count: i64 = count.fetch_one(platform.pool()).await.expect("a number");
        assert_eq!(count, left, "{change}");
    }
    let gone = sqlx::query("DELETE FROM users WHERE id = 4").execute(platform.pool());
    gone.await.expect("no messages are left");
}

#[tokio::test]
async fn deleted_room_or_user_removes_read_positions() {
    let (_database, platform) = with_world(&town(vec![])).await;
    let positions =
        "INSERT INTO reading_marks VALUES (21, 3, 1), (21, 4, 1), (22, 4, 1), (23, 3, 1)";
    let marked = sqlx::query(positions).execute(platform.pool()).await;
    marked.expect("the read positions");
    for (change, left) in [
        ("DELETE FROM rooms WHERE id = 21", 2),
        ("DELETE FROM users WHERE id = 4", 1),
    ] {
        let changed = sqlx::query(change).execute(platform.pool()).await;
        changed.expect("the change");
        let count = sqlx::query_scalar("SELECT count(*) FROM reading_marks");
        let count: i64 = count.fetch_one(platform.pool()).await.expect("a number");
        assert_eq!(count, left, "{change}");
    }
}
