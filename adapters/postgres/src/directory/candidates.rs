use aftermatch_ports::model::{BrandId, Candidate, RoomId, Seq, UserId};
use sqlx::{Error, FromRow, PgConnection};

use super::people;

/// The users of the participants of room $1, and how far they have read.
const CANDIDATES: &str = concat!(
    "SELECT u.id, b.id AS brand, u.active, COALESCE(read.seq, 0) AS read_seq FROM ",
    people::owners!(),
    " JOIN users u ON u.id = b.user_id
     LEFT JOIN reading_marks read ON read.room_id = p.room_id AND read.user_id = u.id
     WHERE p.room_id = $1 ORDER BY p.position"
);

#[derive(FromRow)]
struct CandidateRow {
    id: i64,
    brand: i64,
    active: bool,
    read_seq: i64,
}

/// The users of the room's participants.
pub(crate) async fn of(
    connection: &mut PgConnection,
    room: RoomId,
) -> Result<Vec<Candidate>, Error> {
    let query = sqlx::query_as(CANDIDATES).bind(room.0);
    let rows: Vec<CandidateRow> = query.fetch_all(connection).await?;
    let candidates = rows.into_iter().map(|row| Candidate {
        user: UserId(row.id),
        brand: BrandId(row.brand),
        is_active: row.active,
        read_seq: Seq(row.read_seq),
    });
    Ok(candidates.collect())
}
