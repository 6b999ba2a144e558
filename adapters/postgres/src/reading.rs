//! Who has read what.

use aftermatch_ports::{
    Unavailable,
    model::{RoomId, Seq, UserId},
};

use crate::{Postgres, error::unavailable};

/// Moves the mark of the user $2 in the room $1 to the change $3, forwards only.
/// A new mark needs its room and its user to stay, and waits for neither: what
/// somebody else has locked leaves `seq` null. That is the only reason for it.
const MARK: &str = "
    WITH asked AS (
        SELECT LEAST($3, last_seq) AS seq FROM rooms WHERE id = $1
    ), mark AS (
        SELECT seq FROM reading_marks WHERE room_id = $1 AND user_id = $2
    ), moved AS (
        UPDATE reading_marks m SET seq = asked.seq FROM asked
        WHERE m.room_id = $1 AND m.user_id = $2 AND m.seq < asked.seq
    ), r AS MATERIALIZED (
        SELECT FROM rooms WHERE id = $1 AND NOT EXISTS (SELECT FROM mark)
        FOR KEY SHARE SKIP LOCKED
    ), u AS MATERIALIZED (
        SELECT FROM users WHERE id = $2 AND NOT EXISTS (SELECT FROM mark)
        FOR KEY SHARE SKIP LOCKED
    ), made AS (
        INSERT INTO reading_marks AS m (room_id, user_id, seq)
        SELECT $1, $2, asked.seq FROM asked, r, u WHERE asked.seq > 0
        ON CONFLICT (room_id, user_id) DO UPDATE SET seq = GREATEST(m.seq, EXCLUDED.seq)
        RETURNING seq
    )
    SELECT CASE
        WHEN mark.seq IS NOT NULL THEN GREATEST(asked.seq, mark.seq)
        WHEN asked.seq <= 0 OR NOT EXISTS (SELECT FROM users WHERE id = $2) THEN 0
        ELSE made.seq
    END AS seq
    FROM asked LEFT JOIN mark ON true LEFT JOIN made ON true";

pub(crate) async fn mark(
    store: &Postgres,
    room: RoomId,
    user: UserId,
    seq: Seq,
) -> Result<Seq, Unavailable> {
    let mut patience = store.patience();
    loop {
        let query = sqlx::query_scalar::<_, Option<i64>>(MARK)
            .bind(room.0)
            .bind(user.0)
            .bind(seq.0);
        let marked = store.in_time(query.fetch_optional(&store.pool)).await;
        match marked.map_err(unavailable)? {
            Some(Some(seq)) => return Ok(Seq(seq)),
            Some(None) => patience.wait().await?,
            None => return Ok(Seq::ZERO),
        }
    }
}
