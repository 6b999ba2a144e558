//! Reads the log of a room: its events as they were, whatever happened later.
//!
//! # Invariants
//! 1. **One moment.** One statement reads the end of the log, the events, and the
//!    texts. So a text that an event has replaced meanwhile is found there.
//! 2. **The text of its own event.** An event n gives a text to one message at most.
//!    That text is in the message while `changed_seq` is n; else with the event that
//!    names n among its `replaced_seqs`. A text is never taken because it is the
//!    nearest: an older program may have written an edit in between that the log does
//!    not have.
//! 3. **Consecutive or nothing.** If one of the numbers has no event, or an event no
//!    text, the whole page is `None`.

use aftermatch_ports::{
    AuditPage, Log, LogPage, StoreError, VersionsPage,
    model::{LogHead, MessageId, RoomId, Seq},
};
use async_trait::async_trait;
use sqlx::{Error, FromRow};
use std::{collections::HashMap, time::Duration};

use super::{audit, logged::LoggedRow, purge, versions};
use crate::{
    directory::{people, revisions},
    epoch::{self, HeadRow},
    error::unavailable,
    store::Postgres,
};

const HEADS: &str = concat!(
    "SELECT r.id, ",
    epoch::head!(),
    " FROM rooms r WHERE r.id = ANY ($1)"
);

/// The text that event `$seq` of room $1 gave to the message `m`, and the number of
/// the deletion that has the text instead: invariant 2.
macro_rules! text {
    ($seq:literal) => {
        concat!(
            "CASE WHEN m.changed_seq = ",
            $seq,
            " THEN m.text WHEN m.changed_seq > ",
            $seq,
            " THEN (
                SELECT next.replaced[1] FROM events next
                WHERE next.room_id = $1 AND next.kind = 'edited' AND next.replaced_seqs[1] = ",
            $seq,
            ") END AS text,
            CASE WHEN m.deleted_at IS NOT NULL THEN m.changed_seq END AS deleted_seq"
        )
    };
}

/// The events of room $1 after $2, up to $3. The message of an edit is looked up by
/// its key in a lateral join: a plain join might read the whole table. A deletion has
/// up to a thousand texts, and they are unpacked once for the whole page.
const EVENTS: &str = concat!(
    "WITH page AS MATERIALIZED (
        SELECT m.seq, 'created' AS kind, m.user_id, m.created_at AS at, m.request_id,
               ARRAY[m.id] AS message_ids, m.client_msg_id, m.attachments::text AS attachments, ",
    text!("m.seq"),
    "   FROM messages m WHERE m.room_id = $1 AND m.seq > $2 AND m.seq <= $3
        UNION ALL
        SELECT e.seq, e.kind, e.user_id, e.at, e.request_id, e.message_ids, NULL, NULL, ",
    text!("e.seq"),
    "   FROM events e LEFT JOIN LATERAL (
            SELECT text, changed_seq, deleted_at FROM messages
            WHERE e.kind = 'edited' AND id = e.message_ids[1] LIMIT 1
        ) m ON true
        WHERE e.room_id = $1 AND e.seq > $2 AND e.seq <= $3
     ), deleted AS MATERIALIZED (
        SELECT taken.seq, taken.text
        FROM events e CROSS JOIN LATERAL UNNEST(e.replaced_seqs, e.replaced) AS taken(seq, text)
        WHERE e.room_id = $1 AND e.kind = 'deleted'
          AND e.seq = ANY (ARRAY(SELECT DISTINCT deleted_seq FROM page WHERE text IS NULL))
          AND taken.seq > $2 AND taken.seq <= $3
     )
     SELECT ",
    epoch::head!(),
    ", m.seq, m.kind, m.user_id, m.at, m.request_id, m.message_ids, m.client_msg_id, m.attachments,
       COALESCE(m.text, deleted.text) AS text, u.profile::text AS author
     FROM rooms r LEFT JOIN page m ON m.seq <= r.last_seq
     LEFT JOIN deleted ON deleted.seq = m.seq
     LEFT JOIN ",
    people::author!(),
    " AND m.kind = 'created'
     WHERE r.id = $1
     ORDER BY m.seq"
);

#[async_trait]
impl Log for Postgres {
    async fn head(&self, room: RoomId) -> Result<Option<LogHead>, StoreError> {
        let find = |rooms| heads(self, rooms);
        let head = self.heads_now.read(room, self.deadline(), find).await;
        head.map_err(unavailable)
    }

    async fn events(
        &self,
        room: RoomId,
        after: Seq,
        limit: usize,
    ) -> Result<Option<LogPage>, StoreError> {
        events(self, room, after, limit).await.map_err(unavailable)
    }

    async fn versions(
        &self,
        room: RoomId,
        message: MessageId,
        before: Option<Seq>,
        limit: usize,
    ) -> Result<Option<VersionsPage>, StoreError> {
        let page = versions::read(self, room, message, before, limit).await;
        page.map_err(unavailable)
    }

    async fn audit(
        &self,
        room: RoomId,
        before: Option<Seq>,
        limit: usize,
    ) -> Result<AuditPage, StoreError> {
        let page = audit::read(self, room, before, limit).await;
        page.map_err(unavailable)
    }

    async fn purge(&self, keep: Duration, limit: usize) -> Result<usize, StoreError> {
        // The texts first: nothing else may keep them from being purged.
        let purged = purge::purge(self, keep, limit).await;
        let purged = purged.map_err(unavailable)?;
        let forgotten = revisions::purge_removed(self, limit).await;
        forgotten.map_err(unavailable)?;
        Ok(purged)
    }
}

#[derive(FromRow)]
struct LastRow {
    id: i64,
    #[sqlx(flatten)]
    head: HeadRow,
}

/// How far the logs go of those rooms that exist.
#[tracing::instrument(
    name = "db.event.find_last",
    level = "debug",
    skip_all,
    fields(rooms = rooms.len())
)]
async fn heads(store: &Postgres, rooms: Vec<RoomId>) -> Result<HashMap<RoomId, LogHead>, Error> {
    let rooms: Vec<_> = rooms.into_iter().map(|room| room.0).collect();
    let query = sqlx::query_as::<_, LastRow>(HEADS).bind(rooms);
    let rows = store.with_timeout(query.fetch_all(&store.pool)).await?;
    let heads = rows.into_iter();
    let heads = heads.map(|row| Ok((RoomId(row.id), row.head.head()?)));
    heads.collect()
}

#[derive(FromRow)]
struct EventRow {
    #[sqlx(flatten)]
    head: HeadRow,
    #[sqlx(flatten)]
    event: LoggedRow,
}

#[tracing::instrument(
    name = "db.event.list",
    level = "debug",
    skip_all,
    fields(room.id = room.0, after = after.0, limit)
)]
async fn events(
    store: &Postgres,
    room: RoomId,
    after: Seq,
    limit: usize,
) -> Result<Option<LogPage>, Error> {
    // The numbers begin at 1.
    let after = after.0.max(0);
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let query = sqlx::query_as::<_, EventRow>(EVENTS)
        .bind(room.0)
        .bind(after)
        .bind(after.saturating_add(limit));
    let rows = store.with_timeout(query.fetch_all(&store.pool)).await?;
    let Some(head) = rows.first().map(|row| row.head.head()).transpose()? else {
        return Ok(None);
    };
    let count = (head.last_seq.0 - after).clamp(0, limit);
    // Invariant 3. Without an event there is one row, with none in it.
    let events = (1..=count).map(|nth| after + nth);
    let events = events.zip(rows).map(|(seq, row)| {
        let event = row.event.event(room)?;
        (event.seq == Seq(seq)).then_some(event)
    });
    let events: Option<Vec<_>> = events.collect();
    let complete = |events: &Vec<_>| i64::try_from(events.len()) == Ok(count);
    let events = events.filter(complete);
    Ok(Some(LogPage { head, events }))
}
