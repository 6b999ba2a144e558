//! Messages of the platform become events of their rooms.
//!
//! # Invariants
//! 1. **Numbers without a gap.** All rooms concerned are locked, in the order of their ids,
//!    by a statement of its own. The statements after it read the newest `last_seq`.
//! 2. **In the order of the platform.** New messages are numbered by time and id. A room
//!    without any event gets all its messages at once, whichever of them has moved.
//! 3. **What is newer here stays.** A message that waits to be written back is not
//!    compared.
//! 4. **As the service does it.** Edits and deletions leave in the log what they took away
//!    (`write/change.rs`). The platform does not say who did it: that counts as done by
//!    the author.

use sqlx::{Error, PgConnection};

use super::Applied;
use crate::{
    bridge::{
        mapping::Target,
        objects::named,
        sql::{Bridge, query_as},
    },
    precondition,
};

/// The most messages that one statement inserts.
const PORTION: i64 = 5_000;

/// $1 keys. The rooms of these messages, and whether they have no event yet.
const ROOMS: &str = "
    SELECT r.id, r.last_seq = 0 FROM {rooms} r
    WHERE r.id IN (SELECT t.room_id FROM ({there}) t
                   UNION SELECT m.room_id FROM {messages} m WHERE m.{key} = ANY ($1))
    ORDER BY r.id FOR NO KEY UPDATE OF r";

/// $1 keys. New messages whose authors are not here, and whether they will come.
const STRANGERS: &str = "
    SELECT t.id, t.user_id, EXISTS (SELECT FROM ({users_there}) q WHERE q.id = t.user_id)
    FROM ({there}) t JOIN {rooms} r ON r.id = t.room_id
    WHERE NOT EXISTS (SELECT FROM {users} u WHERE u.id = t.user_id)
      AND NOT EXISTS (SELECT FROM {messages} m WHERE m.id = t.id)";

/// $1 keys, $2 the ghost, $3 messages that wait for their authors, $4 the most. Returns
/// their rooms.
const NEW: &str = "
    WITH new AS MATERIALIZED (
        SELECT t.id, t.room_id, COALESCE(u.id, $2) AS user_id, COALESCE(t.text, '') AS text,
               t.created_at, r.last_seq
        FROM ({there}) t JOIN {rooms} r ON r.id = t.room_id LEFT JOIN {users} u ON u.id = t.user_id
        WHERE NOT EXISTS (SELECT FROM {messages} m WHERE m.id = t.id) AND t.id <> ALL ($3)
        ORDER BY t.created_at, t.id LIMIT $4
    ), numbered AS MATERIALIZED (
        SELECT *, last_seq + row_number() OVER (PARTITION BY room_id ORDER BY created_at, id) AS seq
        FROM new
    ), moved AS (
        UPDATE {rooms} r SET last_seq = n.seq, last_at = GREATEST(r.last_at, n.at)
        FROM (SELECT room_id, max(seq) AS seq, max(created_at) AS at
              FROM numbered GROUP BY room_id) n
        WHERE r.id = n.room_id
    ), arrived AS (
        INSERT INTO {arrivals} (id, room_id)
        SELECT nextval({ids}), room_id FROM (SELECT DISTINCT room_id FROM numbered) n
    ), put AS (
        INSERT INTO {messages} (id, room_id, user_id, text, created_at, seq, changed_seq)
        SELECT id, room_id, user_id, text, created_at, seq, seq FROM numbered ORDER BY room_id, seq
        RETURNING room_id
    )
    SELECT room_id, count(*) FROM put GROUP BY room_id";

/// $1 keys. Returns the rooms of what was edited.
const EDITED: &str = concat!(
    "WITH edited AS MATERIALIZED (
        SELECT m.id, m.room_id, m.user_id, m.text AS replaced, m.changed_seq,
               COALESCE(t.text, '') AS text,
               r.last_seq + row_number() OVER (PARTITION BY m.room_id ORDER BY m.seq) AS seq, ",
    precondition::next_at!("statement_timestamp()"),
    " AS at
        FROM ({there}) t JOIN {messages} m ON m.id = t.id AND m.room_id = t.room_id
        JOIN {rooms} r ON r.id = m.room_id
        WHERE m.deleted_at IS NULL AND m.text <> COALESCE(t.text, '')
          AND NOT EXISTS (SELECT FROM {written} w WHERE w.message_id = m.id)
    ), moved AS (
        UPDATE {rooms} r SET last_seq = e.seq, last_at = e.at
        FROM (SELECT room_id, at, max(seq) AS seq FROM edited GROUP BY room_id, at) e
        WHERE r.id = e.room_id
    ), logged AS (
        INSERT INTO {events} (room_id, seq, kind, user_id, at, message_ids, replaced, replaced_seqs)
        SELECT room_id, seq, 'edited', user_id, at, ARRAY[id], ARRAY[replaced], ARRAY[changed_seq]
        FROM edited
    )
    UPDATE {messages} m SET text = e.text, changed_seq = e.seq, edited_at = e.at,
        sent_sha256 = CASE
            WHEN m.client_msg_id IS NOT NULL
            THEN COALESCE(m.sent_sha256, sha256(convert_to(m.text, 'UTF8')))
        END
    FROM edited e WHERE m.id = e.id RETURNING m.room_id"
);

/// $1 keys, $2 whether messages of this service are there, too. Returns the rooms.
const GONE: &str = concat!(
    "WITH gone AS MATERIALIZED (
        SELECT m.id, m.room_id, m.user_id, m.text, m.seq, m.changed_seq FROM {messages} m
        WHERE m.{key} = ANY ($1) AND m.deleted_at IS NULL AND ($2 OR m.id < {first})
          AND NOT EXISTS (SELECT FROM ({there}) t WHERE t.id = m.id)
          AND NOT EXISTS (SELECT FROM {written} w WHERE w.message_id = m.id)
    ), event AS MATERIALIZED (
        SELECT g.*, r.last_seq + row_number() OVER (PARTITION BY room_id ORDER BY first) AS number, ",
    precondition::next_at!("statement_timestamp()"),
    " AS at FROM (
            SELECT room_id, user_id, min(seq) AS first, array_agg(id ORDER BY seq) AS ids,
                   array_agg(text ORDER BY seq) AS texts, array_agg(changed_seq ORDER BY seq) AS seqs
            FROM gone GROUP BY room_id, user_id
        ) g JOIN {rooms} r ON r.id = g.room_id
    ), moved AS (
        UPDATE {rooms} r SET last_seq = e.number, last_at = e.at
        FROM (SELECT room_id, at, max(number) AS number FROM event GROUP BY room_id, at) e
        WHERE r.id = e.room_id
    ), logged AS (
        INSERT INTO {events} (room_id, seq, kind, user_id, at, message_ids, replaced, replaced_seqs)
        SELECT room_id, number, 'deleted', user_id, at, ids, texts, seqs FROM event
    )
    UPDATE {messages} m SET changed_seq = e.number, text = NULL, sent_sha256 = NULL,
        deleted_at = e.at, deleted_by = e.user_id
    FROM event e WHERE m.id = ANY (e.ids) AND m.room_id = e.room_id RETURNING m.room_id"
);

/// Messages by their ids, or all of rooms.
pub(super) async fn apply(
    bridge: &Bridge,
    connection: &mut PgConnection,
    target: Target,
    keys: &[i64],
) -> Result<Applied, Error> {
    // Invariant 1.
    let rooms: Vec<(i64, bool)> = statement(bridge, target, ROOMS)
        .bind(keys)
        .fetch_all(&mut *connection)
        .await?;
    let mut applied = Applied::default();
    if target == Target::Messages {
        // Invariant 2.
        let empty: Vec<_> = rooms
            .iter()
            .filter(|room| room.1)
            .map(|room| room.0)
            .collect();
        if !empty.is_empty() {
            insert(bridge, connection, Target::History, &empty, &mut applied).await?;
        }
    }
    insert(bridge, connection, target, keys, &mut applied).await?;
    let edited: Vec<(i64,)> = statement(bridge, target, EDITED)
        .bind(keys)
        .fetch_all(&mut *connection)
        .await?;
    let gone: Vec<(i64,)> = statement(bridge, target, GONE)
        .bind(keys)
        .bind(bridge.writes_back())
        .fetch_all(connection)
        .await?;
    applied
        .written
        .extend(edited.into_iter().chain(gone).map(|(room,)| room));
    Ok(applied)
}

/// Inserts what is not here.
async fn insert(
    bridge: &Bridge,
    connection: &mut PgConnection,
    target: Target,
    keys: &[i64],
    applied: &mut Applied,
) -> Result<(), Error> {
    let strangers: Vec<(i64, Option<i64>, bool)> = statement(bridge, target, STRANGERS)
        .bind(keys)
        .fetch_all(&mut *connection)
        .await?;
    let mut waiting = Vec::new();
    for (id, user, comes) in strangers {
        let why = match (user, bridge.ghost()) {
            (Some(user), _) if comes => format!("message {id} is of user {user}, who is not here"),
            (_, None) => format!(
                "message {id} has no author any more: add ghost = {{ id = -1 }} to the mapping, \
                 and run `aftermatch bridge install` again"
            ),
            _ => continue,
        };
        waiting.push(id);
        applied.waiting.push((Target::Messages, id, why));
    }
    loop {
        let written: Vec<(i64, i64)> = statement(bridge, target, NEW)
            .bind(keys)
            .bind(bridge.ghost())
            .bind(&waiting)
            .bind(PORTION)
            .fetch_all(&mut *connection)
            .await?;
        let count: i64 = written.iter().map(|(_, count)| count).sum();
        applied
            .written
            .extend(written.into_iter().map(|(room, _)| room));
        if count < PORTION {
            return Ok(());
        }
    }
}

/// With the query for these keys.
fn statement<'q, T>(
    bridge: &Bridge,
    target: Target,
    sql: &str,
) -> sqlx::query::QueryAs<'q, sqlx::Postgres, T, sqlx::postgres::PgArguments>
where
    T: for<'r> sqlx::FromRow<'r, sqlx::postgres::PgRow>,
{
    let key = match target {
        Target::History => "room_id",
        _ => "id",
    };
    let there = bridge.select(target, &format!("q.{key} = ANY ($1)"));
    let users = format!("SELECT q.id FROM (\n{}\n) q", bridge.text(Target::Users));
    query_as(
        named(bridge, sql)
            .replace("{key}", key)
            .replace("{users_there}", &users)
            .replace("{there}", &there),
    )
}
