//! The edits and deletions of a room, with what each took away.
//!
//! # Invariants
//! 1. **Few texts at a time.** The texts of an event are one value, which Postgres reads as a
//!    whole. Only those of events with as many messages as one deletion may have are read: the
//!    ids, which are short, say how many these are.
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
     ), taken AS MATERIALIZED (
        SELECT e.nth, t.position, t.id, t.text, sum(COALESCE(octet_length(t.text), 0)) OVER (
            ORDER BY e.nth, t.position ROWS UNBOUNDED PRECEDING
        ) AS bytes
        FROM newest e CROSS JOIN LATERAL UNNEST(e.message_ids, e.replaced)
            WITH ORDINALITY AS t(id, text, position)
        WHERE e.nth = 1 OR e.size <= $5
     ), picked AS MATERIALIZED (
        SELECT nth, array_agg(id ORDER BY position) AS ids, array_agg(
            CASE WHEN bytes <= $4 OR position = 1 THEN text END ORDER BY position
        ) AS texts
        FROM taken GROUP BY nth HAVING nth = 1 OR max(bytes) <= $4
     )
     SELECT (SELECT count(*) FROM newest) AS found, m.seq, m.kind, m.user_id, m.at, m.reason,
        m.replaced IS NULL AS purged, p.ids, p.texts, u.profile::text AS author
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
    purged: bool,
    ids: Vec<i64>,
    texts: Vec<Option<String>>,
    author: Option<String>,
}

impl AuditRow {
    fn event(self, room: RoomId) -> AuditedEvent {
        let missing = if self.purged {
            TakenText::Purged
        } else {
            TakenText::LeftOut
        };
        let text = |text: Option<String>| {
            text.map_or_else(
                || missing.clone(),
                |text| TakenText::Text(Text::stored(text)),
            )
        };
        let taken = self.ids.into_iter().zip(self.texts);
        AuditedEvent {
            seq: Seq(self.seq),
            by: people::of_past(self.user_id, self.author),
            at: self.at.shown(Row::Event(room.0, self.seq)),
            kind: match self.kind.as_str() {
                "edited" => AuditedKind::Edited,
                _ => AuditedKind::Deleted(self.reason.map(Reason::stored)),
            },
            taken: taken
                .map(|(id, given)| Taken {
                    id: MessageId(id),
                    text: text(given),
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
