//! Rows that cannot be applied, queries that fail, triggers that are gone.

use std::time::Duration;

use tokio::time::sleep;

use crate::support::{MAPPING, World};

/// The end of the query of users, with their profiles in it.
const WHOLE: &str = ", row_to_json(p) AS profile
FROM accounts_user u CROSS JOIN LATERAL (SELECT u.id, u.email, u.phone) p
'''";
/// The same with profiles apart.
const APART: &str = " FROM accounts_user u'''
profiles = \"SELECT id, json_build_object('id', id, 'phone', phone) AS profile FROM accounts_user\"";

#[tokio::test]
async fn failing_row_is_named_and_waits() {
    let failing = MAPPING.replace("b.user_id,", "b.user_id + 0 / (b.id - 213) AS user_id,");
    let world = World::with(&failing).await;
    world.install().await.expect("an installation");
    let _draining = world.drain().await;
    world
        .run(
            "INSERT INTO platform.accounts_user (id) SELECT generate_series(201, 240);
             INSERT INTO platform.brand_brand (id, user_id) SELECT n, n FROM generate_series(201, 240) n;
             UPDATE platform.accounts_user SET is_active = false WHERE id = 1",
        )
        .await;
    world
        .becomes("SELECT active FROM users WHERE id = 1", "false")
        .await;
    world
        .becomes("SELECT string_agg(key || ' ' || error, ', ') FROM bridge_moved WHERE target = 'brands'", "213 division by zero")
        .await;
    world
        .becomes("SELECT count(*) FROM brands WHERE id > 200", "39")
        .await;
    // The platform mends it, and nothing waits any more.
    world
        .run("DELETE FROM platform.brand_brand WHERE id = 213")
        .await;
    world
        .becomes("SELECT count(*) FROM bridge_moved WHERE key = '213'", "0")
        .await;
}

#[tokio::test]
async fn renamed_column_is_waited_for() {
    let (world, _draining) = World::drained().await;
    // The query of users reads it for the profile alone.
    world
        .run("ALTER TABLE platform.accounts_user RENAME COLUMN phone TO telephone")
        .await;
    world
        .run("UPDATE platform.accounts_user SET is_active = false WHERE id = 2")
        .await;
    world
        .becomes(
            "SELECT count(*) FROM bridge_moved WHERE error LIKE '%phone%'",
            "2",
        )
        .await;
    world
        .run("ALTER TABLE platform.accounts_user RENAME COLUMN telephone TO phone")
        .await;
    world
        .becomes("SELECT active FROM users WHERE id = 2", "false")
        .await;
    world.is_drained().await;
    world.is_same().await;
}

#[tokio::test]
async fn broken_profile_delays_no_right() {
    let apart = MAPPING.replace(WHOLE, APART);
    assert_ne!(apart, MAPPING);
    let world = World::with(&apart).await;
    world.install().await.expect("an installation");
    let _draining = world.drain().await;
    world
        .run("ALTER TABLE platform.accounts_user DROP COLUMN phone")
        .await;
    world
        .run("UPDATE platform.accounts_user SET is_active = false WHERE id = 2")
        .await;
    world
        .becomes("SELECT active FROM users WHERE id = 2", "false")
        .await;
    world
        .becomes(
            "SELECT count(*) > 0 FROM bridge_moved WHERE target = 'user_profiles'",
            "true",
        )
        .await;
}

#[tokio::test]
async fn brand_waits_for_its_user() {
    let (world, draining) = World::drained().await;
    drop(draining);
    // As if the mark of the user came in a later portion.
    world
        .run(
            "INSERT INTO platform.accounts_user (id) VALUES (300);
             INSERT INTO platform.brand_brand (id, user_id) VALUES (300, 300);
             INSERT INTO platform.chat_room (id) VALUES (300);
             INSERT INTO platform.chat_room_participants (room_id, brand_id) VALUES (300, 300), (300, 11);
             INSERT INTO platform.chat_message (id, room_id, user_id, text) VALUES (300, 300, 300, 'hello');
             DELETE FROM bridge_noted WHERE source = 'platform.accounts_user';
             INSERT INTO bridge_moved (source, key, after)
             VALUES ('platform.accounts_user', '300', now() + interval '3 s')",
        )
        .await;
    let _draining = world.drain().await;
    world
        .becomes("SELECT string_agg(DISTINCT target, ' ' ORDER BY target) FROM bridge_moved WHERE error IS NOT NULL", "brands messages participants")
        .await;
    // Others are not held up.
    world
        .run("UPDATE platform.accounts_user SET is_staff = true WHERE id = 1")
        .await;
    world
        .becomes("SELECT admin FROM users WHERE id = 1", "true")
        .await;
    world
        .becomes("SELECT count(*) FROM participants WHERE room_id = 300", "2")
        .await;
    world
        .becomes("SELECT user_id FROM messages WHERE id = 300", "300")
        .await;
    world.is_drained().await;
    world.is_same().await;
}

#[tokio::test]
async fn drains_take_turns() {
    let (world, _one) = World::drained().await;
    let _other = world.drain().await;
    for n in 0..20 {
        let sql = format!(
            "INSERT INTO platform.chat_message (room_id, user_id, text) SELECT 21, 1, 'n' || {n} || g FROM generate_series(1, 20) g"
        );
        world.run(&sql).await;
        sleep(Duration::from_millis(20)).await;
    }
    world
        .becomes("SELECT count(*) FROM messages WHERE room_id = 21", "404")
        .await;
    let gaps =
        "SELECT count(DISTINCT seq) = max(seq) AND min(seq) = 1 FROM messages WHERE room_id = 21";
    world.becomes(gaps, "true").await;
    world.is_same().await;
}

#[tokio::test]
async fn locked_room_holds_up_no_other() {
    let (world, _draining) = World::drained().await;
    let mut transaction = world.sql.begin().await.expect("a transaction");
    let lock = sqlx::query("SELECT FROM rooms WHERE id = 21 FOR UPDATE");
    lock.execute(&mut *transaction).await.expect("the lock");
    world
        .run("INSERT INTO platform.chat_message (id, room_id, user_id, text) VALUES (90, 21, 1, 'late'), (91, 22, 2, 'in time')")
        .await;
    world
        .becomes("SELECT text FROM messages WHERE id = 91", "in time")
        .await;
    world
        .becomes(
            "SELECT error FROM bridge_moved WHERE key = '90'",
            "another transaction has it locked",
        )
        .await;
    transaction.rollback().await.expect("a rollback");
    world
        .becomes("SELECT text FROM messages WHERE id = 90", "late")
        .await;
    world.is_drained().await;
}

#[tokio::test]
async fn rights_alone_can_be_bridged() {
    let rights = MAPPING.replace("[messages]\nquery = \"SELECT id, room_id, user_id, text, created_at FROM chat_message\"\nback = true\n", "");
    let (rights, _) = rights
        .split_once("[source.chat_message]")
        .expect("the last source");
    let world = World::with(rights).await;
    assert_eq!(
        world.install().await.expect("an installation"),
        Vec::<String>::new()
    );
    assert_eq!(
        world.text("SELECT count(*) FROM rooms").await.as_deref(),
        Some("2")
    );
    assert_eq!(
        world.text("SELECT count(*) FROM messages").await.as_deref(),
        Some("0")
    );
    world.is_same().await;
}

#[tokio::test]
async fn message_without_author_needs_a_ghost() {
    let without = MAPPING.replace("ghost = {", "# ghost = {");
    let world = World::with(&without).await;
    let waiting = world.install().await.expect("an installation").join("\n");
    assert!(
        waiting.contains("message 5 has no author any more: add ghost"),
        "{waiting}"
    );
    assert_eq!(
        world.text("SELECT count(*) FROM messages").await.as_deref(),
        Some("4")
    );
}

/// A query that takes too long with any keys is given up, and delays no right.
#[tokio::test]
async fn slow_profiles_delay_no_right() {
    let slow = APART.replace(
        "FROM accounts_user\"",
        "FROM accounts_user WHERE id < 400 OR pg_sleep(3)::text = ''\"",
    );
    assert!(slow.contains("pg_sleep"), "{slow}");
    let mapping = MAPPING.replace(WHOLE, &slow);
    let mut world = World::with(&mapping).await;
    world.install().await.expect("an installation");
    world.limit = Duration::from_millis(200);
    let _draining = world.drain().await;
    world
        .run("INSERT INTO platform.accounts_user (id) SELECT generate_series(400, 2400)")
        .await;
    world
        .becomes("SELECT count(*) FROM users WHERE id >= 400", "2001")
        .await;
    world
        .run("UPDATE platform.accounts_user SET is_active = false WHERE id = 1")
        .await;
    world
        .becomes("SELECT active FROM users WHERE id = 1", "false")
        .await;
    world
        .becomes(
            "SELECT bool_and(error LIKE 'it takes longer than%') FROM bridge_moved WHERE target = 'user_profiles' AND error IS NOT NULL",
            "true",
        )
        .await;
    world
        .run("UPDATE platform.accounts_user SET email = 'quick' WHERE id = 2")
        .await;
    world
        .run("INSERT INTO platform.chat_room (id) VALUES (700)")
        .await;
    world
        .becomes("SELECT count(*) FROM rooms WHERE id = 700", "1")
        .await;
}
