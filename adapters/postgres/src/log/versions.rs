//! The versions of a message: what it was after each of its events.
//!
//! # Invariants
//! 1. **From the newest back.** Each edit and each deletion names the event whose text it
//!    took away (`replaced_seqs`), and has that text. So the versions are followed by the
//!    key of `events`, and need no index of their own.
//! 2. **Only as far as needed.** A page ends after its limit. If `before` is the number of a
//!    version, which is how clients go on, it starts there, however many are newer. Any
//!    other number is looked for from the newest version on, and its texts are not read.
//! 3. **The first version is always there.** An older program may have changed the message
//!    without a row in `events`. Then the versions before that are not found, except for the
//!    one that created the message: with its text, if the edit that took it away has a row.

use aftermatch_ports::{
    PIECE_BYTES, VersionsPage,
    model::{Attachments, MessageId, MessageVersion, Reason, RoomId, Seq, Text, VersionKind},
};
use sqlx::{Error, FromRow};

use crate::{
    directory::people,
    moment::{Moment, Row},
    store::Postgres,
};

/// The event whose text of message $2 the event `$seq` of room $1 took away.
macro_rules! replaced_by {
    ($seq:literal) => {
        concat!(
            "SELECT seq, replaced_seqs[array_position(message_ids, $2)] AS replaced
             FROM events WHERE room_id = $1 AND seq = ",
            $seq,
            " AND $2 = ANY (message_ids) LIMIT 1"
        )
    };
}

/// The versions of message $2 of room $1 before event $3, newest first: at most $4, and at
/// most $5 bytes of text after the first. `found` is how many they are without the limit of
/// bytes. `next` is the event that took the text of a version away: null if none did. The first row
/// has the attachments.
const VERSIONS: &str = concat!(
    "WITH RECURSIVE message AS MATERIALIZED (
        SELECT * FROM messages WHERE id = $2 AND room_id = $1
     ), walk AS (
        SELECT COALESCE(e.replaced, m.changed_seq) AS seq, e.seq AS next
        FROM message m LEFT JOIN LATERAL (",
    replaced_by!("$3"),
    "   ) e ON true
        UNION ALL
        SELECT COALESCE(e.replaced, m.seq), COALESCE(e.seq, first.seq)
        FROM walk CROSS JOIN message m LEFT JOIN LATERAL (",
    replaced_by!("walk.seq"),
    "   ) e ON true LEFT JOIN LATERAL (
            SELECT seq FROM events
            WHERE e.seq IS NULL AND room_id = $1 AND kind = 'edited' AND replaced_seqs[1] = m.seq
            LIMIT 1
        ) first ON true
        WHERE walk.seq > m.seq
     ), page AS MATERIALIZED (
        SELECT seq, next FROM walk WHERE seq < $3 LIMIT $4
     ), version AS MATERIALIZED (
        SELECT p.seq, count(*) OVER () AS found, row_number() OVER newest AS nth,
            sum(octet_length(text.text)) OVER newest AS bytes, text.text
        FROM page p CROSS JOIN message m LEFT JOIN LATERAL (
            SELECT replaced[array_position(message_ids, $2)] AS text
            FROM events WHERE room_id = $1 AND seq = p.next LIMIT 1
        ) taken ON true CROSS JOIN LATERAL (
            SELECT CASE WHEN p.seq = m.changed_seq THEN m.text ELSE taken.text END AS text
        ) text
        WINDOW newest AS (ORDER BY p.seq DESC ROWS UNBOUNDED PRECEDING)
     )
     SELECT m.*, u.profile::text AS author
     FROM (
        SELECT v.seq, v.found, v.text, e.reason,
            CASE WHEN COALESCE(v.nth, 1) = 1 THEN m.attachments::text END AS attachments,
            CASE WHEN v.seq = m.seq THEN 'created'
                 WHEN v.seq = m.changed_seq AND m.deleted_at IS NOT NULL THEN 'deleted'
                 WHEN v.seq IS NOT NULL THEN 'edited' END AS kind,
            COALESCE(e.user_id, CASE WHEN v.seq = m.changed_seq THEN m.deleted_by END, m.user_id)
                AS user_id,
            COALESCE(e.at, CASE WHEN v.seq = m.changed_seq
                THEN COALESCE(m.deleted_at, m.edited_at) END, m.created_at) AS at
        FROM message m LEFT JOIN version v ON v.nth = 1 OR COALESCE(v.bytes, 0) <= $5
        LEFT JOIN LATERAL (
            SELECT user_id, at, reason FROM events WHERE room_id = $1 AND seq = v.seq LIMIT 1
        ) e ON true
     ) m LEFT JOIN ",
    people::author!(),
    " ORDER BY m.seq DESC"
);

/// A version. All columns but those of the message are null if there is none on the page.
#[derive(FromRow)]
struct VersionRow {
    seq: Option<i64>,
    found: Option<i64>,
    text: Option<String>,
    reason: Option<String>,
    kind: Option<String>,
    user_id: i64,
    at: Moment,
    author: Option<String>,
    /// In the first row.
    attachments: Option<String>,
}

impl VersionRow {
    fn version(self, room: RoomId, message: MessageId) -> Option<MessageVersion> {
        let (seq, kind) = (self.seq?, self.kind?);
        let text = self.text.map(Text::stored);
        let kind = match kind.as_str() {
            "created" => VersionKind::Created(text),
            "edited" => VersionKind::Edited(text),
            _ => VersionKind::Deleted(self.reason.map(Reason::stored)),
        };
        let row = match kind {
            VersionKind::Created(_) => Row::Message(message.0),
            _ => Row::Event(room.0, seq),
        };
        Some(MessageVersion {
            seq: Seq(seq),
            by: people::of_past(self.user_id, self.author),
            at: self.at.shown(row),
            kind,
        })
    }
}

#[tracing::instrument(
    name = "db.message.list_versions",
    level = "debug",
    skip_all,
    fields(room.id = room.0, message.id = message.0, limit)
)]
pub(super) async fn read(
    store: &Postgres,
    room: RoomId,
    message: MessageId,
    before: Option<Seq>,
    limit: usize,
) -> Result<Option<VersionsPage>, Error> {
    let query = || {
        sqlx::query_as::<_, VersionRow>(VERSIONS)
            .bind(room.0)
            .bind(message.0)
            .bind(before.map_or(i64::MAX, |seq| seq.0))
            .bind(i64::try_from(limit).map_or(i64::MAX, |limit| limit.saturating_add(1)))
            .bind(i64::try_from(PIECE_BYTES).unwrap_or(i64::MAX))
    };
    let mut rows = store.fetch_all(query).await?;
    let Some(first) = rows.first_mut() else {
        return Ok(None);
    };
    let found = usize::try_from(first.found.unwrap_or(0)).unwrap_or(usize::MAX);
    let attachments = first.attachments.take().map(Attachments::stored);
    let versions = rows.into_iter().take(limit);
    let mut versions: Vec<_> = versions
        .filter_map(|row| row.version(room, message))
        .collect();
    versions.reverse();
    Ok(Some(VersionsPage {
        has_older: found > versions.len() && !versions.is_empty(),
        attachments,
        versions,
    }))
}
