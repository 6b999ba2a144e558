use aftermatch_ports::{
    Stale,
    model::{Revision, RoomId, RoomVersion, Seq, UserId},
};
use sqlx::{Error, FromRow};

use crate::store::Postgres;

/// Users $1 seen at revisions $2, and rooms $3 seen at $4 with last events $5. Each
/// row of the result is a user or a room that differs.
const CHANGED: &str = "
    SELECT e.id AS user_id, NULL::bigint AS room_id, true AS changed, NULL::bigint AS newer
    FROM UNNEST($1::bigint[], $2::bigint[]) AS e(id, revision)
    LEFT JOIN users u ON u.id = e.id
    WHERE u.revision IS DISTINCT FROM e.revision
    UNION ALL
    SELECT NULL, e.id, r.revision IS DISTINCT FROM e.revision,
           CASE WHEN r.last_seq > e.last THEN r.last_seq END
    FROM UNNEST($3::bigint[], $4::bigint[], $5::bigint[]) AS e(id, revision, last)
    LEFT JOIN rooms r ON r.id = e.id
    WHERE r.revision IS DISTINCT FROM e.revision OR r.last_seq > e.last";

#[derive(FromRow)]
struct ChangedRow {
    user_id: Option<i64>,
    room_id: Option<i64>,
    /// Whether the revision differs, or the row is missing.
    changed: bool,
    /// The room's last event, if it is newer than the one seen.
    newer: Option<i64>,
}

/// Finds what differs from what was seen, and drops it from the caches.
#[tracing::instrument(
    name = "db.revision.compare",
    level = "debug",
    skip_all,
    fields(users = users.len(), rooms = rooms.len())
)]
pub(crate) async fn compare(
    store: &Postgres,
    users: Vec<(UserId, Revision)>,
    rooms: Vec<RoomVersion>,
) -> Result<Stale, Error> {
    let (ids, revisions): (Vec<_>, Vec<_>) = users
        .into_iter()
        .map(|(id, revision)| (id.0, revision.0))
        .unzip();
    let of_rooms = |value: fn(&RoomVersion) -> i64| rooms.iter().map(value).collect::<Vec<_>>();
    let query = sqlx::query_as::<_, ChangedRow>(CHANGED)
        .bind(ids)
        .bind(revisions)
        .bind(of_rooms(|seen| seen.room.0))
        .bind(of_rooms(|seen| seen.revision.0))
        .bind(of_rooms(|seen| seen.last_seq.0));
    let mut stale = Stale::default();
    for row in store.with_timeout(query.fetch_all(&store.pool)).await? {
        stale.users.extend(row.user_id.map(UserId));
        if let Some(room) = row.room_id.map(RoomId) {
            stale.rooms.extend(row.changed.then_some(room));
            stale.behind.extend(row.newer.map(|last| (room, Seq(last))));
        }
    }
    for user in &stale.users {
        store.users.forget(user);
    }
    for room in &stale.rooms {
        store.rooms.forget(room);
    }
    Ok(stale)
}
