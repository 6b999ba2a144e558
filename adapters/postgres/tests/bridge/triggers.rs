//! What the triggers on the platform's tables note, and what they survive.

use aftermatch_postgres::remove_bridge;

use crate::support::{MAPPING, World};

/// Triggers of the bridge, by table.
const TRIGGERS: &str = "
    SELECT string_agg(DISTINCT tgrelid::regclass || ' ' || tgname, E'\n') FROM pg_trigger
    WHERE tgname LIKE '%bridge%' AND tgrelid::regclass::text LIKE 'platform.%'";

/// A table that moves rooms.
const BADGE: &str = "
    [source.badge]
    key = \"room_id\"
    columns = [\"data\"]
    rooms = \"key\"";

impl World {
    /// Keys that were noted since the last time, each once.
    async fn noted(&self) -> String {
        let keys = "SELECT string_agg(DISTINCT key, ' ' ORDER BY key) FROM bridge_noted, UNNEST(keys) k(key)";
        let keys = self.text(keys).await;
        let vague = self
            .text("SELECT count(*) FROM bridge_noted WHERE keys IS NULL")
            .await;
        assert_eq!(
            vague.as_deref(),
            Some("0"),
            "everything of a table is noted"
        );
        self.run("DELETE FROM bridge_noted").await;
        keys.unwrap_or_default()
    }

    /// With a table that moves rooms.
    async fn with_badge(table: &str) -> Self {
        let world = Self::with(&format!("{MAPPING}{BADGE}")).await;
        world.run(table).await;
        world.install().await.expect("an installation");
        world
    }
}

#[tokio::test]
async fn statement_notes_rows_that_it_changed() {
    let world = World::installed().await;
    for (statement, keys) in [
        ("UPDATE platform.chat_message SET created_at = now()", ""),
        ("UPDATE platform.chat_message SET text = text", ""),
        ("UPDATE platform.chat_message SET text = text WHERE id = 2", ""),
        ("UPDATE platform.chat_message SET text = 'one' WHERE id = 2", "2"),
        ("UPDATE platform.chat_message SET text = 'none' WHERE id = 404", ""),
        ("UPDATE platform.chat_message SET id = 77 WHERE id = 2", "2 77"),
        ("UPDATE platform.chat_message SET id = 2 WHERE id = 77", "2 77"),
        ("UPDATE platform.chat_message SET text = 'same' WHERE id IN (2, 4)", "2 4"),
        ("UPDATE platform.chat_message SET text = 'same'", "1 3 5"),
        ("UPDATE platform.chat_message SET user_id = NULL WHERE id > 3", "4"),
        ("UPDATE platform.chat_message SET id = id + 1000 WHERE id > 3", "1004 1005 4 5"),
        ("DELETE FROM platform.chat_message WHERE id > 1004", "1005"),
        (
            "INSERT INTO platform.chat_message (id, room_id, text) VALUES (1, 21, 'new'), (9, 21, 'new')
             ON CONFLICT (id) DO UPDATE SET text = EXCLUDED.text",
            "1 9",
        ),
        ("UPDATE platform.chat_room_participants SET room_id = room_id", ""),
        ("INSERT INTO platform.chat_room (id) VALUES (30)", "30"),
("UPDATE platform.chat_room_participants SET room_id = 30 WHERE room_id = 21", "21 30"),
        ("DELETE FROM platform.accounts_user WHERE id < 0", ""),
        ("UPDATE platform.payments_subscription SET name = name || id WHERE id < 3", "1 2"),
    ] {
        world.run(statement).await;
        assert_eq!(world.noted().await, keys, "{statement}");
    }
}

#[tokio::test]
async fn cascade_notes_rows_that_went_along() {
    let world = World::installed().await;
    world
        .run("DELETE FROM platform.chat_room WHERE id = 21")
        .await;
    let messages = "SELECT string_agg(key, ' ' ORDER BY key) FROM bridge_noted, UNNEST(keys) k(key)
                    WHERE source = 'platform.chat_message'";
    assert_eq!(world.text(messages).await.as_deref(), Some("1 2 4 5"));
}

#[tokio::test]
async fn many_rows_of_one_statement_arrive() {
    let (world, _draining) = World::drained().await;
    world
        .run("INSERT INTO platform.chat_message (id, room_id, user_id, text) SELECT g, 21, 1, 'new' FROM generate_series(1000, 2199) g")
        .await;
    world.is_drained().await;
    world
        .run("UPDATE platform.chat_message SET text = 'again' WHERE id % 50 = 0")
        .await;
    world.is_drained().await;
    world.is_same().await;
    world
        .run("DELETE FROM platform.chat_message WHERE id >= 2000")
        .await;
    world.is_drained().await;
    world.is_same().await;
}

/// `json` has no equality.
#[tokio::test]
async fn json_is_compared_as_stored() {
    let table = "CREATE TABLE platform.badge (a int, b int, room_id bigint, data json, other int, PRIMARY KEY (b, a));
                 INSERT INTO platform.badge VALUES (1, 1, 21, '{}'), (1, 2, 22, '{}'), (2, 1, NULL, NULL)";
    let world = World::with_badge(table).await;
    world
        .run("UPDATE platform.badge SET data = '{}', other = 1 WHERE room_id IS NOT NULL")
        .await;
    assert_eq!(world.noted().await, "");
    world
        .run("UPDATE platform.badge SET data = CASE b WHEN 2 THEN '{ }'::json ELSE data END")
        .await;
    assert_eq!(world.noted().await, "22");
}

/// Where a statement trigger does not see everything.
#[tokio::test]
async fn every_kind_of_table_is_noted() {
    let columns = "room_id bigint, data text, other int";
    let rows = "VALUES (21, 'one', 1), (22, 'two', 2)";
    for (table, written) in [
        (format!("CREATE TABLE platform.badge ({columns})"), "badge"),
        (
            format!(
                "CREATE TABLE platform.badge (id int DEFAULT 1, {columns}, PRIMARY KEY (id, room_id)) PARTITION BY RANGE (id);
                 CREATE TABLE platform.part PARTITION OF platform.badge DEFAULT"
            ),
            "part",
        ),
        (
            format!(
                "CREATE TABLE platform.above ({columns});
                 CREATE TABLE platform.badge (PRIMARY KEY (room_id)) INHERITS (platform.above)"
            ),
            "above",
        ),
    ] {
        let world = World::with_badge(&table).await;
        world.run(&format!("INSERT INTO platform.badge (room_id, data, other) {rows}")).await;
        assert_eq!(world.noted().await, "21 22", "{table}");
        for (change, keys) in [("other = 0", ""), ("data = 'two'", "21")] {
            world.run(&format!("UPDATE platform.{written} SET {change}")).await;
            assert_eq!(world.noted().await, keys, "{table}: {change}");
        }
        world.run(&format!("DELETE FROM platform.{written}")).await;
        assert_eq!(world.noted().await, "21 22", "{table}");
    }
}

#[tokio::test]
async fn table_that_becomes_a_partition_is_noted() {
    let table = "CREATE TABLE platform.badge (room_id bigint PRIMARY KEY, data text)";
    let world = World::with_badge(table).await;
    let _draining = world.drain().await;
    world.is_drained().await;
    world
        .run(
            "CREATE TABLE platform.whole (LIKE platform.badge) PARTITION BY RANGE (room_id);
             ALTER TABLE platform.whole ATTACH PARTITION platform.badge DEFAULT",
        )
        .await;
    let by_row = format!("SELECT ({TRIGGERS}) LIKE '%platform.badge public_bridge_row%'");
    world.becomes(&by_row, "true").await;
    world.is_same().await;
}

/// As an earlier version made it.
#[tokio::test]
async fn triggers_of_an_earlier_version_are_replaced() {
    let world = World::installed().await;
    let now = world.text(TRIGGERS).await;
    let earlier = "
        DROP FUNCTION \"bridge_mark_platform.accounts_user\"() CASCADE;
        DROP TABLE bridge_noted;
        CREATE FUNCTION bridge_mark_platform_accounts_user() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            INSERT INTO public.bridge_moved (source, key) VALUES ('platform.accounts_user', NEW.id);
            RETURN NULL;
        END $$;
        CREATE TRIGGER public_bridge_row AFTER INSERT OR UPDATE OR DELETE ON platform.accounts_user
        FOR EACH ROW EXECUTE FUNCTION bridge_mark_platform_accounts_user();
        CREATE TRIGGER public_bridge_truncate AFTER TRUNCATE ON platform.accounts_user
        FOR EACH STATEMENT EXECUTE FUNCTION bridge_mark_platform_accounts_user();
        UPDATE platform.accounts_user SET is_staff = true WHERE id = 1";
    world.run(earlier).await;
    world.install().await.expect("an installation");
    assert_eq!(world.text(TRIGGERS).await, now);
    world.is_same().await;

    world.run(earlier).await;
    let _draining = world.drain().await;
    let now = now.expect("triggers");
    world.becomes(TRIGGERS, &now).await;
    world
        .run("UPDATE platform.accounts_user SET is_active = false WHERE id = 2")
        .await;
    world
        .becomes("SELECT active FROM users WHERE id = 2", "false")
        .await;
    world.is_drained().await;
    world.is_same().await;

    world.run(earlier).await;
    remove_bridge(&world.options(), &world.mapping)
        .await
        .expect("a removal");
    assert_eq!(world.text(TRIGGERS).await, None);
}

#[tokio::test]
async fn migrations_of_the_platform_are_not_disturbed() {
    let (world, _draining) = World::drained().await;
    world
        .run(
            "ALTER TABLE platform.accounts_user ALTER COLUMN email TYPE text, ALTER COLUMN is_staff DROP NOT NULL;
             ALTER TABLE platform.chat_message ALTER COLUMN id TYPE bigint, ALTER COLUMN text TYPE varchar(5000);
             ALTER TABLE platform.brand_brand DROP COLUMN name CASCADE;
             UPDATE platform.accounts_user SET email = 'x';
             UPDATE platform.brand_brand SET sub_expire = '2097-01-01';
             INSERT INTO platform.chat_message (id, room_id, user_id, text) VALUES (60, 21, 1, 'after')",
        )
        .await;
    world
        .becomes("SELECT profile->>'email' FROM users WHERE id = 1", "x")
        .await;
    world
        .becomes("SELECT text FROM messages WHERE id = 60", "after")
        .await;
    world
        .run("ALTER TABLE platform.brand_brand ADD COLUMN name text NOT NULL DEFAULT ''")
        .await;
    world
        .becomes(
            "SELECT count(*) FROM brands WHERE tariff_until = '2097-01-02Z'",
            "3",
        )
        .await;
    world.is_drained().await;
    world.is_same().await;
}

#[tokio::test]
async fn triggers_never_fail_the_platform() {
    let world = World::installed().await;
    world
        .run("ALTER TABLE platform.chat_room RENAME COLUMN id TO number")
        .await;
    world
        .run("INSERT INTO platform.chat_room (number) VALUES (500)")
        .await;
    world.run("DROP TABLE bridge_noted, bridge_moved").await;
    world.run("INSERT INTO platform.chat_room (number) VALUES (501); UPDATE platform.accounts_user SET email = 'y'").await;
}

#[tokio::test]
async fn table_made_again_is_adopted_again() {
    let (world, _draining) = World::drained().await;
    world
        .run(
            "BEGIN;
             CREATE TABLE platform.again (LIKE platform.chat_message INCLUDING ALL);
             INSERT INTO platform.again SELECT * FROM platform.chat_message WHERE id <> 1;
             DROP TABLE platform.chat_message;
             ALTER TABLE platform.again RENAME TO chat_message;
             COMMIT",
        )
        .await;
    world
        .becomes(
            "SELECT deleted_at IS NOT NULL FROM messages WHERE id = 1",
            "true",
        )
        .await;
    world.run("INSERT INTO platform.chat_message (id, room_id, user_id, text) VALUES (61, 21, 1, 'again')").await;
    world
        .becomes("SELECT text FROM messages WHERE id = 61", "again")
        .await;
    world.is_drained().await;
    world.is_same().await;
}

#[tokio::test]
async fn truncate_empties_the_chat() {
    let (world, _draining) = World::drained().await;
    world.run("TRUNCATE platform.chat_room CASCADE").await;
    world.becomes("SELECT count(*) FROM rooms", "0").await;
    world.is_drained().await;
    world.is_same().await;
}

/// As in a database of our own that is fed by logical replication.
#[tokio::test]
async fn replicated_rows_are_noted() {
    let world = World::with(&format!("replica = true\n{MAPPING}")).await;
    world.install().await.expect("an installation");
    let _draining = world.drain().await;
    world
        .run(
            "SET session_replication_role = replica;
             UPDATE platform.accounts_user SET is_active = false WHERE id = 1;
             INSERT INTO platform.chat_message (id, room_id, user_id, text) VALUES (92, 21, 1, 'replicated');
             RESET session_replication_role",
        )
        .await;
    world
        .becomes("SELECT active FROM users WHERE id = 1", "false")
        .await;
    world
        .becomes("SELECT text FROM messages WHERE id = 92", "replicated")
        .await;
    world.is_same().await;
}
