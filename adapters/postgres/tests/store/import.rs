//! Worlds imported into a database that has data already.

use crate::support::{
    NO_REQUEST, at, brand, draft, import_into, message, options, precondition, profile, room,
    store, text, town, user, with_world, world,
};
use aftermatch_ports::{
    CreateOne, CreateOutcome, Messages, Outcome,
    model::{MessageId, Tariff, UserId, access::DeleteScope, world::NewMessage},
};
use aftermatch_postgres::{ImportError, Imported, Progress, import};
use aftermatch_testdb::Platform;
use sqlx::postgres::PgListener;

const NOTHING: Imported = Imported {
    users: 0,
    brands: 0,
    rooms: 0,
    messages: 0,
};

/// Every row of the database, with its revision.
async fn everything(platform: &Platform) -> Vec<String> {
    let rows = "
        SELECT 'user ' || u::text FROM users u
        UNION ALL SELECT 'brand ' || b::text FROM brands b
        UNION ALL SELECT 'room ' || r::text FROM rooms r
        UNION ALL SELECT 'participant ' || p::text FROM participants p
        UNION ALL SELECT 'message ' || m::text FROM messages m
        UNION ALL SELECT 'event ' || e::text FROM events e
        ORDER BY 1";
    let rows = sqlx::query_scalar(rows).fetch_all(platform.pool()).await;
    rows.expect("the rows")
}

/// Id, text, first and last event number of a message.
type Row = (i64, Option<String>, i64, i64);

async fn messages(platform: &Platform, room: i64) -> Vec<Row> {
    let rows = "SELECT id, text, seq, changed_seq FROM messages WHERE room_id = $1 ORDER BY seq";
    let rows = sqlx::query_as(rows).bind(room).fetch_all(platform.pool());
    rows.await.expect("the messages")
}

async fn texts(platform: &Platform, room: i64) -> Vec<String> {
    let messages = messages(platform, room).await;
    messages.into_iter().filter_map(|row| row.1).collect()
}

/// Checks that the events of every room are numbered without a gap, as far as the
/// messages show: no number twice, and the last is the room's last.
async fn assert_numbered(platform: &Platform) {
    let rooms = "
        SELECT r.id FROM rooms r
        LEFT JOIN LATERAL (
            SELECT array_agg(DISTINCT seq ORDER BY seq) AS seqs FROM (
                SELECT seq FROM messages WHERE room_id = r.id
                UNION ALL SELECT changed_seq FROM messages WHERE room_id = r.id
            ) s
        ) s ON true
        WHERE COALESCE(s.seqs, '{}')
              <> ARRAY(SELECT s FROM generate_series(1, r.last_seq) AS s)";
    let wrong: Vec<i64> = sqlx::query_scalar(rooms)
        .fetch_all(platform.pool())
        .await
        .expect("the rooms");
    assert_eq!(wrong, [0; 0], "rooms whose numbers have a gap");
}

fn messages_of_town() -> Vec<NewMessage> {
    vec![
        message(Some(7), 21, 1, 5, "first"),
        message(None, 21, 2, 5, "second"),
        message(None, 21, 2, 6, "twin"),
        message(None, 21, 2, 6, "twin"),
        message(Some(5), 22, 3, 1, "elsewhere"),
    ]
}

#[tokio::test]
async fn import_same_world_again_changes_nothing() {
    let mut users: Vec<_> = (1..=3).map(user).collect();
    users[1].profile = profile(r#"{ "email": "a@b.c", "big": 12345678901234567890123 }"#);
    users[2].active = false;
    let mut brands = vec![brand(11, 1), brand(12, 2), brand(13, 3)];
    brands[0].tariff = Some(Tariff::Business);
    brands[0].tariff_until = Some(at(1_234));
    brands[1].tariff = Some(Tariff::Light);
    let rooms = vec![room(21, &[12, 11]), room(22, &[13]), room(23, &[])];
    let world = world(users, brands, rooms, messages_of_town());
    let (database, platform) = with_world(&world).await;
    let before = everything(&platform).await;
    assert_eq!(before.len(), 3 + 3 + 3 + 3 + 5, "{before:#?}");
    for _ in 0..2 {
        assert_eq!(
            import_into(&database, &world).await.expect("an import"),
            NOTHING
        );
        assert_eq!(everything(&platform).await, before);
    }
    assert_numbered(&platform).await;
}

#[tokio::test]
async fn import_changed_world_updates_only_differences() {
    let (database, platform) = with_world(&town(messages_of_town())).await;
    let mut users: Vec<_> = (1..=4).map(user).collect();
    users[3].admin = true;
    let mut brands = vec![brand(11, 1), brand(12, 2), brand(13, 3)];
    brands[0].tariff = Some(Tariff::Comfort);
    // Room 21 swaps its participants, 22 changes one of them, 23 is not in the world.
    let rooms = vec![room(21, &[12, 11]), room(22, &[12, 11]), room(24, &[])];
    let mut talk = messages_of_town();
    talk[0].text = text("first, corrected");
    talk.push(message(None, 22, 2, 9, "new"));
    let changed = world(users, brands, rooms, talk);
    let imported = import_into(&database, &changed).await.expect("an import");
    let expected = Imported {
        users: 1,
        brands: 1,
        rooms: 3,
        messages: 2,
    };
    assert_eq!(imported, expected);

    let participants = "SELECT room_id, brand_id FROM participants ORDER BY room_id, position";
    let participants: Vec<(i64, i64)> = sqlx::query_as(participants)
        .fetch_all(platform.pool())
        .await
        .expect("the participants");
    let expected = [(21, 12), (21, 11), (22, 12), (22, 11), (23, 13), (23, 11)];
    assert_eq!(participants, expected);
    let row = |id, text: &str, seq, changed| (id, Some(text.to_owned()), seq, changed);
    assert_eq!(
        messages(&platform, 21).await[0],
        row(7, "first, corrected", 1, 5)
    );
    assert_eq!(texts(&platform, 22).await, ["elsewhere", "new"]);
    assert_numbered(&platform).await;
    assert_eq!(
        import_into(&database, &changed).await.expect("an import"),
        NOTHING
    );
}

#[tokio::test]
async fn import_swapped_brand_owners_succeeds() {
    let (database, platform) = with_world(&town(vec![])).await;
    let users = (1..=4).map(user).collect();
    let swapped = world(users, vec![brand(11, 2), brand(12, 1)], vec![], vec![]);
    let imported = import_into(&database, &swapped).await.expect("an import");
    assert_eq!(
        imported,
        Imported {
            brands: 2,
            ..NOTHING
        }
    );
    let owners = "SELECT user_id FROM brands ORDER BY id";
    let owners: Vec<i64> = sqlx::query_scalar(owners)
        .fetch_all(platform.pool())
        .await
        .expect("the brands");
    assert_eq!(owners, [2, 1, 3]);
}

#[tokio::test]
async fn imported_message_ids_are_never_reused() {
    let (database, platform) = with_world(&town(vec![])).await;
    let store = store(&database).await;
    let mut highest = 0;
    for given in [vec![900, 5], vec![2_000], vec![400]] {
        let given = given
            .iter()
            .map(|&id| message(Some(id), 21, 1, id, "given"));
        let mut given: Vec<_> = given.collect();
        given.insert(
            0,
            message(None, 22, 1, given[0].id.expect("an id").0, "not given"),
        );
        import_into(&database, &town(given.clone()))
            .await
            .expect("an import");
        let ids = messages(&platform, 21).await.into_iter().map(|row| row.0);
        let ids: Vec<_> = ids.collect();
        for message in &given[1..] {
            assert!(ids.contains(&message.id.expect("an id").0), "{ids:?}");
        }
        highest = ids.into_iter().fold(highest, i64::max);
        let precondition = precondition(&store, 23, 1).await;
        let created = store
            .create_one(precondition, draft("new", None))
            .await
            .expect("an answer");
        let Outcome::Committed(CreateOutcome::Created(created)) = created else {
            panic!("{created:?}");
        };
        assert!(created.id.0 > highest, "{created:?}, {highest}");
    }
    assert_numbered(&platform).await;
}

#[tokio::test]
async fn import_without_ids_matches_author_room_millisecond() {
    let twin = || message(None, 21, 1, 5, "twin");
    let (database, platform) = with_world(&town(vec![twin(), twin()])).await;
    for (given, added) in [
        (vec![twin()], 0),
        (vec![twin(), twin()], 0),
        (vec![twin(), twin(), twin()], 1),
        (vec![message(None, 21, 1, 6, "twin")], 1),
        (vec![message(None, 21, 2, 5, "twin")], 1),
        (vec![message(None, 22, 1, 5, "twin")], 1),
        // With an id it is another message.
        (vec![message(Some(70), 23, 1, 5, "twin")], 1),
        (
            vec![
                message(Some(70), 23, 1, 5, "twin"),
                message(None, 23, 1, 5, "twin"),
            ],
            1,
        ),
        (
            vec![
                message(None, 23, 1, 5, "twin"),
                message(Some(70), 23, 1, 5, "twin"),
            ],
            0,
        ),
    ] {
        let imported = import_into(&database, &town(given.clone()))
            .await
            .expect("an import");
        assert_eq!(imported.messages, added, "{given:?}");
    }
    assert_numbered(&platform).await;
}

#[tokio::test]
async fn import_spares_edited_and_deleted_messages() {
    let (database, platform) = with_world(&town(messages_of_town())).await;
    let store = store(&database).await;
    let [anna, boris, eve] = [(21, 1), (21, 2), (22, 3)];
    let id = |row: &Row| MessageId(row.0);
    let there = messages(&platform, 21).await;

    let now = precondition(&store, anna.0, anna.1).await;
    let edited = store
        .edit(now, id(&there[0]), text("edited"), NO_REQUEST)
        .await;
    assert!(
        matches!(edited, Ok(Outcome::Committed(Some(_)))),
        "{edited:?}"
    );
    let now = precondition(&store, boris.0, boris.1).await;
    let twins = vec![id(&there[1]), id(&there[2])];
    let deleted = store
        .delete(
            now,
            twins,
            DeleteScope::OwnedBy(UserId(2)),
            None,
            NO_REQUEST,
        )
        .await;
    assert!(
        matches!(deleted, Ok(Outcome::Committed(Some(_)))),
        "{deleted:?}"
    );
    let now = precondition(&store, eve.0, eve.1).await;
    let deleted = store
        .delete(now, vec![MessageId(5)], DeleteScope::Any, None, NO_REQUEST)
        .await;
    assert!(
        matches!(deleted, Ok(Outcome::Committed(Some(_)))),
        "{deleted:?}"
    );

    let before = everything(&platform).await;
    let mut corrected = messages_of_town();
    for message in &mut corrected {
        message.text = text("corrected");
    }
    for given in [messages_of_town(), corrected] {
        let imported = import_into(&database, &town(given))
            .await
            .expect("an import");
        assert_eq!(imported, NOTHING);
        assert_eq!(everything(&platform).await, before);
    }
}

#[tokio::test]
async fn import_conflicting_message_ids_is_refused() {
    let (database, platform) = with_world(&town(messages_of_town())).await;
    let before = everything(&platform).await;
    let mut users: Vec<_> = (1..=9).map(user).collect();
    users[0].active = false;
    let given = vec![
        message(None, 23, 1, 1, "new"),
        message(Some(5), 23, 3, 1, "of another room"),
        message(Some(8), 23, 3, 1, "new, or the number of one that had none"),
        message(Some(7), 21, 2, 5, "of another author"),
    ];
    let conflicting = world(
        users,
        vec![brand(19, 9)],
        vec![room(21, &[]), room(23, &[])],
        given,
    );
    match import_into(&database, &conflicting).await {
        Err(error @ ImportError::IdConflict(_)) => {
            let text = error.to_string();
            assert!(text.contains("5") && text.contains("7"), "{text}");
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(everything(&platform).await, before);
}

#[tokio::test]
async fn import_conflicting_world_changes_nothing() {
    let (database, platform) = with_world(&town(messages_of_town())).await;
    let before = everything(&platform).await;
    // Brand 11 of user 1 is not in the world and stays: user 1 would have two.
    let second = world(
        vec![user(1), user(9)],
        vec![brand(14, 1)],
        vec![room(30, &[14])],
        vec![message(None, 30, 9, 1, "new")],
    );
    let refused = import_into(&database, &second).await;
    assert!(
        matches!(refused, Err(ImportError::Database(_))),
        "{refused:?}"
    );
    assert_eq!(everything(&platform).await, before);
}

#[tokio::test]
async fn import_asks_processes_to_compare_everything() {
    let (database, _platform) = with_world(&town(vec![])).await;
    let mut listener = PgListener::connect(database.url())
        .await
        .expect("a listener");
    listener.listen("chat_rights").await.expect("a channel");
    let changed = town(vec![message(Some(7), 21, 1, 5, "new")]);
    import_into(&database, &changed).await.expect("an import");
    let received = listener.recv().await.expect("a notification");
    assert_eq!(received.payload(), "everything");
}

#[tokio::test]
async fn import_long_world_reports_progress() {
    const MESSAGES: i64 = 12_000;
    let talk = (1..=MESSAGES).map(|nth| message(None, 21 + nth % 3, 1, 1, &nth.to_string()));
    let world = town(talk.collect());
    let database = aftermatch_testdb::fresh().await;
    let mut reports: Vec<Progress> = Vec::new();
    let imported = import(&options(&database), &world, |progress| {
        reports.push(progress)
    })
    .await;
    assert_eq!(imported.expect("an import").messages, MESSAGES as u64);
    let done = reports.iter().filter(|report| report.list == "messages");
    let done: Vec<_> = done.map(|report| (report.done, report.of)).collect();
    assert!(done.len() > 1 && done.is_sorted(), "{done:?}");
    assert_eq!(done.last(), Some(&(12_000, 12_000)));

    let platform = Platform::connect(database.url()).await;
    assert_numbered(&platform).await;
    for room in 21..=23 {
        let texts = texts(&platform, room).await;
        let numbers = texts
            .iter()
            .map(|text| text.parse::<i64>().expect("a number"));
        assert!(
            numbers.eq((1..=MESSAGES).filter(|nth| 21 + nth % 3 == room)),
            "room {room}"
        );
    }
    assert_eq!(
        import_into(&database, &world).await.expect("an import"),
        NOTHING
    );
}
