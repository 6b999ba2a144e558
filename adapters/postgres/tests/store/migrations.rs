//! The schema that the migrations make.

use std::time::Duration;

use crate::support::{draft, options, precondition, store};
use aftermatch_ports::{
    CreateOne, CreateOutcome, History, HistoryRange, Log, Outcome, Page, Rooms, Scope,
    model::{BrandId, RoomId, Seq, UserId},
};
use aftermatch_postgres::{MigrateError, check, is_transient, migrate};
use aftermatch_testdb::{Platform, Proxy, empty, fresh};
use sqlx::migrate::Migrator;

static MIGRATIONS: Migrator = sqlx::migrate!("../../migrations");

/// The constraints and indexes with a name as Postgres generates it: of the table,
/// all of its columns and the kind. Primary keys have such a name on purpose.
const GENERATED: &str = r"
    WITH called AS (
        SELECT conrelid AS of, conname AS name, conkey AS columns FROM pg_constraint
        WHERE contype IN ('c', 'f', 'u', 'x')
        UNION ALL
        SELECT indrelid, relname, indkey FROM pg_index JOIN pg_class ON oid = indexrelid
        WHERE NOT indisprimary
    )
    SELECT name::text FROM called JOIN pg_class ON oid = of
    WHERE relnamespace = 'public'::regnamespace AND relname <> '_sqlx_migrations'
      AND name ~ format('^%s(_%s)?_(key|fkey|check|excl|idx)\d*$', relname, (
          SELECT string_agg(attname, '_' ORDER BY place)
          FROM UNNEST(columns) WITH ORDINALITY AS c(number, place)
          JOIN pg_attribute ON attrelid = of AND attnum = number
      ))";

#[tokio::test]
async fn constraints_and_indexes_have_explicit_names() {
    let database = fresh().await;
    let platform = Platform::connect(database.url()).await;
    let generated = async || {
        let names = sqlx::query_scalar::<_, String>(GENERATED).fetch_all(platform.pool());
        names.await.expect("the catalogue")
    };
    assert_eq!(generated().await, [""; 0]);

    // A generated name is found.
    let nameless = "CREATE TABLE nameless (
        a int UNIQUE, b bigint REFERENCES users, c int CHECK (c > 0), CHECK (a > c), UNIQUE (a, c)
    );
    CREATE INDEX ON nameless (c, b)";
    sqlx::raw_sql(nameless)
        .execute(platform.pool())
        .await
        .expect("a table");
    let mut found_names = generated().await;
    found_names.sort();
    let rest = [
        "a_c_key", "a_c_key", "a_key", "a_key", "b_fkey", "c_b_idx", "c_check", "check",
    ];
    assert_eq!(found_names, rest.map(|rest| format!("nameless_{rest}")));
}

#[tokio::test]
async fn check_older_or_newer_database_fails() {
    let database = empty().await;
    let options = options(&database);
    let bare = check(&options).await;
    assert!(
        matches!(bare, Err(MigrateError::Older { found: 0, .. })),
        "{bare:?}"
    );
    // At the same time, and then again.
    let both = tokio::join!(migrate(&options), migrate(&options));
    both.0.expect("the migrations");
    both.1.expect("the migrations");
    migrate(&options).await.expect("nothing to do");
    check(&options).await.expect("all migrations");

    let platform = Platform::connect(database.url()).await;
    let newer = "INSERT INTO _sqlx_migrations
            (version, description, success, checksum, execution_time)
        SELECT max(version) + 1, 'of tomorrow', true, '', 1 FROM _sqlx_migrations";
    sqlx::query(newer)
        .execute(platform.pool())
        .await
        .expect("a migration");
    for refused in [check(&options).await, migrate(&options).await] {
        match refused {
            Err(MigrateError::Newer { found, known }) => assert_eq!(found, known + 1),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn migration_preserves_old_data() {
    let database = empty().await;
    let platform = Platform::connect(database.url()).await;
    let first = MIGRATIONS.run_to(1, platform.pool()).await;
    first.expect("the first migration");
    let data = "
        INSERT INTO users (id) VALUES (1), (2);
        INSERT INTO brands (id, user_id) VALUES (11, 1);
        INSERT INTO rooms (id, last_seq) VALUES (21, 5);
        INSERT INTO participants VALUES (21, 11, 0);
        INSERT INTO messages (room_id, user_id, text, created_at, edited_at, seq, changed_seq)
        VALUES (21, 1, 'first', now(), NULL, 1, 1), (21, 2, 'edited', now(), now(), 2, 4);
        INSERT INTO messages (room_id, user_id, created_at, deleted_at, deleted_by, seq, changed_seq)
        VALUES (21, 2, now(), now(), 2, 3, 5)";
    let written = sqlx::raw_sql(data).execute(platform.pool()).await;
    written.expect("the data");
    let options = options(&database);
    let old = check(&options).await;
    assert!(
        matches!(old, Err(MigrateError::Older { found: 1, .. })),
        "{old:?}"
    );
    migrate(&options).await.expect("the other migrations");

    let store = store(&database).await;
    let history = store.history(RoomId(21), HistoryRange::Newest, 9).await;
    let history = history.expect("a history");
    let there = history.messages.iter();
    let there: Vec<_> = there
        .map(|message| {
            (
                message.text.as_str(),
                message.changed_seq,
                &message.client_msg_id,
            )
        })
        .collect();
    assert_eq!(there, [("first", Seq(1), &None), ("edited", Seq(4), &None)]);
    assert_eq!(history.last_seq, Seq(5));
    let delta = store.delta_since(RoomId(21), Seq(3), 9).await;
    let delta = delta.expect("an answer").delta.expect("a delta");
    assert_eq!((delta.upserted.len(), delta.deleted.len()), (1, 1));
    // What the older program changed cannot be read as it was.
    for (after, readable) in [(0, true), (1, false), (2, false), (3, false), (4, false)] {
        let page = store.events(RoomId(21), Seq(after), 1).await;
        let page = page.expect("a database").expect("the room");
        assert_eq!(page.events.is_some(), readable, "after {after}");
        assert_eq!(page.head.last_seq, Seq(5));
    }
    let reader = Scope::Brand {
        brand: BrandId(11),
        reader: UserId(1),
    };
    let page = Page {
        after: None,
        limit: 9,
    };
    let rooms = store.rooms(reader, page).await.expect("the rooms");
    let unread: Vec<_> = rooms.iter().map(|listed| listed.unread).collect();
    assert_eq!(unread, [Some(1)]);

    let precondition = precondition(&store, 21, 1).await;
    let sent = store
        .create_one(precondition, draft("new", Some("name")))
        .await;
    match sent.expect("an answer") {
        Outcome::Committed(CreateOutcome::Created(created)) => {
            assert_eq!(created.commit.seq, Seq(6))
        }
        other => panic!("{other:?}"),
    }
}

/// The files of the tables that are large, or in use all the time.
async fn files(platform: &Platform) -> Vec<i64> {
    let files = "SELECT relfilenode::bigint FROM pg_class
        WHERE oid IN ('rooms'::regclass, 'messages'::regclass, 'users'::regclass) ORDER BY oid";
    let files = sqlx::query_scalar(files).fetch_all(platform.pool());
    files.await.expect("the catalogue")
}

/// As beside processes of the older version, and a dump.
#[tokio::test]
async fn migration_waits_for_dump_and_rewrites_no_table() {
    let database = empty().await;
    let platform = Platform::connect(database.url()).await;
    let older = MIGRATIONS.run_to(2, platform.pool()).await;
    older.expect("the older schema");
    let data = "INSERT INTO users (id) VALUES (1); INSERT INTO rooms (id) VALUES (21), (22)";
    let written = sqlx::raw_sql(data).execute(platform.pool()).await;
    written.expect("the data");
    let before = files(&platform).await;

    let mut dump = platform.pool().begin().await.expect("a transaction");
    let read = sqlx::query("SELECT FROM messages").execute(&mut *dump);
    read.await.expect("the messages");
    let options = options(&database);
    let chat = async {
        for _ in 0..20 {
            let write =
                "SET LOCAL statement_timeout = '1s'; UPDATE rooms SET last_seq = last_seq + 1";
            let written = sqlx::raw_sql(write).execute(platform.pool()).await;
            written.expect("the chat goes on");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        dump.rollback().await.expect("the end of the dump");
    };
    let (migrated, ()) = tokio::join!(migrate(&options), chat);
    migrated.expect("the migrations");
    assert_eq!(files(&platform).await, before);

    let new = sqlx::query("INSERT INTO rooms (id) VALUES (23), (24)").execute(platform.pool());
    new.await.expect("new rooms");
    let rooms = "SELECT epoch > 0, last_at IS NULL FROM rooms ORDER BY id";
    let rooms: Vec<(bool, bool)> = sqlx::query_as(rooms)
        .fetch_all(platform.pool())
        .await
        .expect("the rooms");
    let (old, new) = ((false, false), (true, true));
    assert_eq!(rooms, [old, old, new, new]);
}

#[tokio::test]
async fn check_frozen_database_is_transient_error() {
    let database = fresh().await;
    let proxy = Proxy::before(database.url()).await;
    let options = aftermatch_postgres::Options {
        url: proxy.url().to_owned(),
        statement_timeout: Duration::from_millis(50),
        ..options(&database)
    };
    proxy.freeze();
    for away in [check(&options).await, migrate(&options).await] {
        match away {
            Err(MigrateError::Database(error)) => assert!(is_transient(&error), "{error}"),
            other => panic!("{other:?}"),
        }
    }
}
