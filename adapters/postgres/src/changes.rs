//! What became of a room since one of its numbers.

use aftermatch_ports::{
    Changes, MAX_GONE,
    model::{MessageId, Net, RoomId, Seq},
};
use sqlx::{Error, FromRow};

use crate::{Postgres, message};

/// $1 room, $2 the number, $3 and $4 one more living and gone messages than may
/// be told. What was never changed is found by `seq`, the rest by `changed_seq`.
/// Where there are too many none is sent. Those that are gone have no text.
const CHANGES: &str = concat!(
    "WITH living AS MATERIALIZED (
        (SELECT * FROM messages
         WHERE room_id = $1 AND seq > $2 AND deleted_at IS NULL
         ORDER BY seq LIMIT $3)
        UNION ALL
        (SELECT * FROM messages
         WHERE room_id = $1 AND changed_seq > $2 AND changed_seq > seq
           AND seq <= $2 AND deleted_at IS NULL
         ORDER BY changed_seq LIMIT $3)
     ), gone AS MATERIALIZED (
        SELECT * FROM messages
        WHERE room_id = $1 AND changed_seq > $2 AND changed_seq > seq
          AND seq <= $2 AND deleted_at IS NOT NULL
        ORDER BY changed_seq LIMIT $4
     ), few AS MATERIALIZED (
        SELECT (SELECT count(*) FROM living) < $3 AND (SELECT count(*) FROM gone) < $4 AS enough
     )
     SELECT r.last_seq, few.enough, ",
    message::columns!(),
    " FROM rooms r CROSS JOIN few
     LEFT JOIN (SELECT * FROM living UNION ALL SELECT * FROM gone) m ON few.enough
     LEFT JOIN users u ON u.id = m.user_id AND m.text IS NOT NULL
     WHERE r.id = $1"
);

#[derive(FromRow)]
struct Row {
    last_seq: i64,
    enough: bool,
    #[sqlx(flatten)]
    message: message::Row,
}

pub(crate) async fn since(
    store: &Postgres,
    room: RoomId,
    since: Seq,
    most: usize,
) -> Result<Changes, Error> {
    let query = sqlx::query_as::<_, Row>(CHANGES)
        .bind(room.0)
        // Below zero there is nothing to tell: as little as possible is read.
        .bind(if since < Seq::ZERO { i64::MAX } else { since.0 })
        .bind(i64::try_from(most).map_or(i64::MAX, |most| most.saturating_add(1)))
        .bind(i64::try_from(MAX_GONE).map_or(i64::MAX, |most| most.saturating_add(1)));
    let rows = store.in_time(query.fetch_all(&store.pool)).await?;
    let head = rows.first();
    let last = head.map_or(Seq::ZERO, |row| Seq(row.last_seq));
    let tellable = head.is_none_or(|row| row.enough) && (Seq::ZERO..=last).contains(&since);
    let net = tellable.then(|| net(rows));
    Ok(Changes { last, net })
}

fn net(rows: Vec<Row>) -> Net {
    let (mut living, mut gone) = (Vec::new(), Vec::new());
    for Row { message, .. } in rows {
        let (id, changed) = (message.message_id, message.changed_seq);
        match message.message() {
            Some(message) => living.push(message),
            // Where nothing is different there is neither.
            None => gone.extend(id.map(MessageId).zip(changed.map(Seq))),
        }
    }
    gone.sort_unstable();
    Net { living, gone }
}
