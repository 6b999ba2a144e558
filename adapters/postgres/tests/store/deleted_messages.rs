//! What deleted messages cost: their rows stay, but reads do not visit them.

use aftermatch_ports::{
    History, HistoryRange, Page, Rooms, Scope,
    model::{BrandId, RoomId, Seq, UserId},
};
use aftermatch_postgres::migrate;
use aftermatch_testdb::{Platform, empty, fresh};
use sqlx::{AssertSqlSafe, migrate::Migrator};

use crate::support::{options, rows_visited};

static MIGRATIONS: Migrator = sqlx::migrate!("../../migrations");

/// One message that exists, and after it many that were created and deleted.
const ROOM: &str = "
    INSERT INTO users (id) VALUES (1), (2);
    INSERT INTO brands (id, user_id) VALUES (11, 1);
    INSERT INTO rooms (id, last_seq) VALUES (21, 60001);
    INSERT INTO participants VALUES (21, 11, 0);
    INSERT INTO messages (room_id, user_id, text, created_at, seq, changed_seq)
    VALUES (21, 2, 'here', now(), 1, 1);
    INSERT INTO messages (room_id, user_id, created_at, deleted_at, deleted_by, seq, changed_seq)
    SELECT 21, 2, now(), now(), 2, seq, seq + 30000 FROM generate_series(2, 30001) seq;
    ANALYZE messages";

#[tokio::test]
async fn reads_visit_few_deleted_messages() {
    let database = fresh().await;
    let platform = Platform::connect(database.url()).await;
    let filled = sqlx::raw_sql(ROOM).execute(platform.pool()).await;
    filled.expect("the room");
    let visited = rows_visited(&database, &platform, "messages", async |store| {
        let page = Page {
            after: None,
            limit: 9,
        };
        let reader = Scope::Brand {
            brand: BrandId(11),
            reader: UserId(1),
        };
        for scope in [Scope::All, reader] {
            let rooms = store.rooms(scope, page).await.expect("the rooms");
            let newest = rooms.first().and_then(|room| room.last_message.as_ref());
            assert_eq!(newest.expect("a message").text.as_str(), "here");
        }
        for range in [
            HistoryRange::Newest,
            HistoryRange::Before(Seq(30_000)),
            HistoryRange::After(Seq::ZERO),
        ] {
            let page = store.history(RoomId(21), range, 9).await.expect("a page");
            assert_eq!(page.messages.len(), 1);
        }
        let (count, _) = store.page(RoomId(21), 0, 9).await.expect("a page");
        assert_eq!(count, 1);
        // Up to the limit of deleted messages.
        let delta = store.delta_since(RoomId(21), Seq(2), 500).await;
        assert_eq!(delta.expect("an answer").delta, None);
    });
    let visited = visited.await;
    assert!(visited < 12_000, "{visited} rows of messages were read");
}

/// As after a migration that failed because a dump lasted too long.
#[tokio::test]
async fn migration_makes_unfinished_index_again() {
    let database = empty().await;
    let platform = Platform::connect(database.url()).await;
    let older = MIGRATIONS.run_to(4, platform.pool()).await;
    older.expect("the older schema");
    let twice = "INSERT INTO messages (room_id, user_id, created_at, seq, changed_seq)
        VALUES (21, 1, now(), 1, 1), (21, 1, now(), 2, 2)";
    let written = sqlx::query(twice).execute(platform.pool()).await;
    written.expect("two rows");
    for name in ["messages_existing_idx", "of_somebody_else"] {
        let fails = format!("CREATE UNIQUE INDEX CONCURRENTLY {name} ON messages (room_id)");
        let failed = sqlx::raw_sql(AssertSqlSafe(fails)).execute(platform.pool());
        failed.await.expect_err("two rows of one room");
    }

    migrate(&options(&database)).await.expect("the migrations");
    let valid = "SELECT indisvalid AND NOT indisunique FROM pg_index
        WHERE indexrelid = 'messages_existing_idx'::regclass";
    let valid = sqlx::query_scalar::<_, bool>(valid).fetch_one(platform.pool());
    assert!(valid.await.expect("the index"));
    let other = "SELECT to_regclass('of_somebody_else') IS NOT NULL";
    let other = sqlx::query_scalar::<_, bool>(other).fetch_one(platform.pool());
    assert!(other.await.expect("the other index"), "is left alone");
}
