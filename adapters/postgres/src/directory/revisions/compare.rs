use aftermatch_ports::{
    Difference, Expected,
    model::{LogHead, RoomId, UserId, Viewer},
};
use sqlx::{Error, FromRow};

use crate::{
    epoch::{self, HeadRow},
    store::Postgres,
};

/// Users $1 who should be active and own the brands $2, or be administrators where
/// that is null; rooms $3; and rooms $4 that should have the participants $5. Each row
/// is a user or a room that is not so. The subqueries look each row up by its key; a
/// join might read the whole table.
const MISSING: &str = "
    SELECT e.id AS user_id, NULL::bigint AS room_id
    FROM UNNEST($1::bigint[], $2::bigint[]) AS e(id, brand)
    WHERE CASE
        WHEN e.brand IS NULL THEN (SELECT admin FROM users WHERE id = e.id AND active)
        ELSE (SELECT id FROM users WHERE id = e.id AND active)
             = (SELECT user_id FROM brands WHERE id = e.brand)
    END IS NOT TRUE
    UNION
    SELECT NULL, e.id FROM UNNEST($3::bigint[]) AS e(id)
    WHERE (SELECT id FROM rooms WHERE id = e.id) IS NULL
    UNION
    SELECT NULL, e.room FROM UNNEST($4::bigint[], $5::bigint[]) AS e(room, brand)
    WHERE (
        SELECT b.id FROM participants p JOIN brands b ON b.id = p.brand_id
        WHERE p.room_id = e.room AND p.brand_id = e.brand
    ) IS NULL";

/// Rooms $1 with other epochs than $2, $3 or other last events than $4.
const LOGS: &str = concat!(
    "SELECT r.id, ",
    epoch::head!(),
    " FROM UNNEST($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[])
          AS e(id, store, epoch, last_seq)
     CROSS JOIN LATERAL (SELECT id, epoch, last_seq FROM rooms WHERE id = e.id LIMIT 1) r
     WHERE (current_setting('aftermatch.store')::bigint, r.epoch, r.last_seq)
           IS DISTINCT FROM (e.store, e.epoch, e.last_seq)"
);

#[derive(FromRow)]
struct LogRow {
    id: i64,
    #[sqlx(flatten)]
    head: HeadRow,
}

/// Finds what is not as expected, and drops it from the caches.
#[tracing::instrument(
    name = "db.revision.compare",
    level = "debug",
    skip_all,
    fields(roles = expected.roles.len(), rooms = expected.rooms.len(), logs = expected.logs.len())
)]
pub(crate) async fn compare(store: &Postgres, expected: Expected) -> Result<Difference, Error> {
    let logs = other_logs(store, &expected.logs).await?;
    let mut difference = Difference {
        logs,
        ..Difference::default()
    };
    for (user, room) in missing(store, expected).await? {
        difference.users.extend(user.map(UserId));
        difference.rooms.extend(room.map(RoomId));
    }
    for user in &difference.users {
        store.users.forget(user);
    }
    let others = difference.logs.iter().map(|(room, _)| room);
    for room in difference.rooms.iter().chain(others) {
        store.rooms.forget(room);
    }
    Ok(difference)
}

/// Users and rooms, each once.
async fn missing(
    store: &Postgres,
    expected: Expected,
) -> Result<Vec<(Option<i64>, Option<i64>)>, Error> {
    let roles = expected.roles.into_iter();
    let (users, roles): (Vec<_>, Vec<_>) = roles
        .map(|(user, viewer)| match viewer {
            Viewer::Brand(brand) => (user.0, Some(brand.0)),
            Viewer::Admin => (user.0, None),
        })
        .unzip();
    let with_logs = expected.logs.iter().map(|(room, _)| room.0);
    let rooms = expected.rooms.iter().map(|room| room.0);
    let rooms: Vec<_> = rooms.chain(with_logs).collect();
    let participants = expected.participants.into_iter();
    let (of, brands): (Vec<_>, Vec<_>) =
        participants.map(|(room, brand)| (room.0, brand.0)).unzip();
    let query = sqlx::query_as(MISSING)
        .bind(users)
        .bind(roles)
        .bind(rooms)
        .bind(of)
        .bind(brands);
    store.with_timeout(query.fetch_all(&store.pool)).await
}

async fn other_logs(
    store: &Postgres,
    expected: &[(RoomId, LogHead)],
) -> Result<Vec<(RoomId, LogHead)>, Error> {
    if expected.is_empty() {
        return Ok(Vec::new());
    }
    let column = |value: fn(&(RoomId, LogHead)) -> i64| expected.iter().map(value).collect();
    let columns: [Vec<i64>; 4] = [
        column(|(room, _)| room.0),
        column(|(_, head)| head.epoch.store.into()),
        column(|(_, head)| head.epoch.room),
        column(|(_, head)| head.last_seq.0),
    ];
    let query = columns
        .into_iter()
        .fold(sqlx::query_as(LOGS), |query, column| query.bind(column));
    let rows: Vec<LogRow> = store.with_timeout(query.fetch_all(&store.pool)).await?;
    let heads = rows.into_iter();
    heads
        .map(|LogRow { id, head }| Ok((RoomId(id), head.head()?)))
        .collect()
}
