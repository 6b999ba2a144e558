//! Edits and deletions: one statement each.
//!
//! # Invariants
//! 1. **All or nothing.** The statement is its own transaction: the messages, their
//!    `changed_seq`, the event in the log and `rooms.last_seq` change together, or
//!    nothing does.
//! 2. **Numbers without a gap.** The number is read and written under the room's
//!    lock, which the precondition takes (its invariant 2).
//! 3. **Nothing changed, no number.** A statement that changes no message leaves
//!    `last_seq` alone.
//! 4. **A conflict is real.** It is reported only if the revisions differ; a locked
//!    row is tried again (invariant 5 of the precondition).
//! 5. **The log has what was taken away.** The replaced text and the number of the
//!    event that had given it are read under the lock of the message, which returns
//!    the newest version of the row. That is read only once the room is locked.

use std::collections::HashSet;

use aftermatch_ports::{
    Commit, Deleted, Outcome,
    model::{Epoch, MessageId, Reason, Seq, Text, UserId},
};
use sqlx::{Error, FromRow, PgConnection};

use super::job::{self, Attempted, Change, What};
use crate::{
    moment::Moment,
    precondition::{self, Query},
    retry::Attempt,
};

/// A statement that changes messages of one room under the precondition $1 to $4: the
/// messages $5, if their `$author` may, as the request $6. `next` has the number of the
/// event, if the precondition holds and is locked.
///
/// Each message is looked up by its key in a lateral join: a plain join might read
/// the whole table. Invariant 5: that join needs `next`, so `next` comes first.
/// Invariant 3: `moved` depends on `old`.
macro_rules! event {
    ($kind:literal, $author:literal, $reason:literal, $set:literal) => {
        concat!(
            "WITH next AS MATERIALIZED (",
            precondition::lock!(),
            "), old AS MATERIALIZED (
                SELECT a.id, a.position, m.text, m.changed_seq
                FROM next CROSS JOIN UNNEST($5::bigint[]) WITH ORDINALITY AS a(id, position)
                CROSS JOIN LATERAL (
                    SELECT text, changed_seq FROM messages
                    WHERE id = a.id AND room_id = $1 AND changed_seq < next.seq
                      AND deleted_at IS NULL AND ",
            $author,
            "       FOR NO KEY UPDATE
                ) m
             ), changed AS (
                UPDATE messages SET changed_seq = next.seq, ",
            $set,
            "   FROM next WHERE id = ANY (ARRAY(SELECT id FROM old))
             ), moved AS (
                UPDATE rooms SET last_seq = next.seq, last_at = next.at FROM next
                WHERE rooms.id = $1 AND EXISTS (SELECT FROM old)
             ), logged AS (
                INSERT INTO events (room_id, seq, kind, user_id, at, request_id,
                                    message_ids, replaced, replaced_seqs, reason)
                SELECT $1, next.seq, '",
            $kind,
            "', $3, next.at, $6, o.ids, o.texts, o.seqs, ",
            $reason,
            "
                FROM next CROSS JOIN (
                    SELECT array_agg(id ORDER BY position) AS ids,
                           array_agg(text ORDER BY position) AS texts,
                           array_agg(changed_seq ORDER BY position) AS seqs
                    FROM old HAVING count(*) > 0
                ) o
                RETURNING seq, at, message_ids
             )
             SELECT EXISTS (SELECT FROM next) AS locked, COALESCE(",
            precondition::holds!(),
            ", false) AS holds, logged.*
             FROM (VALUES (1)) one LEFT JOIN logged ON true"
        )
    };
}

/// $7 the new text: an empty one for messages with attachments alone. The hash of the first text stays, to recognize a repeated create.
const EDIT: &str = event!(
    "edited",
    "user_id = $3 AND ($7 <> '' OR attachments IS NOT NULL)",
    "NULL",
    "text = $7, edited_at = next.at, sent_sha256 = CASE
        WHEN client_msg_id IS NOT NULL
        THEN COALESCE(sent_sha256, sha256(convert_to(text, 'UTF8')))
     END"
);

/// $7 the author, or null for any. $8 the reason, or null.
const DELETE: &str = event!(
    "deleted",
    "($7::bigint IS NULL OR user_id = $7)",
    "$8",
    "text = NULL, sent_sha256 = NULL, deleted_at = next.at, deleted_by = $3"
);

#[derive(FromRow)]
struct EventRow {
    /// Whether the precondition holds and is locked.
    locked: bool,
    /// Whether the precondition held when the statement began.
    holds: bool,
    /// The event: null, like the other columns of it, if no message was changed.
    seq: Option<i64>,
    at: Option<Moment>,
    message_ids: Option<Vec<i64>>,
}

impl EventRow {
    fn event(self, epoch: Epoch) -> Option<Deleted> {
        Some(Deleted {
            ids: self.message_ids?.into_iter().map(MessageId).collect(),
            commit: Commit {
                seq: Seq(self.seq?),
                at: self.at?.into(),
                epoch,
            },
        })
    }
}

/// Edits or deletes. `store`: that of the connection.
pub(super) async fn run(
    connection: &mut PgConnection,
    store: u32,
    job: &Change,
) -> Result<Attempted<Option<Deleted>>, Error> {
    let row = match &job.what {
        What::Edit { id, text } => edit(connection, job, *id, text).await?,
        What::Delete {
            ids,
            author,
            reason,
        } => delete(connection, job, ids, *author, reason.as_ref()).await?,
    };
    Ok(if row.locked {
        Attempt::Done(Outcome::Committed(
            row.event(precondition::epoch(job.precondition, store)),
        ))
    } else if row.holds {
        // Invariant 4.
        Attempt::Locked
    } else {
        Attempt::Done(Outcome::Conflict)
    })
}

#[tracing::instrument(
    name = "db.message.edit",
    level = "debug",
    skip_all,
    fields(room.id = job.precondition.room.0, message.id = id.0)
)]
async fn edit(
    connection: &mut PgConnection,
    job: &Change,
    id: MessageId,
    text: &Text,
) -> Result<EventRow, Error> {
    let query = statement(EDIT, job, vec![id.0]).bind(text.as_str());
    query.fetch_one(connection).await
}

#[tracing::instrument(
    name = "db.message.delete",
    level = "debug",
    skip_all,
    fields(room.id = job.precondition.room.0, messages = ids.len())
)]
async fn delete(
    connection: &mut PgConnection,
    job: &Change,
    ids: &[MessageId],
    author: Option<UserId>,
    reason: Option<&Reason>,
) -> Result<EventRow, Error> {
    let mut seen = HashSet::new();
    let ids = ids.iter().map(|id| id.0).filter(|id| seen.insert(*id));
    let query = statement(DELETE, job, ids.collect())
        .bind(author.map(|author| author.0))
        .bind(reason.map(Reason::as_str));
    query.fetch_one(connection).await
}

fn statement<'q>(sql: &'static str, job: &'q Change, ids: Vec<i64>) -> Query<'q, EventRow> {
    precondition::query_as(sql, job.precondition)
        .bind(ids)
        .bind(job::stored(&job.request_id))
}
