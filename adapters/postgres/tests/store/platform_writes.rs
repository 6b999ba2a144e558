//! What the platform writes into the chat by `post`, `edit` and `remove`.

use crate::{
    rights::PARTITION,
    support::{NO_REQUEST, draft, last_seq, precondition, store, text, town, with_world},
};
use aftermatch_ports::{
    CreateOne, CreateOutcome, Log, Messages, Outcome,
    model::{
        AuditedKind, ClientMsgId, EventKind, LoggedEvent, MessageId, Reason, RequestId, RoomId,
        Seq, UserId, access::DeleteScope,
    },
};
use aftermatch_postgres::Postgres;
use aftermatch_testdb::Platform;
use sqlx::{AssertSqlSafe, Executor, raw_sql};

const ROOM: RoomId = RoomId(21);

/// The id that the function returned.
pub(crate) async fn id(platform: &Platform, sql: &str) -> MessageId {
    let id = sqlx::query_scalar(AssertSqlSafe(format!("SELECT {sql}")));
    let id = id.fetch_one(platform.pool()).await;
    MessageId(id.unwrap_or_else(|error| panic!("{sql}: {error}")))
}

pub(crate) async fn run(platform: &Platform, sql: &str) {
    let done = platform.pool().execute(AssertSqlSafe(sql)).await;
    done.unwrap_or_else(|error| panic!("{sql}: {error}"));
}

/// The code and the sentence with which Postgres refuses it.
pub(crate) async fn refusal(platform: &Platform, sql: &str) -> (String, String) {
    let done = platform
        .pool()
        .execute(AssertSqlSafe(format!("SELECT {sql}")));
    let error = done.await.expect_err(sql);
    let error = error.as_database_error().expect("an error of the database");
    let code = error.code().unwrap_or_default().into_owned();
    (code, error.message().to_owned())
}

async fn events(store: &Postgres, room: RoomId) -> Vec<LoggedEvent> {
    let page = store.events(room, Seq(0), 100).await;
    let events = page.expect("a database").expect("the room").events;
    events.expect("every event can be read as it was")
}

/// Author and content of an event, as a line.
fn line(event: &LoggedEvent) -> String {
    let content = match &event.kind {
        EventKind::Created(message) => {
            let id = message.client_msg_id.as_ref().map(ClientMsgId::as_str);
            format!("{} {:?} {id:?}", message.id, message.text.as_str())
        }
        EventKind::Edited { id, text } => format!("{id} = {:?}", text.as_str()),
        EventKind::Deleted { ids, .. } => {
            let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
            format!("{ids:?} gone")
        }
    };
    format!("{} by {}: {content}", event.seq, event.by)
}

#[tokio::test]
async fn platform_writes_are_in_log_as_they_were() {
    expect_log_as_it_was("").await;
}

#[tokio::test]
async fn platform_writes_into_partitioned_messages() {
    expect_log_as_it_was(PARTITION).await;
}

async fn expect_log_as_it_was(beforehand: &str) {
    let (database, platform) = with_world(&town(vec![])).await;
    let partitioned = raw_sql(AssertSqlSafe(beforehand)).execute(platform.pool());
    partitioned.await.expect("the partitions");
    let store = store(&database).await;
    // User 4 is in no room, and user 3 is not active.
    run(&platform, "UPDATE users SET active = false WHERE id = 3").await;
    let first = id(&platform, "post(21, 4, 'You have matched')").await;
    let named = "post(text => ' Привет ', user_id => 3, room_id => 21, client_msg_id => 'a:1')";
    let second = id(&platform, named).await;
    run(&platform, &format!("SELECT edit({second}, 'Bye')")).await;
    let now = precondition(&store, 21, 1).await;
    let created = store.create_one(now, draft("between", None)).await;
    let Ok(Outcome::Committed(CreateOutcome::Created(created))) = created else {
        panic!("{created:?}");
    };
    run(
        &platform,
        &format!("SELECT edit(text => 'Hi', message_id => {first})"),
    )
    .await;
    let (first, second, third) = (first.0, second.0, created.id.0);
    let sql =
        format!("SELECT remove(ARRAY[{third}, {second}, {third}, 99, NULL, {first}], 2, ' spam ')");
    let removed: Vec<i64> = sqlx::query_scalar(AssertSqlSafe(sql.as_str()))
        .fetch_one(platform.pool())
        .await
        .expect("the messages");
    assert_eq!(removed, [third, second, first]);
    let again: Vec<i64> = sqlx::query_scalar(AssertSqlSafe(sql))
        .fetch_one(platform.pool())
        .await
        .expect("an answer");
    assert_eq!(again, [0; 0]);

    let events = events(&store, ROOM).await;
    let lines: Vec<_> = events.iter().map(line).collect();
    assert_eq!(
        lines,
        [
            format!("1 by 4: {first} \"You have matched\" None"),
            format!("2 by 3: {second} \" Привет \" Some(\"a:1\")"),
            format!("3 by 3: {second} = \"Bye\""),
            format!("4 by 1: {third} \"between\" None"),
            format!("5 by 4: {first} = \"Hi\""),
            format!("6 by 2: {:?} gone", [third, second, first]),
        ]
    );
    assert!(events.is_sorted_by_key(|event| event.at));
    assert!(
        events
            .iter()
            .all(|event| event.request_id == RequestId::NONE)
    );
    assert_eq!(last_seq(&store, 21).await, Seq(6));
    let past = store.audit(ROOM, None, 1).await.expect("a database");
    let kinds: Vec<_> = past.events.into_iter().map(|event| event.kind).collect();
    let reason = Reason::new("spam").expect("a reason");
    assert_eq!(kinds, [AuditedKind::Deleted(Some(reason))]);
}

/// What is deleted in the name of the authors is an event of each of them in each room.
#[tokio::test]
async fn removal_is_event_of_each_author() {
    let (database, platform) = with_world(&town(vec![])).await;
    let store = store(&database).await;
    let mut ids = Vec::new();
    for (room, user) in [(21, 1), (21, 2), (22, 2), (21, 1), (22, 3)] {
        ids.push(id(&platform, &format!("post({room}, {user}, 'x')")).await.0);
    }
    run(
        &platform,
        &format!(
            "SELECT remove('{{{},{},{},{}}}')",
            ids[3], ids[1], ids[0], ids[2]
        ),
    )
    .await;
    let in_room = |room| events(&store, RoomId(room));
    let lines: Vec<_> = in_room(21).await.iter().skip(3).map(line).collect();
    let first = format!("4 by 1: {:?} gone", [ids[3], ids[0]]);
    assert_eq!(lines, [first, format!("5 by 2: {:?} gone", [ids[1]])]);
    let lines: Vec<_> = in_room(22).await.iter().skip(2).map(line).collect();
    assert_eq!(lines, [format!("3 by 2: {:?} gone", [ids[2]])]);
}

/// One event has no more messages than one request of a client.
#[tokio::test]
async fn large_removal_is_several_events() {
    let (database, platform) = with_world(&town(vec![])).await;
    let store = store(&database).await;
    run(
        &platform,
        "SELECT post(21, 1, 'x') FROM generate_series(1, 2001)",
    )
    .await;
    run(
        &platform,
        "SELECT remove(ARRAY(SELECT id FROM messages ORDER BY id))",
    )
    .await;
    let page = store.events(ROOM, Seq(2001), 100).await;
    let events = page.expect("a database").expect("the room").events;
    let events = events.expect("every event can be read");
    let sizes = events.iter().map(|event| match &event.kind {
        EventKind::Deleted { ids, .. } => ids.len(),
        other => panic!("{other:?}"),
    });
    assert_eq!(sizes.collect::<Vec<_>>(), [1000, 1000, 1]);
}

#[tokio::test]
async fn wrong_calls_are_refused_and_write_nothing() {
    let (database, platform) = with_world(&town(vec![])).await;
    let store = store(&database).await;
    let message = id(&platform, "post(21, 1, 'x', 'gone')").await;
    run(&platform, &format!("SELECT remove('{{{message}}}')")).await;
    let deleted = format!("edit({message}, 'y')");
    for (call, code, sentence) in [
        ("post(29, 1, 'x')", "23503", "there is no room 29"),
        ("post(NULL, 1, 'x')", "23503", "there is no room NULL"),
        ("post(21, 9, 'x')", "23503", "there is no user 9"),
        ("post(21, NULL, 'x')", "23503", "there is no user NULL"),
        ("post(21, 1, NULL)", "22023", "the text is blank"),
        ("post(21, 1, '')", "22023", "the text is blank"),
        (
            "post(21, 1, repeat('ж', 10001))",
            "22023",
            "the text has 10001 characters; 10000 are allowed",
        ),
        (
            "post(21, 1, 'x', '')",
            "22023",
            "the client_msg_id '' is malformed",
        ),
        (
            "post(21, 1, 'x', 'ж')",
            "22023",
            "the client_msg_id 'ж' is malformed",
        ),
        (
            "post(21, 1, 'x', 'a' || chr(10))",
            "22023",
            "the client_msg_id 'a\n' is malformed",
        ),
        (
            "post(21, 1, 'x', 'gone')",
            "23505",
            "the client_msg_id 'gone' belongs to message 1, which had another text or was deleted",
        ),
        (
            "edit(99, 'x')",
            "P0002",
            "there is no message 99, or it was deleted",
        ),
        (
            &deleted,
            "P0002",
            "there is no message 1, or it was deleted",
        ),
        ("edit(1, ' ')", "22023", "the text is blank"),
        ("remove('{1}', by => 9)", "23503", "there is no user 9"),
        (
            "remove('{1}', 1, repeat('ж', 501))",
            "22023",
            "the reason has 501 characters",
        ),
        (
            "remove('{1}', 1, ' ')",
            "22023",
            "the reason has 0 characters",
        ),
        (
            "remove('{1}', reason => 'spam')",
            "22023",
            "there is a reason, and nobody who gives it",
        ),
    ] {
        let expected = (code.to_owned(), sentence.to_owned());
        assert_eq!(refusal(&platform, call).await, expected, "{call}");
    }
    let longest = format!("post(21, 1, repeat('ж', 10000), '{}')", "x".repeat(64));
    id(&platform, &longest).await;
    assert_eq!(last_seq(&store, 21).await, Seq(3));
}

#[tokio::test]
async fn transaction_chooses_limit_of_texts() {
    let (_database, platform) = with_world(&town(vec![])).await;
    let mut transaction = platform.pool().begin().await.expect("a transaction");
    let limit = "SET LOCAL aftermatch.max_text_chars = 3; SELECT post(21, 1, 'жжж')";
    let done = raw_sql(limit).execute(&mut *transaction).await;
    done.expect("a text of three characters");
    let longer = transaction.execute("SELECT post(21, 1, 'жжжж')").await;
    longer.expect_err("a text of four characters");
    let mut transaction = platform.pool().begin().await.expect("a transaction");
    let malformed = "SET LOCAL aftermatch.max_text_chars = 'abc'; SELECT post(21, 1, 'x')";
    let malformed = raw_sql(malformed).execute(&mut *transaction).await;
    let sentence = malformed.expect_err("no number").to_string();
    assert!(
        sentence.contains("aftermatch.max_text_chars is 'abc'"),
        "{sentence}"
    );
}

/// Columns of the platform have collations of their own.
#[tokio::test]
async fn texts_of_any_collation_are_compared() {
    let (_database, platform) = with_world(&town(vec![])).await;
    let posted = "post(21, 1, said, name) FROM (
        SELECT 'x' COLLATE \"POSIX\" AS said, 'a-1' COLLATE \"ucs_basic\" AS name
    ) of_columns";
    let first = id(&platform, posted).await;
    assert_eq!(id(&platform, posted).await, first);
}

#[tokio::test]
async fn blank_is_what_clients_may_not_send() {
    let (_database, platform) = with_world(&town(vec![])).await;
    for blank in ('\u{1}'..=char::MAX).filter(|c| c.is_whitespace()) {
        let post = sqlx::query("SELECT post(21, 1, $1)").bind(format!("{blank} {blank}"));
        let refused = post.execute(platform.pool()).await;
        refused.expect_err(&format!("{blank:?} is white space"));
    }
    for visible in ["\u{200b}", "\u{feff}", "\u{180e}", "\u{2060}", "\u{1f980}"] {
        let post = sqlx::query("SELECT post(21, 1, $1)").bind(format!("\u{2003}{visible}\n"));
        let posted = post.execute(platform.pool()).await;
        posted.unwrap_or_else(|error| panic!("{visible:?}: {error}"));
    }
}

#[tokio::test]
async fn repeated_post_returns_first_message() {
    let (database, platform) = with_world(&town(vec![])).await;
    let store = store(&database).await;
    let first = id(&platform, "post(21, 1, 'hello', 'a')").await;
    assert_eq!(id(&platform, "post(21, 1, 'hello', 'a')").await, first);
    // Of another author, in another room.
    assert_ne!(id(&platform, "post(21, 2, 'hello', 'a')").await, first);
    assert_ne!(id(&platform, "post(22, 1, 'hello', 'a')").await, first);
    // What was sent first counts, for the service, too.
    run(&platform, &format!("SELECT edit({first}, 'bye')")).await;
    assert_eq!(id(&platform, "post(21, 1, 'hello', 'a')").await, first);
    let (code, _) = refusal(&platform, "post(21, 1, 'bye', 'a')").await;
    assert_eq!(code, "23505");
    let now = precondition(&store, 21, 1).await;
    match store.create_one(now, draft("hello", Some("a"))).await {
        Ok(Outcome::Committed(CreateOutcome::Duplicate(message))) => assert_eq!(message.id, first),
        other => panic!("{other:?}"),
    }
    assert_eq!(last_seq(&store, 21).await, Seq(3));
}

/// Both write in the same rooms. Every third transaction of the platform is rolled back.
#[tokio::test]
async fn writes_of_both_are_numbered_without_gap() {
    const EACH: i64 = 60;
    let (database, platform) = with_world(&town(vec![])).await;
    let store = store(&database).await;
    let service = async {
        for nth in 0..EACH {
            let now = precondition(&store, 21 + nth % 2, 1).await;
            let created = store.create_one(now, draft("service", None)).await;
            let Ok(Outcome::Committed(CreateOutcome::Created(created))) = created else {
                panic!("{created:?}");
            };
            let edited = store.edit(now, created.id, text("edited"), NO_REQUEST);
            assert!(matches!(edited.await, Ok(Outcome::Committed(Some(_)))));
            let scope = DeleteScope::OwnedBy(UserId(1));
            let deleted = store.delete(now, vec![created.id], scope, None, NO_REQUEST);
            assert!(matches!(deleted.await, Ok(Outcome::Committed(Some(_)))));
        }
    };
    let platform_writes = async {
        for nth in 0..EACH {
            let mut transaction = platform.pool().begin().await.expect("a transaction");
            let write = "SELECT post(21, 1, 'platform'), post(22, 4, 'platform', gen_random_uuid()::text);
                SELECT edit(max(id), 'edited') FROM messages WHERE deleted_at IS NULL AND user_id = 4;
                SELECT remove(ARRAY[max(id)]) FROM messages WHERE deleted_at IS NULL AND user_id = 4";
            let written = raw_sql(write).execute(&mut *transaction).await;
            written.expect("the platform waits for locks");
            let ended = if nth % 3 == 0 {
                transaction.rollback().await
            } else {
                transaction.commit().await
            };
            ended.expect("the end of the transaction");
        }
    };
    tokio::join!(service, platform_writes);
    for (room, of_platform) in [(21, 1), (22, 3)] {
        let numbers = "SELECT array_agg(seq ORDER BY seq) FROM (
            SELECT seq FROM messages WHERE room_id = $1
            UNION ALL SELECT seq FROM events WHERE room_id = $1) all_of_them";
        let numbers: Vec<i64> = sqlx::query_scalar(numbers)
            .bind(room)
            .fetch_one(platform.pool())
            .await
            .expect("the numbers");
        let last = EACH / 2 * 3 + EACH / 3 * 2 * of_platform;
        assert_eq!(numbers, (1..=last).collect::<Vec<_>>());
        assert_eq!(last_seq(&store, room).await, Seq(last));
    }
}
