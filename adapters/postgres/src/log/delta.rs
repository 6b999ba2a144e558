//! The difference between a room at one of its events and now.

use std::ops::RangeInclusive;

use aftermatch_ports::{
    DeltaSince, MAX_DELETED, PIECE_BYTES,
    model::{LogHead, MessageId, RoomDelta, RoomId, Seq},
};
use sqlx::{Error, FromRow};

use crate::{
    directory::people,
    epoch::{self, HeadRow},
    log::message_row::{self, MessageRow},
    store::Postgres,
};

/// The rest of a statement that has found the messages of a delta: it sends the deleted
/// ones, and as many of the upserted ones as fit into a piece. $1 room, $2 the event seen
/// last, $3 the limit of texts and attachments in bytes. Deleted messages have neither text nor author.
macro_rules! piece {
    () => {
        concat!(
            ", numbered AS (
                SELECT *, CASE WHEN seq > $2 THEN seq ELSE changed_seq END AS number FROM found
             ), measured AS MATERIALIZED (
                SELECT *, deleted_at IS NOT NULL
                    OR sum(",
            message_row::bytes!("numbered"),
            ") OVER (ORDER BY number)
                        <= GREATEST(",
            message_row::bytes!("numbered"),
            ", $3) AS fits
                FROM numbered
             )
             SELECT ",
            epoch::head!(),
            ", size.fits, (SELECT min(number) FROM measured WHERE NOT fits) AS next, ",
            message_row::columns!(),
            " FROM rooms r CROSS JOIN size LEFT JOIN measured m ON size.fits AND m.fits
             LEFT JOIN ",
            people::author!(),
            " AND m.text IS NOT NULL
             WHERE r.id = $1"
        )
    };
}

/// $4 and $5 the limits of events and of deleted messages, plus one, $6 their sum. A
/// result of such a size is too large, and no message is sent. New messages are found by
/// `seq`, edited and deleted ones by `changed_seq`, each by its index. If there are more
/// changed ones than both limits together, one of the limits is reached, so no more are
/// read.
const DELTA: &str = concat!(
    "WITH changed AS MATERIALIZED (
        SELECT * FROM messages
        WHERE room_id = $1 AND changed_seq > $2 AND changed_seq > seq
        ORDER BY changed_seq LIMIT $6
     ), upserted AS MATERIALIZED (
        (SELECT * FROM messages
         WHERE room_id = $1 AND seq > $2 AND deleted_at IS NULL
         ORDER BY seq LIMIT $4)
        UNION ALL
        (SELECT * FROM changed WHERE seq <= $2 AND deleted_at IS NULL LIMIT $4)
     ), deleted AS MATERIALIZED (
        SELECT * FROM changed WHERE deleted_at IS NOT NULL
     ), size AS MATERIALIZED (
        SELECT (SELECT count(*) FROM upserted)
                + EXISTS (SELECT FROM deleted WHERE seq <= $2)::integer < $4
            AND (SELECT count(*) FROM deleted) < $5 AS fits
     ), found AS (
        SELECT * FROM upserted UNION ALL SELECT * FROM deleted WHERE seq <= $2
     )",
    piece!()
);

/// $4 and $5 the first and the last event, after event $2. [`DELTA`] has found that there
/// are not too many.
const NEXT: &str = concat!(
    "WITH size AS (SELECT true AS fits), changed AS MATERIALIZED (
        SELECT * FROM messages
        WHERE room_id = $1 AND changed_seq BETWEEN $4 AND $5 AND changed_seq > seq
          AND deleted_at IS NULL
     ), found AS (
        SELECT * FROM messages
        WHERE room_id = $1 AND seq BETWEEN $4 AND $5 AND deleted_at IS NULL
        UNION ALL
        SELECT * FROM changed WHERE seq <= $2
     )",
    piece!()
);

#[derive(FromRow)]
struct DeltaRow {
    #[sqlx(flatten)]
    head: HeadRow,
    fits: bool,
    next: Option<i64>,
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
    let (events, deleted) = (one_more(limit), one_more(MAX_DELETED));
    let query = sqlx::query_as(DELTA)
        .bind(room.0)
        // A negative number is refused below: read as little as possible.
        .bind(if since < Seq::ZERO { i64::MAX } else { since.0 })
        .bind(PIECE_BYTES as i64)
        .bind(events)
        .bind(deleted)
        .bind(events.saturating_add(deleted));
    let rows = store.with_timeout(query.fetch_all(&store.pool)).await?;
    let read = delta(rows)?;
    let is_past = |head: LogHead| (Seq::ZERO..=head.last_seq).contains(&since);
    Ok(DeltaSince {
        head: read.head,
        delta: read.delta.filter(|_| read.head.is_some_and(is_past)),
    })
}

#[tracing::instrument(
    name = "db.message.list_changed",
    level = "debug",
    skip_all,
    fields(room.id = room.0, since = since.0, first = events.start().0)
)]
pub(crate) async fn next(
    store: &Postgres,
    room: RoomId,
    since: Seq,
    events: RangeInclusive<Seq>,
) -> Result<DeltaSince, Error> {
    let query = sqlx::query_as(NEXT)
        .bind(room.0)
        .bind(since.0)
        .bind(PIECE_BYTES as i64)
        .bind(events.start().0)
        .bind(events.end().0);
    let rows = store.with_timeout(query.fetch_all(&store.pool)).await?;
    delta(rows)
}

fn delta(rows: Vec<DeltaRow>) -> Result<DeltaSince, Error> {
    let Some(DeltaRow {
        head, fits, next, ..
    }) = rows.first()
    else {
        return Ok(DeltaSince::default());
    };
    let (head, fits, next) = (head.head()?, *fits, next.map(Seq));
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
    let delta = RoomDelta {
        upserted,
        deleted,
        next,
    };
    Ok(DeltaSince {
        head: Some(head),
        delta: fits.then_some(delta),
    })
}
