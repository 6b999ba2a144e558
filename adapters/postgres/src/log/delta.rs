//! The difference between a room at one of its events and now.

use aftermatch_ports::{
    DeltaSince, MAX_DELETED, MAX_DELTA_BYTES,
    model::{MessageId, RoomDelta, RoomId, Seq},
};
use sqlx::{Error, FromRow};

use crate::{
    directory::people,
    epoch::{self, HeadRow},
    log::message_row::{self, MessageRow},
    store::Postgres,
};

/// $1 room, $2 the event seen last, $3 and $4 the limits of upserted and of deleted
/// messages, plus one, $5 their sum, $6 the limit of the texts in bytes. A result of such a size is too large, and no message
/// is sent. New messages are found by `seq`, edited and deleted ones by `changed_seq`, each
/// by its index. If there are more changed ones than both limits together, one of the
/// limits is reached, so no more are read. Deleted messages have neither text nor
/// author.
const DELTA: &str = concat!(
    "WITH changed AS MATERIALIZED (
        SELECT * FROM messages
        WHERE room_id = $1 AND changed_seq > $2 AND changed_seq > seq
        ORDER BY changed_seq LIMIT $5
     ), upserted AS MATERIALIZED (
        (SELECT * FROM messages
         WHERE room_id = $1 AND seq > $2 AND deleted_at IS NULL
         ORDER BY seq LIMIT $3)
        UNION ALL
        (SELECT * FROM changed WHERE seq <= $2 AND deleted_at IS NULL LIMIT $3)
     ), deleted AS MATERIALIZED (
        SELECT * FROM changed WHERE deleted_at IS NOT NULL
     ), size AS MATERIALIZED (
        SELECT count(*) < $3 AND COALESCE(sum(octet_length(text)), 0) <= $6
            AND (SELECT count(*) FROM deleted) < $4 AS fits
        FROM upserted
     )
     SELECT ",
    epoch::head!(),
    ", size.fits, ",
    message_row::columns!(),
    " FROM rooms r CROSS JOIN size
     LEFT JOIN (SELECT * FROM upserted UNION ALL SELECT * FROM deleted WHERE seq <= $2) m
     ON size.fits
     LEFT JOIN ",
    people::author!(),
    " AND m.text IS NOT NULL
     WHERE r.id = $1"
);

#[derive(FromRow)]
struct DeltaRow {
    #[sqlx(flatten)]
    head: HeadRow,
    fits: bool,
    #[sqlx(flatten)]
    message: MessageRow,
}

#[tracing::instrument(
    name = "db.message.list_changed",
    level = "debug",
    skip_all,
    fields(room.id = room.0, since = since.0)
)]
pub(crate) async fn since(
    store: &Postgres,
    room: RoomId,
    since: Seq,
    limit: usize,
) -> Result<DeltaSince, Error> {
    let one_more = |limit| i64::try_from(limit).map_or(i64::MAX, |limit| limit.saturating_add(1));
    let (upserted, deleted) = (one_more(limit), one_more(MAX_DELETED));
    let query = sqlx::query_as::<_, DeltaRow>(DELTA)
        .bind(room.0)
        // A negative number is refused below: read as little as possible.
        .bind(if since < Seq::ZERO { i64::MAX } else { since.0 })
        .bind(upserted)
        .bind(deleted)
        .bind(upserted.saturating_add(deleted))
        .bind(i64::try_from(MAX_DELTA_BYTES).unwrap_or(i64::MAX));
    let rows = store.with_timeout(query.fetch_all(&store.pool)).await?;
    let Some(first) = rows.first() else {
        return Ok(DeltaSince {
            head: None,
            delta: None,
        });
    };
    let head = first.head.head()?;
    let known = first.fits && (Seq::ZERO..=head.last_seq).contains(&since);
    let delta = known.then(|| delta(rows));
    Ok(DeltaSince {
        head: Some(head),
        delta,
    })
}

fn delta(rows: Vec<DeltaRow>) -> RoomDelta {
    let (mut upserted, mut deleted) = (Vec::new(), Vec::new());
    for DeltaRow { message, .. } in rows {
        let (id, changed) = (message.message_id, message.changed_seq);
        match message.message() {
            Some(message) => upserted.push(message),
            // Without a difference there is one row, and no message in it.
            None => deleted.extend(id.map(MessageId).zip(changed.map(Seq))),
        }
    }
    deleted.sort_unstable();
    RoomDelta { upserted, deleted }
}
