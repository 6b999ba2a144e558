use aftermatch_ports::{
    Expected, Moved,
    model::{Revision, RoomId, Seq, UserId},
};
use sqlx::{Error, FromRow};

use crate::Postgres;

/// Users $1 expected at revisions $2, and rooms $3 at $4 with last changes $5.
/// A row is of a user or of a room.
const MOVED: &str = "
    SELECT e.id AS user_id, NULL::bigint AS room_id, true AS moved, NULL::bigint AS ahead
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
struct Row {
    user_id: Option<i64>,
    room_id: Option<i64>,
    moved: bool,
    /// The room's last change, if that is behind the expected one.
    ahead: Option<i64>,
}

pub(super) async fn find(
    store: &Postgres,
    users: Vec<(UserId, Revision)>,
    rooms: Vec<Expected>,
) -> Result<Moved, Error> {
    let (ids, revisions): (Vec<_>, Vec<_>) = users
        .into_iter()
        .map(|(id, revision)| (id.0, revision.0))
        .unzip();
    let query = sqlx::query_as::<_, Row>(MOVED).bind(ids).bind(revisions);
    let of_rooms = |value: fn(&Expected) -> i64| rooms.iter().map(value).collect::<Vec<_>>();
    let query = query
        .bind(of_rooms(|expected| expected.room.0))
        .bind(of_rooms(|expected| expected.revision.0))
        .bind(of_rooms(|expected| expected.last.0));
    let mut found = Moved::default();
    for row in store.in_time(query.fetch_all(&store.pool)).await? {
        found.users.extend(row.user_id.map(UserId));
        if let Some(room) = row.room_id.map(RoomId) {
            found.rooms.extend(row.moved.then_some(room));
            found.ahead.extend(row.ahead.map(|last| (room, Seq(last))));
        }
    }
    Ok(found)
}
