//! Rows with values that are valid in Postgres and mean something else here, or nothing.

use crate::support::{
    NO_REQUEST, at, draft, import_into, message, precondition, store, text, town, with_world,
};
use aftermatch_ports::{
    CreateOne, Directory, History, HistoryRange, Log, Messages, Outcome, Page, Read, Rooms, Scope,
    model::{BrandId, EventKind, Pen, RoomId, RoomKind, Seq, Tariff, Timestamp, UserId},
};
use aftermatch_postgres::Postgres;
use aftermatch_testdb::Platform;
use sqlx::AssertSqlSafe;
use time::OffsetDateTime;

async fn run(platform: &Platform, sql: String) {
    let run = sqlx::raw_sql(AssertSqlSafe(sql.clone())).execute(platform.pool());
    run.await.unwrap_or_else(|error| panic!("{sql}: {error}"));
}

/// A year in which every tariff with an end has ended or not.
fn year(year: i64) -> Timestamp {
    let seconds = (year - 1970) * 31_556_952;
    let year = OffsetDateTime::from_unix_timestamp(seconds);
    year.expect("a time").into()
}

/// All rooms, by an administrator and by the reader of a brand in two of them.
async fn list(store: &Postgres) -> [usize; 2] {
    let page = Page {
        after: None,
        limit: 9,
    };
    let reader = Scope::Brand {
        brand: BrandId(11),
        reader: UserId(1),
    };
    let all = store.rooms(Scope::All, page).await.expect("all rooms");
    let own = store.rooms(reader, page).await.expect("own rooms");
    for each in all.iter().chain(&own) {
        assert!(each.last_message.is_some() || each.room.id != RoomId(21));
    }
    [all.len(), own.len()]
}

#[tokio::test]
async fn tariff_without_representable_end_has_plain_meaning() {
    let (database, platform) = with_world(&town(vec![message(None, 21, 1, 7, "hello")])).await;
    let store = store(&database).await;
    for (until, now, has_business) in [
        ("infinity", 9_000, true),
        ("294276-12-31", 9_000, true),
        ("10000-01-01Z", 9_000, true),
        ("9999-12-31Z", 9_000, true),
        ("2020-01-01Z", 2_019, true),
        ("2020-01-01Z", 2_021, false),
        ("0001-01-01Z BC", 1_970, false),
        ("4713-01-01Z BC", 1_970, false),
        ("-infinity", 1_970, false),
    ] {
        let set = "UPDATE brands SET tariff = 'business', tariff_until =";
        run(&platform, format!("{set} '{until}' WHERE id = 12")).await;
        let room = store.room(RoomId(21), Read::Fresh).await.expect(until);
        let room = room.expect("the room");
        assert_eq!(room.has_business(year(now)), has_business, "{until}");
        let brand = store.brand(BrandId(12)).await.expect(until);
        let ends = brand.expect("the brand").tariff_until;
        assert_eq!(
            ends.is_none_or(|end| year(now) < end),
            has_business,
            "{until}"
        );
        assert_eq!(list(&store).await, [3, 2], "{until}");
    }
}

#[tokio::test]
async fn unknown_tariff_gives_no_rights_and_hides_nothing() {
    let (database, platform) = with_world(&town(vec![message(None, 21, 1, 7, "hello")])).await;
    let newer = "ALTER TABLE brands DROP CONSTRAINT brands_tariff_is_known;
        UPDATE brands SET tariff = 'platinum' WHERE id = 12;
        UPDATE brands SET tariff = 'light' WHERE id = 11";
    run(&platform, newer.to_owned()).await;
    let store = store(&database).await;
    assert_eq!(list(&store).await, [3, 2]);
    let room = store.room(RoomId(21), Read::Fresh).await;
    let room = room.expect("a database").expect("the room");
    let tariffs: Vec<_> = room.participants.iter().map(|brand| brand.tariff).collect();
    assert_eq!(tariffs, [Some(Tariff::Light), None]);
}

/// Written where the triggers that refuse them are off.
#[tokio::test]
async fn unknown_pen_gives_no_rights_and_hides_nothing() {
    let (database, platform) = with_world(&town(vec![message(None, 21, 1, 7, "hello")])).await;
    let newer = "ALTER TABLE rooms DISABLE TRIGGER rooms_refuse_unknown;
        UPDATE rooms SET pen = 'sometimes' WHERE id = 21;
        UPDATE rooms SET kind = 'Support desk', frozen = true WHERE id = 22";
    run(&platform, newer.to_owned()).await;
    let store = store(&database).await;
    assert_eq!(list(&store).await, [3, 2]);
    for (id, pen, frozen) in [(21, Pen::Never, false), (22, Pen::Tariff, true)] {
        let room = store.room(RoomId(id), Read::Fresh).await;
        let room = room.expect("a database").expect("the room");
        assert_eq!((room.pen, room.frozen), (pen, frozen));
        assert_eq!(room.kind, RoomKind::default());
    }
}

/// The times of the messages in the history, and of the events in the log.
async fn times(store: &Postgres) -> (Vec<Timestamp>, Vec<Timestamp>) {
    let history = store.history(RoomId(21), HistoryRange::Newest, 9).await;
    let messages = history.expect("a history").messages;
    let page = store.events(RoomId(21), Seq(0), 9).await;
    let events = page.expect("a log").expect("the room").events;
    (
        messages.iter().map(|message| message.created_at).collect(),
        events
            .expect("every event")
            .iter()
            .map(|event| event.at)
            .collect(),
    )
}

#[tokio::test]
async fn message_with_strange_time_is_shown_with_nearest() {
    let messages = vec![
        message(None, 21, 1, 7, "first"),
        message(None, 21, 2, 8, "second"),
    ];
    let (database, platform) = with_world(&town(messages)).await;
    let store = store(&database).await;
    let now = precondition(&store, 21, 1).await;
    let first = store.history(RoomId(21), HistoryRange::Newest, 9).await;
    let first = first.expect("a history").messages[0].id;
    let edited = store.edit(now, first, text("edited"), NO_REQUEST).await;
    assert!(matches!(edited, Ok(Outcome::Committed(Some(_)))));
    let last = OffsetDateTime::from_unix_timestamp_nanos(253_402_300_799_999_000_000);
    let early = OffsetDateTime::from_unix_timestamp(-62_135_596_800);
    let (last, early) = (last.expect("a time"), early.expect("a time"));
    for (time, shown) in [
        ("infinity", last),
        ("294276-12-31", last),
        ("-infinity", early),
        ("4713-01-01 BC", early),
    ] {
        let strange = format!(
            "UPDATE messages SET created_at = '{time}', edited_at = '{time}' WHERE seq = 1;
             UPDATE events SET at = '{time}'"
        );
        run(&platform, strange).await;
        let shown = Timestamp::from(shown);
        let (messages, events) = times(&store).await;
        assert_eq!(messages, [shown, at(8)], "{time}");
        assert_eq!(events, [shown, at(8), shown], "{time}");
        assert_eq!(list(&store).await, [3, 2], "{time}");
        let page = store.page(RoomId(21), 0, 9).await;
        assert_eq!(page.expect("a page").1.len(), 2);
        let delta = store.delta_since(RoomId(21), Seq(0), 9).await;
        let delta = delta.expect("an answer").delta.expect("a delta");
        assert_eq!(delta.upserted.len(), 2);
    }
}

#[tokio::test]
async fn room_with_strange_time_goes_on_with_present() {
    let (database, platform) = with_world(&town(vec![])).await;
    let store = store(&database).await;
    let now = precondition(&store, 21, 1).await;
    let yesterday = OffsetDateTime::from_unix_timestamp(1_700_000_000).expect("a time");
    for time in ["infinity", "294276-12-31", "-infinity", "4713-01-01 BC"] {
        run(&platform, format!("UPDATE rooms SET last_at = '{time}'")).await;
        // One that is alone, several with one statement, an edit, a deletion, an import.
        let create = || store.create_one(now, draft("hello", None));
        let (one, two, three) = tokio::join!(create(), create(), create());
        for created in [one, two, three] {
            assert!(matches!(created, Ok(Outcome::Committed(_))), "{created:?}");
        }
        run(&platform, format!("UPDATE rooms SET last_at = '{time}'")).await;
        let history = store.history(RoomId(21), HistoryRange::Newest, 1).await;
        let newest = history.expect("a history").messages[0].id;
        let edited = store.edit(now, newest, text("edited"), NO_REQUEST).await;
        assert!(matches!(edited, Ok(Outcome::Committed(Some(_)))), "{time}");
        run(&platform, format!("UPDATE rooms SET last_at = '{time}'")).await;
        let imported = town(vec![message(Some(9_001), 22, 2, 7, time)]);
        import_into(&database, &imported).await.expect("an import");
        let (_, events) = times(&store).await;
        let present = Timestamp::from(yesterday)..year(3_000);
        assert!(events.iter().all(|at| present.contains(at)), "{events:?}");
        let deleted = "DELETE FROM messages; DELETE FROM events; UPDATE rooms SET last_seq = 0";
        run(&platform, deleted.to_owned()).await;
    }
    let page = store.events(RoomId(21), Seq(0), 9).await;
    let events = page.expect("a log").expect("the room").events;
    let kinds = events
        .expect("no events")
        .into_iter()
        .map(|event| event.kind);
    assert_eq!(kinds.collect::<Vec<EventKind>>(), []);
}
