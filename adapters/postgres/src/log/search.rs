//! Looks for messages that have certain words. What a word is, the model alone says:
//! a piece of the room is read without its authors, and compared here. So what is found
//! depends on no locale and no dictionary of a database.

use aftermatch_ports::{
    FoundPiece, MAX_SEARCHED, PIECE_BYTES,
    model::{Message, RoomId, SearchWords, Seq},
};
use sqlx::{Error, FromRow};

use super::message_row::{self, MessageRow};
use crate::{directory::people, store::Postgres};

/// The newest messages of room $1 before $2, at most $3, and, after the first one, at
/// most $4 bytes of text and attachments. `read` is how many they are without the limit of bytes.
const PIECE: &str = concat!(
    "
    SELECT r.last_seq, m.read, m.seq, m.text
    FROM rooms r LEFT JOIN (
        SELECT seq, text, count(*) OVER () AS read, row_number() OVER page AS nth,
            sum(",
    message_row::bytes!("limited"),
    ") OVER page AS bytes
        FROM (
            SELECT seq, text, attachments FROM messages
            WHERE room_id = $1 AND deleted_at IS NULL AND seq < $2
            ORDER BY seq DESC LIMIT $3
        ) limited
        WINDOW page AS (ORDER BY seq DESC ROWS UNBOUNDED PRECEDING)
    ) m ON m.nth = 1 OR m.bytes <= $4
    WHERE r.id = $1
    ORDER BY m.seq DESC"
);

/// These messages of room $1, newest first.
const FOUND: &str = concat!(
    "SELECT ",
    message_row::columns!(),
    " FROM messages m JOIN ",
    people::author!(),
    " WHERE m.room_id = $1 AND m.seq = ANY($2) AND m.deleted_at IS NULL
     ORDER BY m.seq DESC"
);

#[derive(FromRow)]
struct PieceRow {
    last_seq: i64,
    read: Option<i64>,
    seq: Option<i64>,
    text: Option<String>,
}

#[tracing::instrument(
    name = "db.message.search",
    level = "debug",
    skip_all,
    fields(room.id = room.0, limit)
)]
pub(super) async fn run(
    store: &Postgres,
    room: RoomId,
    words: &SearchWords,
    before: Option<Seq>,
    limit: usize,
) -> Result<FoundPiece, Error> {
    let query = || {
        sqlx::query_as::<_, PieceRow>(PIECE)
            .bind(room.0)
            .bind(before.map_or(i64::MAX, |seq| seq.0))
            .bind(i64::try_from(MAX_SEARCHED).unwrap_or(i64::MAX))
            .bind(i64::try_from(PIECE_BYTES).unwrap_or(i64::MAX))
    };
    let rows = store.fetch_all(query).await?;
    let last_seq = Seq(rows.first().map_or(0, |row| row.last_seq));
    let read = rows.first().and_then(|row| row.read).unwrap_or(0);
    let read = usize::try_from(read).unwrap_or(usize::MAX);
    let mut has_older = read == MAX_SEARCHED || read > rows.len();
    let mut next = rows.last().and_then(|row| row.seq);
    let mut found = Vec::new();
    for row in rows {
        let (Some(seq), Some(text)) = (row.seq, row.text) else {
            continue;
        };
        if words.are_in(&text) {
            found.push(seq);
        }
        if found.len() == limit {
            has_older |= next != Some(seq);
            next = Some(seq);
            break;
        }
    }
    Ok(FoundPiece {
        messages: messages(store, room, words, &found).await?,
        next: next.filter(|_| has_older).map(Seq),
        last_seq,
    })
}

/// The messages with these numbers. One that was edited or deleted meanwhile may no
/// longer have the words.
async fn messages(
    store: &Postgres,
    room: RoomId,
    words: &SearchWords,
    seqs: &[i64],
) -> Result<Vec<Message>, Error> {
    if seqs.is_empty() {
        return Ok(Vec::new());
    }
    let query = || {
        sqlx::query_as::<_, MessageRow>(FOUND)
            .bind(room.0)
            .bind(seqs)
    };
    let rows = store.fetch_all(query).await?;
    let messages = rows.into_iter().filter_map(MessageRow::message);
    let found = messages.filter(|message| words.are_in(message.text.as_str()));
    Ok(found.collect())
}
