//! Triggers find the tables of the chat, whatever the `search_path` of a session is, and
//! whichever schema the tables are in.

use std::time::Duration;

use aftermatch_postgres::{Options, migrate};
use aftermatch_testdb::{Platform, empty, fresh};
use sqlx::{AssertSqlSafe, PgConnection};

use crate::support::options;

/// What the platform and a restore do, with every table named in full.
const WRITES: &[&str] = &[
    "INSERT INTO $.users (id, profile) VALUES (1, '{}'), (2, '{}'), (3, '{}')",
    "INSERT INTO $.brands (id, user_id) VALUES (11, 1), (12, 2)",
    "INSERT INTO $.rooms (id, last_seq) VALUES (21, 1), (22, 0)",
    "INSERT INTO $.participants VALUES (21, 11, 0), (21, 12, 1), (22, 11, 0)",
    "INSERT INTO $.messages (room_id, user_id, text, created_at, seq, changed_seq)
     VALUES (21, 1, 'hello', now(), 1, 1)",
    "INSERT INTO $.reading_marks VALUES (21, 2, 1)",
    "UPDATE $.users SET active = false WHERE id = 3",
    "UPDATE $.users SET id = 4 WHERE id = 3",
    "UPDATE $.brands SET tariff = 'light', user_id = 4 WHERE id = 12",
    "UPDATE $.participants SET position = 2 WHERE brand_id = 12",
    "DELETE FROM $.participants WHERE room_id = 22",
    "UPDATE $.rooms SET kind = 'support', frozen = true WHERE id = 22",
    "UPDATE $.rooms SET id = 23 WHERE id = 22",
    "DELETE FROM $.brands WHERE id = 12",
    "DELETE FROM $.users WHERE id = 2",
    "DELETE FROM $.rooms WHERE id = 21",
];

async fn write_without_path(connection: &mut PgConnection, schema: &str) {
    let unset = sqlx::query("SELECT set_config('search_path', '', false)");
    unset.execute(&mut *connection).await.expect("the setting");
    for write in WRITES {
        let write = write.replace('$', schema);
        let written = sqlx::raw_sql(AssertSqlSafe(write.clone()));
        let written = written.execute(&mut *connection).await;
        written.unwrap_or_else(|error| panic!("{write}: {error}"));
    }
    // They did something.
    for (count, sql) in [
        (0, "SELECT count(*) FROM $.messages"),
        (
            3,
            "SELECT count(*) FROM $.removed WHERE user_id IS NULL OR user_id IN (2, 3)",
        ),
    ] {
        let sql = sql.replace('$', schema);
        let found = sqlx::query_scalar::<_, i64>(AssertSqlSafe(sql.clone()));
        let found = found.fetch_one(&mut *connection).await.expect("a count");
        assert!(
            found >= count && (count > 0 || found == 0),
            "{sql}: {found}"
        );
    }
}

#[tokio::test]
async fn writes_without_search_path_succeed() {
    let database = fresh().await;
    let platform = Platform::connect(database.url()).await;
    let mut connection = platform.pool().acquire().await.expect("a connection");
    write_without_path(&mut connection, "public").await;
}

#[tokio::test]
async fn writes_in_other_schema_succeed() {
    let database = empty().await;
    let schema = "CREATE SCHEMA elsewhere; DO $$ BEGIN
        EXECUTE format('ALTER DATABASE %I SET search_path = elsewhere', current_database());
    END $$";
    let platform = Platform::connect(database.url()).await;
    let made = sqlx::raw_sql(schema).execute(platform.pool()).await;
    made.expect("the schema");
    migrate(&options(&database)).await.expect("the migrations");
    let mut connection = platform.pool().acquire().await.expect("a connection");
    write_without_path(&mut connection, "elsewhere").await;
}

/// Of any trigger on our tables, those of later migrations included.
#[tokio::test]
async fn every_trigger_function_has_search_path() {
    let database = fresh().await;
    let platform = Platform::connect(database.url()).await;
    let without = "SELECT DISTINCT proname::text FROM pg_trigger
        JOIN pg_proc ON pg_proc.oid = tgfoid JOIN pg_class ON pg_class.oid = tgrelid
        WHERE NOT tgisinternal AND relnamespace = 'public'::regnamespace
          AND NOT COALESCE(proconfig @> ARRAY['search_path=public, pg_temp'], false)";
    let without = sqlx::query_scalar::<_, String>(without).fetch_all(platform.pool());
    assert_eq!(without.await.expect("the catalogue"), [""; 0]);
}

#[tokio::test]
async fn removing_silent_user_reads_no_messages() {
    let database = fresh().await;
    let options = Options {
        statement_timeout: Duration::from_secs(60),
        ..options(&database)
    };
    let platform = Platform::connect(&options.url).await;
    let mut connection = platform.pool().acquire().await.expect("a connection");
    // Few authors with many messages each: a plan for any author expects to find one soon.
    let many = "INSERT INTO users (id) SELECT generate_series(1, 30);
        INSERT INTO rooms (id, last_seq) VALUES (21, 30000);
        INSERT INTO messages (room_id, user_id, text, created_at, seq, changed_seq)
        SELECT 21, 1 + seq % 10, 'hello', now(), seq, seq FROM generate_series(1, 30000) seq;
        ANALYZE messages";
    sqlx::raw_sql(many)
        .execute(&mut *connection)
        .await
        .expect("the messages");
    let read = "SELECT pg_stat_force_next_flush(), seq_tup_read FROM pg_stat_user_tables
        WHERE relname = 'messages'";
    let mut seen = Vec::new();
    for user in 11..=30_i64 {
        let removed = sqlx::query("DELETE FROM users WHERE id = $1").bind(user);
        let removed = removed.execute(&mut *connection).await;
        assert_eq!(removed.expect("they wrote nothing").rows_affected(), 1);
        let flush = sqlx::query("SELECT pg_stat_force_next_flush()");
        flush.execute(&mut *connection).await.expect("a flush");
        let ((), rows): ((), i64) = sqlx::query_as(read)
            .fetch_one(&mut *connection)
            .await
            .expect("the statistics");
        seen.push(rows);
    }
    assert_eq!(seen.first(), seen.last(), "{seen:?}");
    let author = sqlx::query("DELETE FROM users WHERE id = 1").execute(&mut *connection);
    author.await.expect_err("they have written messages");
}
