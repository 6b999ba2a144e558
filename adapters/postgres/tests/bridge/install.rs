use aftermatch_postgres::remove_bridge;

use crate::support::World;

/// The lock of who applies something.
const LOCK: i64 = 0x6272_6964_6765;

/// Whether somebody has waited for a lock for longer than a round waits for a row.
const WAITS: &str = "
    SELECT count(*) > 0 FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'
      AND clock_timestamp() - query_start > interval '200 ms'";

#[tokio::test]
async fn installation_brings_everything_in_order() {
    let world = World::installed().await;
    world.is_same().await;
    let texts = "SELECT string_agg(seq || text, ' ' ORDER BY seq) FROM messages WHERE room_id = 21";
    let texts = world.text(texts).await;
    assert_eq!(texts.as_deref(), Some("1one 2two 3three 4by nobody"));
    let author = world
        .text("SELECT user_id FROM messages WHERE id = 5")
        .await;
    assert_eq!(author.as_deref(), Some("-1"));
    let profile = world.text("SELECT profile FROM brands WHERE id = 11").await;
    assert_eq!(profile.as_deref(), Some("{\"id\":11,\"name\":\"Роза\"}"));
    let tariff =
        "SELECT tariff || ' until ' || (tariff_until AT TIME ZONE 'UTC') FROM brands WHERE id = 11";
    let tariff = world.text(tariff).await;
    assert_eq!(
        tariff.as_deref(),
        Some("business until 2099-01-02 00:00:00")
    );
    let next = world
        .text("SELECT nextval('messages_id_seq') >= 1000000000000")
        .await;
    assert_eq!(next.as_deref(), Some("true"));
}

#[tokio::test]
async fn repeated_installation_changes_nothing() {
    let world = World::installed().await;
    let state =
        "SELECT string_agg(id || ':' || revision || ':' || last_seq, ' ' ORDER BY id) FROM rooms";
    let before = world.text(state).await;
    assert_eq!(
        world.install().await.expect("an installation"),
        Vec::<String>::new()
    );
    assert_eq!(world.text(state).await, before);
}

#[tokio::test]
async fn removal_leaves_nothing_of_the_bridge() {
    let world = World::new().await;
    let objects = "
        SELECT (SELECT count(*) FROM pg_proc WHERE proname LIKE 'bridge%')
             + (SELECT count(*) FROM pg_class WHERE relname LIKE 'bridge%')
             + (SELECT count(*) FROM pg_trigger WHERE tgname LIKE '%bridge%')";
    world.install().await.expect("an installation");
    assert_ne!(world.text(objects).await.as_deref(), Some("0"));
    // Also when a table of the platform is gone, and again.
    world.run("DROP TABLE platform.chat_message").await;
    for _ in 0..2 {
        let removed = remove_bridge(&world.options(), &world.mapping).await;
        removed.expect("a removal");
        assert_eq!(world.text(objects).await.as_deref(), Some("0"));
    }
    let messages = world.text("SELECT count(*) FROM messages").await;
    assert_eq!(messages.as_deref(), Some("5"), "the chat stays");
}

/// Beside a service that runs: it applies a portion, or a round, meanwhile.
#[tokio::test]
async fn installation_and_removal_wait_for_who_applies() {
    let world = World::installed().await;
    let hold = format!("SELECT pg_advisory_xact_lock({LOCK}), count(*) FROM bridge_moved");

    let applying = world.hold(&hold).await;
    let (installed, ()) = tokio::join!(world.install(), async {
        world.becomes(WAITS, "true").await;
        applying.rollback().await.expect("an end");
    });
    assert_eq!(installed.expect("an installation"), Vec::<String>::new());
    world.is_same().await;

    let applying = world.hold(&hold).await;
    let options = world.options();
    let (removed, ()) = tokio::join!(remove_bridge(&options, &world.mapping), async {
        world.becomes(WAITS, "true").await;
        applying.rollback().await.expect("an end");
    });
    removed.expect("a removal");
}

/// A report of the platform, or a dump, reads them for a while.
#[tokio::test]
async fn removal_waits_for_tables_of_the_bridge() {
    let world = World::installed().await;
    let dumping = world.hold("LOCK bridge_noted IN ACCESS SHARE MODE").await;
    let options = world.options();
    let (removed, ()) = tokio::join!(remove_bridge(&options, &world.mapping), async {
        world.becomes(WAITS, "true").await;
        dumping.rollback().await.expect("an end");
    });
    removed.expect("a removal");
}

#[tokio::test]
async fn chat_with_rooms_of_its_own_is_not_adopted() {
    let world = World::new().await;
    world.run("INSERT INTO rooms (id) VALUES (77)").await;
    let refused = world.install().await.expect_err("a refusal").to_string();
    assert!(
        refused.contains("1 rooms that the platform does not have"),
        "{refused}"
    );
    assert_eq!(
        world.text("SELECT count(*) FROM rooms").await.as_deref(),
        Some("1")
    );
}
