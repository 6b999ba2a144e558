//! One message: a simpler statement, faster for a single author.

use super::batch::Inserted;
use crate::{
    precondition::{self, Query},
    write::job::Create,
};

/// Inserts a message without a client message id. `$column` and `$value` are those of its
/// attachments, if it has some.
macro_rules! without_id {
    ($column:literal, $value:literal) => {
        concat!(
            "WITH next AS MATERIALIZED (",
            precondition::lock!(),
            "), moved AS (
                UPDATE rooms SET last_seq = next.seq, last_at = next.at FROM next
                WHERE rooms.id = $1
            )
            INSERT INTO messages
                (room_id, user_id, text, created_at, seq, changed_seq, request_id",
            $column,
            ")
            SELECT $1, $3, $5, at, seq, seq, $6",
            $value,
            " FROM next
            RETURNING 1::bigint AS position, id, seq, created_at"
        )
    };
}

/// Inserts a message, unless there is one with its client message id. The index
/// decides, even about a message that another process has not committed yet. Then
/// `last_seq` stays as it is.
macro_rules! with_id {
    ($column:literal, $value:literal) => {
        concat!(
            "WITH next AS MATERIALIZED (",
            precondition::lock!(),
            "), inserted AS (
                INSERT INTO messages (room_id, user_id, text, created_at, seq, changed_seq,
                                      request_id, client_msg_id",
            $column,
            ")
                SELECT $1, $3, $5, at, seq, seq, $6, $7",
            $value,
            " FROM next
                ON CONFLICT (room_id, user_id, client_msg_id) WHERE client_msg_id IS NOT NULL
                DO NOTHING
                RETURNING id, seq, created_at
            ), moved AS (
                UPDATE rooms SET last_seq = inserted.seq, last_at = inserted.created_at
                FROM inserted WHERE rooms.id = $1
            )
            SELECT 1::bigint AS position, id, seq, created_at FROM inserted"
        )
    };
}

const WITHOUT_ID: &str = without_id!("", "");
const WITHOUT_ID_ATTACHED: &str = without_id!(", attachments", ", $7::json");
const WITH_ID: &str = with_id!("", "");
const WITH_ID_ATTACHED: &str = with_id!(", attachments", ", $8::json");

/// $1 to $4 the precondition, $5 the text, $6 the request id, then the client message id and
/// the attachments, if there are some.
pub(super) fn statement(job: &Create) -> Query<'_, Inserted> {
    let (id, attachments) = (job.client_msg_id(), job.attachments());
    let sql = match (id, attachments) {
        (None, None) => WITHOUT_ID,
        (None, Some(_)) => WITHOUT_ID_ATTACHED,
        (Some(_), None) => WITH_ID,
        (Some(_), Some(_)) => WITH_ID_ATTACHED,
    };
    let query = precondition::query_as(sql, job.precondition)
        .bind(job.draft.text.as_str())
        .bind(job.stored_request_id());
    let query = match id {
        Some(id) => query.bind(id),
        None => query,
    };
    match attachments {
        Some(json) => query.bind(json),
        None => query,
    }
}
