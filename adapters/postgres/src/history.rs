//! What was written in a room, stretch by stretch.

use aftermatch_ports::{
    History, Stretch,
    model::{Message, RoomId, Seq},
};
use sqlx::{Error, FromRow};

use crate::{Postgres, message};

/// A stretch of the messages that are there: $1 room, $2 where it begins, $3 how
/// many at most. What lies around it is looked for from its ends: a room may
/// begin or end with many that were deleted.
macro_rules! stretch {
    ($beginning:literal, $order:literal) => {
        concat!(
            "WITH picked AS MATERIALIZED (
                SELECT * FROM messages
                WHERE room_id = $1 AND deleted_at IS NULL AND seq ",
            $beginning,
            " ORDER BY seq ",
            $order,
            " LIMIT $3
             )
             SELECT r.last_seq,
                 (SELECT true FROM messages
                  WHERE room_id = $1 AND deleted_at IS NULL
                    AND seq < (SELECT min(seq) FROM picked)
                  ORDER BY seq DESC LIMIT 1) IS NOT NULL AS older,
                 (SELECT true FROM messages
                  WHERE room_id = $1 AND deleted_at IS NULL
                    AND seq > (SELECT max(seq) FROM picked)
                  ORDER BY seq LIMIT 1) IS NOT NULL AS newer, ",
            message::columns!(),
            " FROM rooms r LEFT JOIN (picked m JOIN users u ON u.id = m.user_id) ON true
             WHERE r.id = $1
             ORDER BY m.seq"
        )
    };
}

const BEFORE: &str = stretch!("< $2", "DESC");
const AFTER: &str = stretch!("> $2", "");

const NEWEST: &str = concat!(
    "SELECT there.count, ",
    message::columns!(),
    " FROM (
        SELECT count(*) FROM messages WHERE room_id = $1 AND deleted_at IS NULL
     ) there LEFT JOIN ((
        SELECT * FROM messages WHERE room_id = $1 AND deleted_at IS NULL
        ORDER BY seq DESC OFFSET $2 LIMIT $3
     ) m JOIN users u ON u.id = m.user_id) ON true
     ORDER BY m.seq DESC"
);

#[derive(FromRow)]
struct Row {
    last_seq: i64,
    older: bool,
    newer: bool,
    #[sqlx(flatten)]
    message: message::Row,
}

pub(crate) async fn stretch(
    store: &Postgres,
    room: RoomId,
    stretch: Stretch,
    limit: usize,
) -> Result<History, Error> {
    let (statement, beginning) = match stretch {
        Stretch::Newest => (BEFORE, i64::MAX),
        Stretch::Before(seq) => (BEFORE, seq.0),
        Stretch::After(seq) => (AFTER, seq.0),
    };
    let query = sqlx::query_as::<_, Row>(statement)
        .bind(room.0)
        .bind(beginning)
        .bind(i64::try_from(limit).unwrap_or(i64::MAX));
    let rows = store.in_time(query.fetch_all(&store.pool)).await?;
    let mut history = History {
        messages: Vec::new(),
        older: false,
        newer: false,
        last: Seq::ZERO,
    };
    // The head is the same in every row.
    if let Some(head) = rows.first() {
        history.older = head.older;
        history.newer = head.newer;
        history.last = Seq(head.last_seq);
    }
    let messages = rows.into_iter().filter_map(|row| row.message.message());
    history.messages.extend(messages);
    Ok(history)
}

#[derive(FromRow)]
struct Counted {
    count: i64,
    #[sqlx(flatten)]
    message: message::Row,
}

pub(crate) async fn newest(
    store: &Postgres,
    room: RoomId,
    skip: u64,
    limit: usize,
) -> Result<(u64, Vec<Message>), Error> {
    let query = sqlx::query_as::<_, Counted>(NEWEST)
        .bind(room.0)
        .bind(i64::try_from(skip).unwrap_or(i64::MAX))
        .bind(i64::try_from(limit).unwrap_or(i64::MAX));
    let rows = store.in_time(query.fetch_all(&store.pool)).await?;
    let count = rows.first().map_or(0, |row| row.count.unsigned_abs());
    let messages = rows.into_iter().filter_map(|row| row.message.message());
    Ok((count, messages.collect()))
}
