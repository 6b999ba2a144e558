//! Databases with a small world, and the store on them.

use std::time::Duration;

use aftermatch_ports::{
    Draft, Log, People, Precondition, Read, Rooms,
    model::{
        BrandId, ClientMsgId, MessageId, Pen, Profile, RequestId, RoomId, RoomKind, Seq, Text,
        Timestamp, UserId, World,
        world::{NewBrand, NewMessage, NewRoom, NewUser},
    },
};
use aftermatch_postgres::{ImportError, Imported, Options, Postgres, import};
use aftermatch_testdb::{Database, Platform};
use time::OffsetDateTime;

pub(crate) fn options(database: &Database) -> Options {
    Options {
        url: database.url().to_owned(),
        replica: None,
        pool: 4,
        statement_timeout: Duration::from_secs(10),
    }
}

pub(crate) async fn store(database: &Database) -> Postgres {
    let store = Postgres::connect(&options(database)).await;
    store.expect("a connection")
}

/// A fresh database with this world, and the platform that changes it.
pub(crate) async fn with_world(world: &World) -> (Database, Platform) {
    let database = aftermatch_testdb::fresh().await;
    import_into(&database, world).await.expect("an import");
    let platform = Platform::connect(database.url()).await;
    (database, platform)
}

pub(crate) async fn import_into(
    database: &Database,
    world: &World,
) -> Result<Imported, ImportError> {
    import(&options(database), world, |_| {}).await
}

pub(crate) fn profile(text: &str) -> Profile {
    Profile::new(text)
}

pub(crate) fn user(id: i64) -> NewUser {
    NewUser {
        id: UserId(id),
        active: true,
        admin: false,
        profile: profile("{}"),
    }
}

/// A brand of that user.
pub(crate) fn brand(id: i64, owner: i64) -> NewBrand {
    NewBrand {
        id: BrandId(id),
        owner: UserId(owner),
        tariff: None,
        tariff_until: None,
        profile: profile("{}"),
    }
}

pub(crate) fn room(id: i64, participants: &[i64]) -> NewRoom {
    NewRoom {
        id: RoomId(id),
        participants: participants.iter().copied().map(BrandId).collect(),
        kind: RoomKind::default(),
        pen: Pen::default(),
        frozen: false,
    }
}

pub(crate) fn text(text: &str) -> Text {
    Text::new(text, 100).expect("a valid text")
}

/// A message to create, with this client message id.
pub(crate) fn draft(says: &str, client_msg_id: Option<&str>) -> Draft {
    Draft {
        text: text(says),
        attachments: None,
        client_msg_id: client_msg_id.map(|id| ClientMsgId::new(id).expect("a valid id")),
        request_id: RequestId::NONE,
    }
}

/// This many milliseconds after the epoch.
pub(crate) fn at(millisecond: i64) -> Timestamp {
    (OffsetDateTime::UNIX_EPOCH + Duration::from_millis(millisecond.unsigned_abs())).into()
}

/// A message in that room by that user at that millisecond.
pub(crate) fn message(
    id: Option<i64>,
    room: i64,
    author: i64,
    millisecond: i64,
    says: &str,
) -> NewMessage {
    NewMessage {
        id: id.map(MessageId),
        room: RoomId(room),
        author: UserId(author),
        text: text(says),
        created_at: at(millisecond),
    }
}

pub(crate) fn world(
    users: Vec<NewUser>,
    brands: Vec<NewBrand>,
    rooms: Vec<NewRoom>,
    messages: Vec<NewMessage>,
) -> World {
    World::new(users, brands, rooms, messages).expect("a valid world")
}

/// Users 1 to 4; brands 11 of user 1, 12 of 2 and 13 of 3; rooms 21 (brands 11, 12),
/// 22 (12, 13) and 23 (13, 11), with these messages.
pub(crate) fn town(messages: Vec<NewMessage>) -> World {
    world(
        (1..=4).map(user).collect(),
        vec![brand(11, 1), brand(12, 2), brand(13, 3)],
        vec![
            room(21, &[11, 12]),
            room(22, &[12, 13]),
            room(23, &[13, 11]),
        ],
        messages,
    )
}

/// A write that nobody requested.
pub(crate) const NO_REQUEST: RequestId = RequestId::NONE;

/// The number of the last event in the room.
pub(crate) async fn last_seq(store: &Postgres, room: i64) -> Seq {
    let head = store.head(RoomId(room)).await.expect("a database");
    head.expect("the room").last_seq
}

/// The precondition of a write by this user in this room, as they are now.
pub(crate) async fn precondition(store: &Postgres, room: i64, user: i64) -> Precondition {
    let (room, user) = (RoomId(room), UserId(user));
    let found = store.room(room, Read::Fresh).await.expect("a database");
    let found = found.expect("the room");
    let author = store.user(user, Read::Fresh).await.expect("a database");
    Precondition {
        room,
        room_revision: found.revision,
        room_epoch: found.epoch.room,
        user,
        user_revision: author.expect("the user").revision,
    }
}

/// The connections of the store, which are newer than those of the platform.
const NEWER_CONNECTIONS: &str = "SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND backend_type = 'client backend'
      AND backend_start > $1";

/// How many rows of `table` these reads visit.
pub(crate) async fn rows_visited(
    database: &Database,
    platform: &Platform,
    table: &str,
    reads: impl AsyncFnOnce(&Postgres),
) -> i64 {
    let visited = async || {
        let visited = "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_user_tables
            WHERE relname = $1";
        let visited = sqlx::query_scalar::<_, i64>(visited).bind(table);
        let visited = visited.fetch_one(platform.pool()).await;
        visited.expect("the statistics")
    };
    let before = visited().await;
    let start: OffsetDateTime = sqlx::query_scalar("SELECT clock_timestamp()")
        .fetch_one(platform.pool())
        .await
        .expect("the time");
    let one_connection = Options {
        pool: 1,
        ..options(database)
    };
    let store = Postgres::connect(&one_connection).await;
    let store = store.expect("a connection");
    reads(&store).await;
    // A connection reports what it has read when it ends, at the latest.
    drop(store);
    let connections = || {
        let newer = sqlx::query_scalar::<_, i64>(NEWER_CONNECTIONS).bind(start);
        newer.fetch_one(platform.pool())
    };
    while connections().await.expect("the connections") > 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    visited().await - before
}
