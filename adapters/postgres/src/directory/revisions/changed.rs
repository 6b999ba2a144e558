use std::collections::HashSet;

use aftermatch_ports::model::{Epoch, LogHead, RoomId, Seq, UserId};
use sqlx::{Error, FromRow, PgConnection};

use super::{base::Numbers, now::Now};

/// The most users, rooms or removed rows, of each, that one recheck names. When more
/// have changed, to compare what is connected costs less.
const MAX_CHANGED: i64 = 10_000;

/// The most new messages, and the most new other events, that one recheck reads.
const MAX_EVENTS: i64 = 100_000;

/// What has numbers after $1 and $2: users, rooms, and logs, which have an epoch. At
/// most $3 rows of each, and at most $4 events of each kind; one more shows that there
/// are more. The lateral join looks each room up by its key; a plain join might read
/// the whole table.
const CHANGED: &str = "
    (SELECT id AS user_id, NULL::bigint AS room_id, revision, NULL::bigint AS epoch,
            NULL::bigint AS last_seq, 0::bigint AS events
     FROM users WHERE revision > $1 ORDER BY revision LIMIT $3 + 1)
    UNION ALL
    (SELECT NULL, id, revision, NULL, NULL, 0 FROM rooms
     WHERE revision > $1 ORDER BY revision LIMIT $3 + 1)
    UNION ALL
    (SELECT user_id, room_id, revision, NULL, NULL, 0 FROM removed
     WHERE revision > $1 ORDER BY revision LIMIT $3 + 1)
    UNION ALL
    SELECT NULL, n.room_id, NULL, r.epoch, r.last_seq, n.events
    FROM (
        SELECT room_id, count(*) AS events FROM (
            (SELECT room_id FROM messages WHERE id > $2 ORDER BY id LIMIT $4 + 1)
            UNION ALL
            (SELECT room_id FROM events WHERE id > $2 ORDER BY id LIMIT $4 + 1)
            UNION ALL
            (SELECT room_id FROM arrivals WHERE id > $2 ORDER BY id LIMIT $4 + 1)
        ) e GROUP BY room_id
    ) n CROSS JOIN LATERAL (SELECT epoch, last_seq FROM rooms WHERE id = n.room_id LIMIT 1) r";

#[derive(FromRow)]
struct ChangedRow {
    #[sqlx(flatten)]
    change: Change,
    /// New ones in the log.
    events: i64,
}

/// A user, a room or a log, as a change left it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, FromRow)]
pub(super) struct Change {
    user_id: Option<i64>,
    room_id: Option<i64>,
    revision: Option<i64>,
    epoch: Option<i64>,
    last_seq: Option<i64>,
}

/// What has changed.
#[derive(Debug, Default)]
pub(super) struct Changed {
    pub(super) users: Vec<UserId>,
    pub(super) rooms: Vec<RoomId>,
    pub(super) logs: Vec<(RoomId, LogHead)>,
}

/// The changes after these numbers. `None`: too many.
pub(super) async fn since(
    connection: &mut PgConnection,
    base: Numbers,
    now: &Now,
) -> Result<Option<HashSet<Change>>, Error> {
    // Nothing was numbered since.
    if now.numbers == base {
        return Ok(Some(HashSet::new()));
    }
    // An import, for example: not even read.
    if now.numbers.id - base.id > MAX_EVENTS {
        return Ok(None);
    }
    let query = sqlx::query_as::<_, ChangedRow>(CHANGED)
        // A plan for these numbers: one for any numbers reads whole tables.
        .persistent(false)
        .bind(base.revision)
        .bind(base.id)
        .bind(MAX_CHANGED)
        .bind(MAX_EVENTS);
    let rows = query.fetch_all(connection).await?;
    let (mut users, mut rooms, mut events) = (0, 0, 0);
    for ChangedRow {
        change,
        events: new,
    } in &rows
    {
        users += i64::from(change.user_id.is_some());
        rooms += i64::from(change.revision.is_some() && change.room_id.is_some());
        events += new;
    }
    let few = users <= MAX_CHANGED && rooms <= MAX_CHANGED && events <= MAX_EVENTS;
    let changes = rows.into_iter().map(|row| row.change);
    Ok(few.then(|| changes.collect()))
}

impl Changed {
    /// Each user and each room once.
    pub(super) fn of<'a>(changes: impl IntoIterator<Item = &'a Change>, store: u32) -> Self {
        let mut changed = Self::default();
        for change in changes {
            changed.users.extend(change.user_id.map(UserId));
            match (change.room_id.map(RoomId), change.epoch, change.last_seq) {
                (Some(id), Some(room), Some(last_seq)) => {
                    let head = LogHead {
                        epoch: Epoch { store, room },
                        last_seq: Seq(last_seq),
                    };
                    changed.logs.push((id, head));
                }
                (room, ..) => changed.rooms.extend(room),
            }
        }
        // A row can have changed and be removed after.
        changed.users.sort_unstable();
        changed.users.dedup();
        changed.rooms.sort_unstable();
        changed.rooms.dedup();
        changed
    }
}
