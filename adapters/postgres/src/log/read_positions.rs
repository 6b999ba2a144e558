//! Up to which event each user has read each room, and how much of that others are shown.

use aftermatch_ports::{
    ReadMark, ReadPositions, StoreError,
    model::{RoomId, Seq, UserId},
};
use async_trait::async_trait;
use sqlx::FromRow;

use crate::{directory::people, error::unavailable, precondition, store::Postgres};

/// The new columns of a row `m`, for a mark at `$to`. What is shown is null if it is the
/// whole position.
macro_rules! moved {
    ($to:literal) => {
        concat!(
            "seq = GREATEST(m.seq, ",
            $to,
            "), shown_seq = NULLIF(
                GREATEST(COALESCE(m.shown_seq, m.seq), CASE WHEN $4 THEN ",
            $to,
            " ELSE 0 END), GREATEST(m.seq, ",
            $to,
            "))"
        )
    };
}

/// Moves the read position of user $2 in room $1 to event $3, forwards only, and what is
/// shown if $4. `is_locked`: a new row was needed and the room or the user was locked; try
/// again.
const ADVANCE: &str = concat!(
    "
    WITH wanted AS (
        SELECT LEAST($3, last_seq) AS seq FROM rooms WHERE id = $1
    ), old AS (
        SELECT seq, COALESCE(shown_seq, seq) AS shown
        FROM reading_marks WHERE room_id = $1 AND user_id = $2
    ), moved AS (
        UPDATE reading_marks m SET ",
    moved!("wanted.seq"),
    "   FROM wanted
        WHERE m.room_id = $1 AND m.user_id = $2
          AND (m.seq < wanted.seq OR $4 AND m.shown_seq < wanted.seq)
    ), ",
    precondition::lock_parents!("NOT EXISTS (SELECT FROM old)"),
    ", made AS (
        INSERT INTO reading_marks AS m (room_id, user_id, seq, shown_seq)
        SELECT $1, $2, wanted.seq, CASE WHEN $4 THEN NULL ELSE 0 END
        FROM wanted, r, u WHERE wanted.seq > 0
        ON CONFLICT (room_id, user_id) DO UPDATE SET ",
    moved!("EXCLUDED.seq"),
    "   RETURNING seq
    )
    SELECT wanted.seq AS wanted, COALESCE(old.seq, 0) AS seq, COALESCE(old.shown, 0) AS shown,
           old.seq IS NULL AND wanted.seq > 0 AND made.seq IS NULL AND NOT ",
    people::is_missing!("$2"),
    " AS is_locked,
           old.seq IS NULL AND made.seq IS NULL AS is_missing
    FROM wanted LEFT JOIN old ON true LEFT JOIN made ON true"
);

/// Of the owners of the participants of the rooms $1.
const SHOWN: &str = concat!(
    "SELECT m.room_id, m.user_id, COALESCE(m.shown_seq, m.seq) AS seq
     FROM ",
    people::owners!(),
    " CROSS JOIN LATERAL (
        SELECT * FROM reading_marks WHERE room_id = p.room_id AND user_id = b.user_id LIMIT 1
     ) m
     WHERE p.room_id = ANY ($1) AND COALESCE(m.shown_seq, m.seq) > 0
     ORDER BY m.room_id, p.position"
);

#[derive(FromRow)]
struct AdvanceRow {
    /// Where the mark is, at most the last event.
    wanted: i64,
    /// The position before.
    seq: i64,
    /// What was shown before.
    shown: i64,
    is_locked: bool,
    /// There is no position, neither before nor now.
    is_missing: bool,
}

impl AdvanceRow {
    fn mark(&self, is_shown: bool) -> ReadMark {
        let wanted = if self.is_missing { 0 } else { self.wanted };
        ReadMark {
            seq: Seq(self.seq.max(wanted)),
            moved: wanted > self.seq,
            shown: (is_shown && wanted > self.shown).then_some(Seq(wanted)),
        }
    }
}

#[async_trait]
impl ReadPositions for Postgres {
    #[tracing::instrument(
        name = "db.read_position.advance",
        level = "debug",
        skip_all,
        fields(room.id = room.0, user.id = user.0)
    )]
    async fn mark_read(
        &self,
        room: RoomId,
        user: UserId,
        seq: Seq,
        is_shown: bool,
    ) -> Result<ReadMark, StoreError> {
        let mut retry = self.retry();
        loop {
            let query = sqlx::query_as::<_, AdvanceRow>(ADVANCE)
                .bind(room.0)
                .bind(user.0)
                .bind(seq.0)
                .bind(is_shown);
            let row = self.with_timeout(query.fetch_optional(&self.pool)).await;
            match row.map_err(unavailable)? {
                Some(row) if row.is_locked => retry.wait().await?,
                Some(row) => return Ok(row.mark(is_shown)),
                None => {
                    return Ok(ReadMark {
                        seq: Seq::ZERO,
                        moved: false,
                        shown: None,
                    });
                }
            }
        }
    }

    #[tracing::instrument(
        name = "db.read_position.list",
        level = "debug",
        skip_all,
        fields(rooms = rooms.len())
    )]
    async fn shown(&self, rooms: Vec<RoomId>) -> Result<Vec<(RoomId, UserId, Seq)>, StoreError> {
        let rooms: Vec<_> = rooms.into_iter().map(|room| room.0).collect();
        let query = sqlx::query_as::<_, (i64, i64, i64)>(SHOWN).bind(rooms);
        let rows = self.with_timeout(query.fetch_all(&self.pool)).await;
        let rows = rows.map_err(unavailable)?.into_iter();
        let shown = rows.map(|(room, user, seq)| (RoomId(room), UserId(user), Seq(seq)));
        Ok(shown.collect())
    }
}
