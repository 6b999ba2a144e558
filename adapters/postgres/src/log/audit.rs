//! The edits and deletions of a room, with what each took away.
//!
//! # Invariants
//! 1. **Few texts at a time.** The texts of an event are one value, which Postgres reads as a
//!    whole. It reads no more of them than one deletion can have: the ids, which are short,
//!    say how many there are. They are measured one by one, and only those that fit are sorted
//!    or sent.
//! 2. **Whole events.** An event of which a text does not fit is left to the next page. The
//!    first one is always there, without the texts that do not fit.

use aftermatch_ports::{
    AuditPage, PIECE_BYTES,
    model::{
        AuditedEvent, AuditedKind, MessageId, Reason, RoomId, Seq, Taken, TakenText, Text,
        access::MAX_IDS,
    },
};
use sqlx::{Error, FromRow};

use crate::{
    directory::people,
    moment::{Moment, Row},
    store::Postgres,
};

/// The edits and deletions of room $1 before event $2, newest first: at most $3, at most $5
/// messages and $4 bytes of text. `found` is how many they are without the last two limits.
const AUDIT: &str = concat!(
    "WITH newest AS MATERIALIZED (
        SELECT *, row_number() OVER page AS nth, sum(cardinality(message_ids)) OVER page AS size
        FROM (
            SELECT * FROM events WHERE room_id = $1 AND seq < $2 ORDER BY seq DESC LIMIT $3
        ) limited
        WINDOW page AS (ORDER BY seq DESC ROWS UNBOUNDED PRECEDING)
     ), measured AS (
        SELECT nth, position, sum(COALESCE(bytes, 0)) OVER (
            ORDER BY nth, position ROWS UNBOUNDED PRECEDING
        ) AS bytes
        FROM (
            SELECT nth, generate_subscripts(message_ids, 1) AS position,
                octet_length(unnest(replaced)) AS bytes
            FROM newest WHERE nth = 1 OR size <= $5
        ) taken
     ), picked AS MATERIALIZED (
        SELECT nth, count(*) FILTER (WHERE bytes <= $4 OR position = 1) AS fitting
        FROM measured GROUP BY nth HAVING nth = 1 OR max(bytes) <= $4
     )
     SELECT (SELECT count(*) FROM newest) AS found, m.seq, m.kind, m.user_id, m.at, m.reason,
        m.message_ids, m.replaced[:p.fitting::integer] AS texts, u.profile::text AS author
     FROM picked p JOIN newest m ON m.nth = p.nth LEFT JOIN ",
    people::author!(),
    " ORDER BY m.nth"
);

#[derive(FromRow)]
struct AuditRow {
    found: i64,
    seq: i64,
    kind: String,
    user_id: i64,
    at: Moment,
    reason: Option<String>,
    message_ids: Vec<i64>,
    /// Those that are on the page. Null once they are purged.
    texts: Option<Vec<Option<String>>>,
    author: Option<String>,
}

impl AuditRow {
    fn event(self, room: RoomId) -> AuditedEvent {
        let is_purged = self.texts.is_none();
        let mut texts = self.texts.unwrap_or_default().into_iter();
        let mut text = || match texts.next() {
            Some(Some(text)) => TakenText::Text(Text::stored(text)),
            None if !is_purged => TakenText::LeftOut,
            _ => TakenText::Purged,
        };
        let ids = self.message_ids.into_iter();
        AuditedEvent {
            seq: Seq(self.seq),
            by: people::of_past(self.user_id, self.author),
            at: self.at.shown(Row::Event(room.0, self.seq)),
            kind: match self.kind.as_str() {
                "edited" => AuditedKind::Edited,
                _ => AuditedKind::Deleted(self.reason.map(Reason::stored)),
            },
            taken: ids
                .map(|id| Taken {
                    id: MessageId(id),
                    text: text(),
                })
                .collect(),
        }
    }
}

#[tracing::instrument(
    name = "db.event.audit",
    level = "debug",
    skip_all,
    fields(room.id = room.0, limit)
)]
pub(super) async fn read(
    store: &Postgres,
    room: RoomId,
    before: Option<Seq>,
    limit: usize,
) -> Result<AuditPage, Error> {
    let query = || {
        sqlx::query_as::<_, AuditRow>(AUDIT)
            .bind(room.0)
            .bind(before.map_or(i64::MAX, |seq| seq.0))
            .bind(i64::try_from(limit).map_or(i64::MAX, |limit| limit.saturating_add(1)))
            .bind(i64::try_from(PIECE_BYTES).unwrap_or(i64::MAX))
            .bind(i64::try_from(MAX_IDS).unwrap_or(i64::MAX))
    };
    let rows = store.fetch_all(query).await?;
    let found = usize::try_from(rows.first().map_or(0, |row| row.found)).unwrap_or(usize::MAX);
    let rows = rows.into_iter().take(limit);
    let events: Vec<_> = rows.map(|row| row.event(room)).collect();
    Ok(AuditPage {
        has_older: found > events.len(),
        events,
    })
}
