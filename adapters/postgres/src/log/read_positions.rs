//! Up to which event each user has read each room.

use aftermatch_ports::{
    ReadPositions, StoreError,
    model::{RoomId, Seq, UserId},
};
use async_trait::async_trait;

use crate::{directory::people, error::unavailable, precondition, store::Postgres};

/// Moves the read position of user $2 in room $1 to event $3, forwards only. `seq`
/// is null if a new row was needed and the room or the user was locked: try again.
const ADVANCE: &str = concat!(
    "
    WITH wanted AS (
        SELECT LEAST($3, last_seq) AS seq FROM rooms WHERE id = $1
    ), old AS (
        SELECT seq FROM reading_marks WHERE room_id = $1 AND user_id = $2
    ), moved AS (
        UPDATE reading_marks m SET seq = wanted.seq FROM wanted
        WHERE m.room_id = $1 AND m.user_id = $2 AND m.seq < wanted.seq
    ), ",
    precondition::lock_parents!("NOT EXISTS (SELECT FROM old)"),
    ", made AS (
        INSERT INTO reading_marks AS m (room_id, user_id, seq)
        SELECT $1, $2, wanted.seq FROM wanted, r, u WHERE wanted.seq > 0
        ON CONFLICT (room_id, user_id) DO UPDATE SET seq = GREATEST(m.seq, EXCLUDED.seq)
        RETURNING seq
    )
    SELECT CASE
        WHEN old.seq IS NOT NULL THEN GREATEST(wanted.seq, old.seq)
        WHEN wanted.seq <= 0 OR ",
    people::is_missing!("$2"),
    " THEN 0
        ELSE made.seq
    END AS seq
    FROM wanted LEFT JOIN old ON true LEFT JOIN made ON true"
);

#[async_trait]
impl ReadPositions for Postgres {
    #[tracing::instrument(
        name = "db.read_position.advance",
        level = "debug",
        skip_all,
        fields(room.id = room.0, user.id = user.0)
    )]
    async fn mark_read(&self, room: RoomId, user: UserId, seq: Seq) -> Result<Seq, StoreError> {
        let mut retry = self.retry();
        loop {
            let query = sqlx::query_scalar::<_, Option<i64>>(ADVANCE)
                .bind(room.0)
                .bind(user.0)
                .bind(seq.0);
            let position = self.with_timeout(query.fetch_optional(&self.pool)).await;
            match position.map_err(unavailable)? {
                Some(Some(seq)) => return Ok(Seq(seq)),
                Some(None) => retry.wait().await?,
                None => return Ok(Seq::ZERO),
            }
        }
    }
}
