//! Edits and deletions: one statement each.
//!
//! # Invariants
//! 1. **All or nothing.** The statement is its own transaction: the messages, their
//!    `changed_seq` and `rooms.last_seq` change together, or nothing does.
//! 2. **Numbers without a gap.** The number is read and written under the room's
//!    lock, which the precondition takes (its invariant 2).
//! 3. **Nothing changed, no number.** A statement that changes no message leaves
//!    `last_seq` alone.
//! 4. **A conflict is real.** It is reported only if the revisions differ; a locked
//!    row is tried again (invariant 5 of the precondition).
//! 5. **A conflict empties the cache.** Room and user are forgotten, so the next
//!    authorization reads them from the database and cannot repeat the conflict.

use std::collections::HashSet;

use aftermatch_ports::{
    Deleted, Outcome, Precondition, StoreError,
    model::{MessageId, Seq, Text, Timestamp, access::DeleteScope},
};
use sqlx::FromRow;
use time::OffsetDateTime;

use crate::{
    error::unavailable,
    precondition::{self, Query},
    store::Postgres,
};

/// A statement that changes messages of one room under the precondition $1 to $4.
/// `next` has the number of the event, if the precondition holds and is locked.
/// Invariant 3: `moved` depends on `changed`.
macro_rules! event {
    ($change:literal) => {
        concat!(
            "WITH next AS MATERIALIZED (",
            precondition::lock!(),
            "), ",
            $change,
            ", moved AS (
                UPDATE rooms SET last_seq = next.seq FROM next
                WHERE rooms.id = $1 AND EXISTS (SELECT FROM changed)
             )
             SELECT COALESCE(",
            precondition::holds!(),
            ", false) AS holds,
                    (SELECT seq FROM next) AS seq,
                    ARRAY(SELECT id FROM changed) AS ids"
        )
    };
}

/// $5 the message, $6 its text, $7 the time. The hash of the first text stays, to
/// recognize a repeated create.
const EDIT: &str = event!(
    "changed AS (
        UPDATE messages
        SET text = $6, edited_at = $7, changed_seq = next.seq, sent_sha256 = CASE
            WHEN client_msg_id IS NOT NULL
            THEN COALESCE(sent_sha256, sha256(convert_to(text, 'UTF8')))
        END
        FROM next
        WHERE id = $5 AND room_id = $1 AND user_id = $3 AND deleted_at IS NULL
        RETURNING id
    )"
);

/// $5 the messages, $6 their author or null for any, $7 the time.
const DELETE: &str = event!(
    "changed AS (
        UPDATE messages
        SET text = NULL, sent_sha256 = NULL, deleted_at = $7, deleted_by = $3,
            changed_seq = next.seq
        FROM next
        WHERE id = ANY ($5) AND room_id = $1 AND deleted_at IS NULL
          AND ($6::bigint IS NULL OR user_id = $6)
        RETURNING id
    )"
);

#[derive(FromRow)]
struct EventRow {
    /// Whether the precondition held when the statement began.
    holds: bool,
    /// `None`: the precondition does not hold, or its rows are locked.
    seq: Option<i64>,
    /// The messages that were changed.
    ids: Vec<i64>,
}

#[tracing::instrument(
    name = "db.message.edit",
    level = "debug",
    skip_all,
    fields(room.id = precondition.room.0, message.id = id.0)
)]
pub(super) async fn edit(
    store: &Postgres,
    precondition: Precondition,
    id: MessageId,
    text: &Text,
    at: Timestamp,
) -> Result<Outcome<Option<Seq>>, StoreError> {
    let outcome = write(store, precondition, || {
        precondition::query_as(EDIT, precondition)
            .bind(id.0)
            .bind(text.as_str())
            .bind(OffsetDateTime::from(at))
    });
    Ok(match outcome.await? {
        Outcome::Committed((seq, ids)) => Outcome::Committed((!ids.is_empty()).then_some(seq)),
        Outcome::Conflict => Outcome::Conflict,
    })
}

#[tracing::instrument(
    name = "db.message.delete",
    level = "debug",
    skip_all,
    fields(room.id = precondition.room.0, messages = ids.len())
)]
pub(super) async fn delete(
    store: &Postgres,
    precondition: Precondition,
    ids: Vec<MessageId>,
    scope: DeleteScope,
    at: Timestamp,
) -> Result<Outcome<Option<Deleted>>, StoreError> {
    let requested: Vec<_> = ids.iter().map(|id| id.0).collect();
    let author = match scope {
        DeleteScope::OwnedBy(author) => Some(author.0),
        DeleteScope::Any => None,
    };
    let outcome = write(store, precondition, || {
        precondition::query_as(DELETE, precondition)
            .bind(requested.clone())
            .bind(author)
            .bind(OffsetDateTime::from(at))
    });
    Ok(match outcome.await? {
        Outcome::Conflict => Outcome::Conflict,
        Outcome::Committed((_, deleted)) if deleted.is_empty() => Outcome::Committed(None),
        Outcome::Committed((seq, deleted)) => {
            let mut deleted: HashSet<_> = deleted.into_iter().collect();
            // In the order of the request, each id once.
            let ids = ids.into_iter().filter(|id| deleted.remove(&id.0)).collect();
            Outcome::Committed(Some(Deleted { ids, seq }))
        }
    })
}

/// Runs the statement until it is decided. Returns the number of the event and the
/// messages it changed.
async fn write<'q>(
    store: &Postgres,
    precondition: Precondition,
    query: impl Fn() -> Query<'q, EventRow>,
) -> Result<Outcome<(Seq, Vec<i64>)>, StoreError> {
    let mut retry = store.retry();
    loop {
        let query = query();
        let event = store.with_timeout(query.fetch_one(&store.pool)).await;
        let event = event.map_err(unavailable)?;
        let outcome = match event.seq {
            Some(seq) => Outcome::Committed((Seq(seq), event.ids)),
            // Invariant 4.
            None if event.holds => {
                retry.wait().await?;
                continue;
            }
            None => Outcome::Conflict,
        };
        forget_after_conflict(store, precondition, &outcome);
        return Ok(outcome);
    }
}

/// Invariant 5.
pub(super) fn forget_after_conflict<T>(
    store: &Postgres,
    precondition: Precondition,
    outcome: &Outcome<T>,
) {
    if matches!(outcome, Outcome::Conflict) {
        store.rooms.forget(&precondition.room);
        store.users.forget(&precondition.user);
    }
}
