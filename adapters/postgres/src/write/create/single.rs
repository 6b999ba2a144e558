//! One message: a simpler statement, faster for a single author.

use super::batch::Inserted;
use crate::{
    precondition::{self, Query},
    write::job::Create,
};

/// Inserts a message without a client message id.
const WITHOUT_ID: &str = concat!(
    "WITH next AS MATERIALIZED (",
    precondition::lock!(),
    "), moved AS (
        UPDATE rooms SET last_seq = next.seq, last_at = next.at FROM next WHERE rooms.id = $1
    )
    INSERT INTO messages (room_id, user_id, text, created_at, seq, changed_seq, request_id)
    SELECT $1, $3, $5, at, seq, seq, $6 FROM next
    RETURNING 1::bigint AS position, id, seq, created_at"
);

/// Inserts a message, unless there is one with its client message id. The index
/// decides, even about a message that another process has not committed yet. Then
/// `last_seq` stays as it is.
const WITH_ID: &str = concat!(
    "WITH next AS MATERIALIZED (",
    precondition::lock!(),
    "), inserted AS (
        INSERT INTO messages
            (room_id, user_id, text, created_at, seq, changed_seq, request_id, client_msg_id)
        SELECT $1, $3, $5, at, seq, seq, $6, $7 FROM next
        ON CONFLICT (room_id, user_id, client_msg_id) WHERE client_msg_id IS NOT NULL
        DO NOTHING
        RETURNING id, seq, created_at
    ), moved AS (
        UPDATE rooms SET last_seq = inserted.seq, last_at = inserted.created_at
        FROM inserted WHERE rooms.id = $1
    )
    SELECT 1::bigint AS position, id, seq, created_at FROM inserted"
);

/// $1 to $4 the precondition, $5 the text, $6 the request id, $7 the client message
/// id.
pub(super) fn statement(job: &Create) -> Query<'_, Inserted> {
    let id = job.client_msg_id();
    let sql = if id.is_some() { WITH_ID } else { WITHOUT_ID };
    let query = precondition::query_as(sql, job.precondition)
        .bind(job.draft.text.as_str())
        .bind(job.stored_request_id());
    match id {
        Some(id) => query.bind(id),
        None => query,
    }
}
