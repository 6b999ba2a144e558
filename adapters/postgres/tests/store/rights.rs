//! The rights that the page for operators names, and no others, are enough.

use std::time::Duration;

use crate::{
    newcomers::settle,
    relay::{event, reach},
    support::{NO_REQUEST, draft, message, options, precondition, store, text, town, with_world},
};
use aftermatch_ports::{
    Changes, CreateOne, CreateOutcome, Difference, Expected, Health, History, HistoryRange, Log,
    Messages, Outcome, Page, ReadPositions, Revisions, Rooms, Scope,
    model::{BrandId, RoomId, Seq, UserId, Viewer, access::DeleteScope},
};
use aftermatch_postgres::{Options, Postgres};
use aftermatch_testdb::Platform;
use sqlx::{AssertSqlSafe, raw_sql};

pub(crate) const PARTITION: &str = include_str!("../../../../deploy/partition-messages.sql");

const OPERATIONS: &str = include_str!("../../../../docs/operations.md");

/// The statements that the page for operators has for `documented`, for `role`.
pub(crate) fn grants(documented: &str, role: &str) -> String {
    let to = format!(" TO {documented};");
    let lines = OPERATIONS.lines().filter(|line| line.starts_with("GRANT "));
    let lines = lines.filter(|line| !line.ends_with("-- with the API"));
    let statements = lines.filter_map(|line| Some(line.split_once(&to)?.0));
    // The databases of tests have the tables in the schema `public`.
    let statements: Vec<_> = statements
        .map(|grant| grant.replace("aftermatch.", "public."))
        .map(|grant| grant.replace("SCHEMA aftermatch", "SCHEMA public"))
        .map(|grant| format!("{grant} TO {role};"))
        .collect();
    assert!(statements.len() > 1, "{documented} has rights");
    statements.concat()
}

pub(crate) async fn run(platform: &Platform, sql: String) {
    let done = raw_sql(AssertSqlSafe(sql.clone())).execute(platform.pool());
    done.await.unwrap_or_else(|error| panic!("{sql}: {error}"));
}

#[tokio::test]
async fn service_works_with_documented_rights() {
    expect_documented_rights_suffice("").await;
}

/// They are still there after the messages were partitioned.
#[tokio::test]
async fn rights_outlive_partitioning() {
    expect_documented_rights_suffice(PARTITION).await;
}

/// `afterwards` is done once the role has its rights.
async fn expect_documented_rights_suffice(afterwards: &str) {
    let talk = vec![message(None, 21, 2, 1, "hello")];
    let (database, platform) = with_world(&town(talk)).await;
    // Roles belong to the whole server: the name of the database is unique.
    let (server, name) = database.url().rsplit_once('/').expect("a URL");
    let role = format!("chat_of_{}", name.replace('-', "_"));
    let create = format!("CREATE ROLE {role} LOGIN PASSWORD '{role}';");
    run(&platform, create + &grants("aftermatch", &role)).await;
    run(&platform, afterwards.to_owned()).await;

    let host = server.rsplit_once('@').expect("a user").1;
    let options = Options {
        url: format!("postgres://{role}:{role}@{host}/{name}"),
        ..options(&database)
    };
    aftermatch_postgres::check(&options)
        .await
        .expect("the schema");
    let served = Postgres::connect(&options).await.expect("a connection");
    settle(&served).await;
    write_and_read(&served, &platform).await;
    let other = store(&database).await;
    reach(&served, &other, &event(&served, 9).await).await;
    reach(&other, &served, &event(&served, 10).await).await;

    drop((served, other));
    run(&platform, format!("DROP OWNED BY {role}; DROP ROLE {role}")).await;
}

/// Everything that the service does to the tables.
async fn write_and_read(store: &Postgres, platform: &Platform) {
    Health::check(store).await.expect("a healthy store");
    let now = precondition(store, 21, 1).await;
    let written = store.create_one(now, draft("new", Some("id")));
    let Outcome::Committed(CreateOutcome::Created(created)) = written.await.expect("an answer")
    else {
        panic!("nothing has changed");
    };
    let edited = store.edit(now, created.id, text("edited"), NO_REQUEST);
    assert!(matches!(edited.await, Ok(Outcome::Committed(Some(_)))));
    let deleted = store.delete(now, vec![created.id], DeleteScope::Any, None, NO_REQUEST);
    assert!(matches!(deleted.await, Ok(Outcome::Committed(Some(_)))));
    let marked = store.mark_read(RoomId(21), UserId(1), Seq(4), true).await;
    marked.expect("a read position");

    let page = store.events(RoomId(21), Seq(0), 9).await;
    let page = page.expect("a database").expect("the room");
    assert_eq!(page.events.map(|events| events.len()), Some(4));
    let history = store.history(RoomId(21), HistoryRange::Newest, 9).await;
    assert_eq!(history.expect("a database").messages.len(), 1);
    let delta = store.delta_since(RoomId(21), Seq(1), 9).await;
    assert!(delta.expect("a database").delta.is_some());
    let (brand, reader) = (BrandId(11), UserId(1));
    let (after, limit) = (None, 9);
    let rooms = store.rooms(Scope::Brand { brand, reader }, Page { after, limit });
    assert_eq!(rooms.await.expect("a database").len(), 2);

    run(platform, "DELETE FROM rooms WHERE id = 22".to_owned()).await;
    let changes = store.changes().await.expect("a recheck");
    let Changes::Known { rooms, logs, .. } = changes else {
        panic!("nothing is in doubt");
    };
    assert_eq!((rooms, logs.len()), (vec![RoomId(22)], 1));
    let expected = Expected {
        roles: vec![(reader, Viewer::Brand(brand))],
        rooms: vec![RoomId(22)],
        participants: vec![(RoomId(21), brand)],
        logs,
    };
    let difference = store.compare(expected).await.expect("an answer");
    let rooms = vec![RoomId(22)];
    let expected = Difference {
        rooms,
        ..Difference::default()
    };
    assert_eq!(difference, expected);

    let old = "UPDATE removed SET at = now() - interval '2 days'";
    run(platform, old.to_owned()).await;
    let purged = store.purge(Duration::ZERO, 9).await;
    assert_eq!(purged.expect("a database"), 2);
    let left = sqlx::query_scalar("SELECT count(*) FROM removed");
    let left: i64 = left.fetch_one(platform.pool()).await.expect("a number");
    assert_eq!(left, 0);
}

/// The role and all that it does are rolled back.
#[tokio::test]
async fn platform_works_with_documented_rights() {
    expect_rights_of_platform_suffice("aftermatch_test_platform", "").await;
}

#[tokio::test]
async fn rights_of_platform_outlive_partitioning() {
    expect_rights_of_platform_suffice("aftermatch_test_partitions", PARTITION).await;
}

/// `afterwards` is done once the role has its rights.
async fn expect_rights_of_platform_suffice(role: &str, afterwards: &str) {
    let talk = vec![message(Some(1), 22, 1, 1, "hello")];
    let (_database, platform) = with_world(&town(talk)).await;
    let mut transaction = platform.pool().begin().await.expect("a transaction");
    let statements = format!(
        "CREATE ROLE {role};
         {}
         {afterwards}
         INSERT INTO events (room_id, seq, kind, user_id, at, message_ids, replaced_seqs)
         VALUES (22, 2, 'deleted', 1, now(), '{{1}}', '{{1}}');
         INSERT INTO reading_marks VALUES (22, 1, 1), (21, 3, 1);
         SET LOCAL ROLE {role};
         -- A table of its own in front of the other one changes nothing.
         CREATE TEMPORARY TABLE removed (user_id bigint, room_id bigint);
         INSERT INTO users (id) VALUES (5);
         INSERT INTO brands (id, user_id, tariff) VALUES (15, 5, 'light');
         INSERT INTO rooms (id) VALUES (25);
         INSERT INTO participants VALUES (25, 15, 0), (25, 11, 1);
         UPDATE users SET active = false, admin = true, profile = '{{\"a\":1}}' WHERE id = 5;
         UPDATE brands SET tariff = 'business' WHERE id = 15;
         UPDATE participants SET position = 2 WHERE brand_id = 15;
         INSERT INTO rooms (id, kind, pen, frozen) VALUES (26, 'support', 'always', true);
         UPDATE rooms SET kind = 'match', pen = 'tariff', frozen = false WHERE id = 26;
         DELETE FROM rooms WHERE id IN (22, 23);
         DELETE FROM brands WHERE id = 13;
         DELETE FROM users WHERE id = 3;
         RESET ROLE",
        grants("platform", role)
    );
    let done = raw_sql(AssertSqlSafe(statements)).execute(&mut *transaction);
    done.await.expect("these rights are enough");
    let rows = "SELECT user_id, room_id FROM public.removed ORDER BY room_id, user_id";
    let rows: Vec<(Option<i64>, Option<i64>)> = sqlx::query_as(rows)
        .fetch_all(&mut *transaction)
        .await
        .expect("the removed rows");
    assert_eq!(rows, [(None, Some(22)), (None, Some(23)), (Some(3), None)]);
    let left = "SELECT (SELECT count(*) FROM messages) + (SELECT count(*) FROM events)
                       + (SELECT count(*) FROM reading_marks)";
    let left: i64 = sqlx::query_scalar(left)
        .fetch_one(&mut *transaction)
        .await
        .expect("a number");
    assert_eq!(left, 0);
    transaction.rollback().await.expect("an open transaction");
}

/// These functions have the rights of the owner of the tables.
#[tokio::test]
async fn plain_role_cannot_use_functions_of_owner() {
    let (_database, platform) = with_world(&town(vec![])).await;
    for (function, refused) in [
        ("rooms_take_messages_along", true),
        ("users_remember_removed", true),
        ("rooms_remember_removed", true),
        // With the rights of the caller.
        ("notify_rights", false),
    ] {
        let mut transaction = platform.pool().begin().await.expect("a transaction");
        let trigger = format!(
            "CREATE ROLE aftermatch_test_plain;
             SET LOCAL ROLE aftermatch_test_plain;
             CREATE TEMPORARY TABLE own (id bigint);
             CREATE TRIGGER own AFTER DELETE ON own
                 FOR EACH ROW EXECUTE FUNCTION {function}()"
        );
        let made = raw_sql(AssertSqlSafe(trigger)).execute(&mut *transaction);
        match made.await {
            Ok(_) => assert!(!refused, "{function}"),
            Err(error) => {
                let error = error.to_string();
                assert!(
                    refused && error.contains("permission denied for function"),
                    "{error}"
                );
            }
        }
        transaction.rollback().await.expect("an open transaction");
    }
    // No other function has them.
    let others = "SELECT proname::text FROM pg_proc WHERE prosecdef
        AND pronamespace = 'public'::regnamespace AND has_function_privilege('public', oid, 'EXECUTE')";
    let others: Vec<String> = sqlx::query_scalar(others)
        .fetch_all(platform.pool())
        .await
        .expect("the catalogue");
    assert_eq!(others, [""; 0]);
}
