//! What a recheck finds, and what it compares.

use std::collections::BTreeSet;

use crate::{
    newcomers::settle,
    support::{NO_REQUEST, draft, message, options, precondition, store, text, town, with_world},
};
use aftermatch_ports::{
    Changes, CreateOne, CreateOutcome, Difference, Expected, Log, Messages, Outcome, People, Read,
    Revisions, Rooms,
    model::{BrandId, Epoch, LogHead, RoomId, Seq, UserId, Viewer, access::DeleteScope},
};
use aftermatch_postgres::{Options, Postgres};
use aftermatch_testdb::{Platform, Proxy};
use sqlx::AssertSqlSafe;

/// Users, rooms, and rooms with new events.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) users: BTreeSet<i64>,
    pub(crate) rooms: BTreeSet<i64>,
    pub(crate) logs: BTreeSet<(i64, i64)>,
}

impl Found {
    fn of(users: &[i64], rooms: &[i64], logs: &[(i64, i64)]) -> Self {
        Self {
            users: users.iter().copied().collect(),
            rooms: rooms.iter().copied().collect(),
            logs: logs.iter().copied().collect(),
        }
    }

    pub(crate) fn add(&mut self, difference: Difference) {
        self.users.extend(difference.users.iter().map(|id| id.0));
        self.rooms.extend(difference.rooms.iter().map(|id| id.0));
        let logs = difference.logs.iter();
        self.logs
            .extend(logs.map(|(id, head)| (id.0, head.last_seq.0)));
    }
}

/// What a recheck finds, if that is known.
pub(crate) async fn recheck(store: &Postgres) -> Option<Found> {
    let mut found = Found::default();
    match store.changes().await.expect("a recheck") {
        Changes::Unknown => None,
        Changes::Known { users, rooms, logs } => {
            found.add(Difference { users, rooms, logs });
            Some(found)
        }
    }
}

pub(crate) async fn run(platform: &Platform, sql: &str) {
    let run = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(platform.pool());
    run.await.unwrap_or_else(|error| panic!("{sql}: {error}"));
}

async fn head(store: &Postgres, room: i64) -> LogHead {
    let head = store.head(RoomId(room)).await.expect("a database");
    head.expect("the room")
}

#[tokio::test]
async fn recheck_finds_exactly_what_changed() {
    let (database, platform) = with_world(&town(vec![])).await;
    let store = store(&database).await;
    assert_eq!(recheck(&store).await, None);
    settle(&store).await;
    for (change, users, rooms) in [
        (
            "UPDATE users SET active = false WHERE id = 1",
            vec![1],
            vec![],
        ),
        (
            "UPDATE users SET active = false WHERE id = 1",
            vec![],
            vec![],
        ),
        (
            "UPDATE brands SET tariff = 'light' WHERE id = 11",
            vec![],
            vec![21, 23],
        ),
        (
            "UPDATE brands SET user_id = 4 WHERE id = 11",
            vec![1, 4],
            vec![],
        ),
        (
            "DELETE FROM participants WHERE room_id = 22 AND brand_id = 13",
            vec![],
            vec![22],
        ),
        ("DELETE FROM rooms WHERE id = 22", vec![], vec![22]),
        ("INSERT INTO rooms (id) VALUES (22)", vec![], vec![22]),
        ("DELETE FROM users WHERE id = 1", vec![1], vec![]),
        ("DELETE FROM brands WHERE id = 12", vec![2], vec![21]),
        ("DELETE FROM rooms", vec![], vec![21, 22, 23]),
        ("SELECT 1", vec![], vec![]),
    ] {
        run(&platform, change).await;
        let found = recheck(&store).await;
        assert_eq!(found, Some(Found::of(&users, &rooms, &[])), "{change}");
        assert_eq!(
            recheck(&store).await,
            Some(Found::default()),
            "once: {change}"
        );
    }
}

#[tokio::test]
async fn recheck_finds_every_kind_of_event() {
    let (database, _platform) = with_world(&town(vec![])).await;
    let [here, there] = [store(&database).await, store(&database).await];
    settle(&there).await;
    let now = precondition(&here, 21, 1).await;
    let created = here.create_one(now, draft("hello", None)).await;
    let Ok(Outcome::Committed(CreateOutcome::Created(created))) = created else {
        panic!("{created:?}");
    };
    assert_eq!(recheck(&there).await, Some(Found::of(&[], &[], &[(21, 1)])));
    let edited = here.edit(now, created.id, text("edited"), NO_REQUEST).await;
    edited.expect("an edit");
    assert_eq!(recheck(&there).await, Some(Found::of(&[], &[], &[(21, 2)])));
    let ids = vec![created.id];
    let deleted = here
        .delete(now, ids, DeleteScope::Any, None, NO_REQUEST)
        .await;
    deleted.expect("a deletion");
    let other = precondition(&here, 22, 2).await;
    let created = here.create_one(other, draft("hello", None)).await;
    created.expect("a message");
    let changes = there.changes().await.expect("a recheck");
    let Changes::Known { mut logs, .. } = changes else {
        panic!("unknown");
    };
    logs.sort_by_key(|(room, _)| *room);
    let expected = [
        (RoomId(21), head(&here, 21).await),
        (RoomId(22), head(&here, 22).await),
    ];
    assert_eq!(logs, expected);
}

#[tokio::test]
async fn reported_users_and_rooms_leave_caches() {
    let (database, platform) = with_world(&town(vec![])).await;
    let store = store(&database).await;
    let cached = async || {
        let room = store.room(RoomId(21), Read::Cached).await;
        let user = store.user(UserId(1), Read::Cached).await;
        let (room, user) = (room.expect("a database"), user.expect("a database"));
        (
            room.expect("the room").revision,
            user.expect("the user").revision,
        )
    };
    settle(&store).await;
    let changes = "UPDATE users SET admin = NOT admin WHERE id = 1;
        UPDATE participants SET position = 1 - position WHERE room_id = 21";
    let before = cached().await;
    run(&platform, changes).await;
    assert_eq!(cached().await, before);
    assert!(recheck(&store).await.is_some());
    let known = cached().await;
    assert!(
        known.0 > before.0 && known.1 > before.1,
        "{known:?} {before:?}"
    );

    run(&platform, changes).await;
    run(&platform, "TRUNCATE participants").await;
    assert_eq!(cached().await, known);
    assert_eq!(recheck(&store).await, None);
    let unknown = cached().await;
    assert!(
        unknown.0 > known.0 && unknown.1 > known.1,
        "{unknown:?} {known:?}"
    );
}

#[tokio::test]
async fn recheck_after_failed_one_is_unknown() {
    let (database, platform) = with_world(&town(vec![])).await;
    let proxy = Proxy::before(database.url()).await;
    let options = Options {
        url: proxy.url().to_owned(),
        statement_timeout: std::time::Duration::from_millis(300),
        ..options(&database)
    };
    let store = Postgres::connect(&options).await.expect("a connection");
    settle(&store).await;
    proxy.cut().await;
    store.changes().await.expect_err("no database");
    run(&platform, "UPDATE users SET admin = true WHERE id = 1").await;
    proxy.heal().await;
    assert_eq!(recheck(&store).await, None);
    settle(&store).await;
}

#[tokio::test]
async fn numbers_that_went_back_are_noticed() {
    let (database, platform) = with_world(&town(vec![])).await;
    let store = store(&database).await;
    for sequence in ["revisions", "messages_id_seq"] {
        run(&platform, &format!("SELECT setval('{sequence}', 1000)")).await;
        settle(&store).await;
        run(&platform, &format!("SELECT setval('{sequence}', 500)")).await;
        assert_eq!(recheck(&store).await, None, "{sequence}");
    }
}

#[tokio::test]
async fn too_many_changes_are_compared_instead() {
    let (database, platform) = with_world(&town(vec![])).await;
    let store = store(&database).await;
    for many in [
        "INSERT INTO users (id) SELECT generate_series(1001, 11001)",
        "INSERT INTO rooms (id) SELECT generate_series(1001, 11001)",
        "DELETE FROM rooms WHERE id > 1000",
        "INSERT INTO messages (room_id, user_id, text, created_at, seq, changed_seq)
         SELECT 21, 1, 'x', now(), n, n FROM generate_series(1, 100001) n",
    ] {
        settle(&store).await;
        run(&platform, many).await;
        assert_eq!(recheck(&store).await, None, "{many}");
    }
    settle(&store).await;
}

#[tokio::test]
async fn removed_rows_are_purged_after_a_day() {
    let (database, platform) = with_world(&town(vec![])).await;
    let store = store(&database).await;
    run(
        &platform,
        "DELETE FROM rooms; UPDATE removed SET at = at - interval '25 hours'",
    )
    .await;
    run(&platform, "DELETE FROM users WHERE id = 4").await;
    let left = async || {
        let left = sqlx::query_scalar("SELECT count(*) FROM removed").fetch_one(platform.pool());
        left.await.expect("a number")
    };
    let mut counts: Vec<i64> = vec![left().await];
    for _ in 0..3 {
        let purged = store.purge(std::time::Duration::from_secs(1), 2).await;
        purged.expect("a purge");
        counts.push(left().await);
    }
    assert_eq!(counts, [4, 2, 1, 1]);
}

#[tokio::test]
async fn compare_finds_exactly_what_differs() {
    let messages = vec![message(None, 21, 1, 1, "hello")];
    let (database, platform) = with_world(&town(messages)).await;
    let store = store(&database).await;
    run(
        &platform,
        "UPDATE users SET admin = id > 1; UPDATE users SET active = id < 3",
    )
    .await;
    let brand = |id| Viewer::Brand(BrandId(id));
    let (log, other) = (head(&store, 21).await, head(&store, 22).await);
    let epoch = log.epoch;
    let as_it_is = Expected {
        roles: vec![
            (UserId(1), brand(11)),
            (UserId(2), brand(12)),
            (UserId(2), Viewer::Admin),
        ],
        rooms: vec![RoomId(21), RoomId(22)],
        participants: vec![(RoomId(21), BrandId(11)), (RoomId(22), BrandId(13))],
        logs: vec![(RoomId(21), log), (RoomId(22), other)],
    };
    let same = store.compare(as_it_is).await.expect("an answer");
    assert_eq!(same, Difference::default());
    let nothing = store.compare(Expected::default()).await;
    assert_eq!(nothing.expect("an answer"), Difference::default());

    let at = |seq| LogHead {
        epoch,
        last_seq: Seq(seq),
    };
    let elsewhere = |epoch| LogHead { epoch, ..log };
    let (store_moved, room_moved) = (
        elsewhere(Epoch {
            store: !epoch.store,
            ..epoch
        }),
        elsewhere(Epoch { room: -1, ..epoch }),
    );
    let expected = Expected {
        roles: vec![
            (UserId(1), Viewer::Admin),
            (UserId(2), brand(11)),
            (UserId(3), brand(13)),
            (UserId(4), Viewer::Admin),
            (UserId(5), Viewer::Admin),
        ],
        rooms: vec![RoomId(1), RoomId(23)],
        participants: vec![
            (RoomId(21), BrandId(13)),
            (RoomId(22), BrandId(12)),
            (RoomId(2), BrandId(12)),
        ],
        logs: vec![(RoomId(3), log)],
    };
    let mut found = Found::default();
    found.add(store.compare(expected).await.expect("an answer"));
    assert_eq!(found, Found::of(&[1, 2, 3, 4, 5], &[1, 2, 3, 21], &[]));
    for differing in [at(0), at(2), store_moved, room_moved] {
        let expected = Expected {
            logs: vec![(RoomId(21), differing)],
            ..Expected::default()
        };
        let difference = store.compare(expected).await.expect("an answer");
        assert_eq!(difference.logs, [(RoomId(21), log)], "{differing:?}");
    }
}
