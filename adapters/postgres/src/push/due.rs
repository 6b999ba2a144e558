use std::time::Duration;

use aftermatch_ports::{
    DuePush,
    model::{Message, RoomId, Seq},
};
use sqlx::{Error, FromRow, PgConnection};

use crate::{
    directory::people,
    epoch::{self, EpochRow},
    log::message_row::{self, MessageRow},
};

/// At most $1 rooms, and as many dead letters that operators want to be sent.
const DUE: &str = concat!(
    "SELECT r.*, ",
    epoch::columns!(),
    " FROM (
        (SELECT room_id, epoch, seq AS after, last_seq AS upto, failures, false AS is_dead_letter
         FROM pushes WHERE seq < last_seq AND due_at <= now() ORDER BY due_at LIMIT $1)
        UNION ALL
        (SELECT room_id, epoch, seq - 1, seq, 0, true FROM push_dead_letters
         WHERE again ORDER BY at LIMIT $1)
     ) r LIMIT $1"
);

/// The first $4 messages of room $1 after event $2, up to event $3, if its log is $5. The age is
/// in microseconds; beyond ten days it does not matter, and `infinity` has none.
const MESSAGES: &str = concat!(
    "SELECT ",
    message_row::columns!(),
    ", (extract(epoch FROM now() - LEAST(GREATEST(
            m.created_at, now() - interval '10 days'), now() + interval '1 day'
        )) * 1000000)::bigint AS age
     FROM rooms r JOIN messages m ON m.room_id = r.id JOIN ",
    people::author!(),
    " WHERE r.id = $1 AND r.epoch = $5 AND m.seq > $2 AND m.seq <= $3 AND m.deleted_at IS NULL
      ORDER BY m.seq LIMIT $4"
);

#[derive(FromRow)]
struct DueRow {
    room_id: i64,
    #[sqlx(flatten)]
    epoch: EpochRow,
    after: i64,
    upto: i64,
    failures: i32,
    is_dead_letter: bool,
}

#[derive(FromRow)]
struct AgedRow {
    #[sqlx(flatten)]
    message: MessageRow,
    age: i64,
}

pub(super) async fn list(
    connection: &mut PgConnection,
    limit: usize,
) -> Result<Vec<DuePush>, Error> {
    let query = sqlx::query_as(DUE).bind(i64::try_from(limit).unwrap_or(i64::MAX));
    let rows: Vec<DueRow> = query.fetch_all(connection).await?;
    let due = rows.into_iter().map(|row| {
        Ok(DuePush {
            room: RoomId(row.room_id),
            epoch: row.epoch.epoch()?,
            after: Seq(row.after),
            upto: Seq(row.upto),
            failures: u32::try_from(row.failures).unwrap_or_default(),
            is_dead_letter: row.is_dead_letter,
        })
    });
    due.collect()
}

/// The messages that are to be pushed next, each with its age.
pub(super) async fn messages(
    connection: &mut PgConnection,
    due: DuePush,
    limit: usize,
) -> Result<Vec<(Message, Option<Duration>)>, Error> {
    let query = sqlx::query_as(MESSAGES)
        .bind(due.room.0)
        .bind(due.after.0)
        .bind(due.upto.0)
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .bind(due.epoch.room);
    let rows: Vec<AgedRow> = query.fetch_all(connection).await?;
    let messages = rows.into_iter().filter_map(|row| {
        let age = u64::try_from(row.age).ok().map(Duration::from_micros);
        Some((row.message.message()?, age))
    });
    Ok(messages.collect())
}
