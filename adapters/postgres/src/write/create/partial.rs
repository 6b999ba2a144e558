//! The careful way to insert a batch: each message whose precondition holds,
//! independently of the others.

use super::batch::{self, Inserted, any_attached, column, unique};
use crate::{
    precondition::{self, Query},
    write::job::Create,
};

/// Inserts the messages whose precondition holds, whose room and user could be
/// locked, and whose client message id is new. $8 are their positions: the numbers
/// follow them (invariant 7).
///
/// The client message ids are looked up after the joins: a filter among the joins
/// makes Postgres expect almost no rows, and choose nested loops. A message that
/// another process has just committed may be missed here; the index then fails the
/// statement (invariant 6).
///
/// `$column`, `$value` and `$list` are those of the attachments, if one of the messages has
/// some: $9.
macro_rules! partial {
    ($column:literal, $value:literal, $list:literal) => {
        concat!(
            "WITH u AS MATERIALIZED (",
            precondition::lock_users!("$3"),
            "), r AS MATERIALIZED (",
            precondition::lock_rooms!("$1"),
            "), candidates AS MATERIALIZED (
                SELECT a.*, r.last_seq, r.at, (
                    SELECT m.id FROM messages m
                    WHERE m.room_id = a.room_id AND m.user_id = a.user_id
                      AND m.client_msg_id = a.client_msg_id
                ) AS earlier
                FROM UNNEST($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[],
                            $5::text[], $6::text[], $7::text[], $8::bigint[]",
            $list,
            ")
                     AS a(room_id, room_revision, user_id, user_revision,
                          text, client_msg_id, request_id, position",
            $column,
            ")",
            precondition::join_held!(locked),
            "), accepted AS MATERIALIZED (
                SELECT *, nextval('messages_id_seq') AS id,
                       last_seq + row_number() OVER (PARTITION BY room_id ORDER BY position) AS seq
                FROM candidates WHERE earlier IS NULL
            ), moved AS (
                UPDATE rooms SET last_seq = a.seq, last_at = a.at
                FROM (
                    SELECT room_id, at, max(seq) AS seq FROM accepted GROUP BY room_id, at
                ) a
                WHERE rooms.id = a.room_id
            ), inserted AS (
                INSERT INTO messages (id, room_id, user_id, text, created_at, seq, changed_seq,
                                      client_msg_id, request_id",
            $column,
            ")
                SELECT id, room_id, user_id, text, at, seq, seq, client_msg_id, request_id",
            $value,
            " FROM accepted
            )
            SELECT position, id, seq, at AS created_at FROM accepted"
        )
    };
}

const PARTIAL: &str = partial!("", "", "");
const PARTIAL_ATTACHED: &str = partial!(", attachments", ", attachments::json", ", $9::text[]");

pub(super) fn statement(jobs: &[Create]) -> Query<'_, Inserted> {
    let (positions, unique) = unique(jobs);
    let attached = any_attached(&unique);
    let sql = if attached { PARTIAL_ATTACHED } else { PARTIAL };
    let query = batch::query_as(sql, &unique)
        .bind(column(&unique, Create::client_msg_id))
        .bind(column(&unique, Create::stored_request_id))
        .bind(positions);
    if attached {
        query.bind(column(&unique, Create::attachments))
    } else {
        query
    }
}
