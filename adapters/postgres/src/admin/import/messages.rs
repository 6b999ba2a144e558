use aftermatch_ports::model::World;
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::{
    error::ImportError,
    progress::{Progress, chunks},
};
use crate::precondition;

/// The imported messages, in their order. It is filled in chunks and used as a whole:
/// a single chunk does not show which message is the second of its millisecond.
const IMPORTED: &str = "
    CREATE TEMPORARY TABLE imported (
        position bigint GENERATED ALWAYS AS IDENTITY, id bigint, room_id bigint NOT NULL,
        user_id bigint NOT NULL, text text NOT NULL, created_at timestamptz NOT NULL
    ) ON COMMIT DROP";

const FILL: &str = "
    INSERT INTO imported (id, room_id, user_id, text, created_at)
    SELECT id, room_id, user_id, text, created_at
    FROM UNNEST($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::timestamptz[])
         WITH ORDINALITY AS t(id, room_id, user_id, text, created_at, position)
    ORDER BY position";

const CONFLICTING: &str = "
    SELECT i.id FROM imported i JOIN messages m ON m.id = i.id
    WHERE (m.room_id, m.user_id) <> (i.room_id, i.user_id)
    ORDER BY i.position LIMIT 20";

/// Locks the rooms, so that nobody else numbers an event meanwhile.
const LOCK: &str = "
    SELECT id FROM rooms WHERE id IN (SELECT room_id FROM imported) ORDER BY id FOR NO KEY UPDATE";

/// Messages that exist, and were neither edited nor deleted here, get the imported
/// text. Each such change is an edit with a number, of the message's author. The rooms
/// were locked by a statement before: what this one reads is the newest.
const UPDATE: &str = concat!(
    "WITH differing AS MATERIALIZED (
        SELECT i.id, i.text, i.room_id, i.user_id, m.text AS replaced, m.changed_seq,
               r.last_seq + row_number() OVER (PARTITION BY i.room_id ORDER BY i.position) AS seq,
",
    precondition::next_at!("statement_timestamp()"),
    " AS at
        FROM imported i
        JOIN messages m ON m.id = i.id
        JOIN rooms r ON r.id = i.room_id
        WHERE m.text <> i.text AND m.edited_at IS NULL AND m.deleted_at IS NULL
    ), moved AS (
        UPDATE rooms SET last_seq = d.seq, last_at = d.at
        FROM (SELECT room_id, at, max(seq) AS seq FROM differing GROUP BY room_id, at) d
        WHERE rooms.id = d.room_id
    ), logged AS (
        INSERT INTO events
            (room_id, seq, kind, user_id, at, message_ids, replaced, replaced_seqs)
        SELECT room_id, seq, 'edited', user_id, at,
               ARRAY[id], ARRAY[replaced], ARRAY[changed_seq]
        FROM differing
    )
    UPDATE messages m SET text = d.text, changed_seq = d.seq, sent_sha256 = CASE
        WHEN client_msg_id IS NOT NULL
        THEN COALESCE(sent_sha256, sha256(convert_to(m.text, 'UTF8')))
    END
    FROM differing d WHERE m.id = d.id"
);

const INSERT: &str = "
    WITH nth AS (
        SELECT *, row_number() OVER (
            PARTITION BY room_id, user_id, created_at, id IS NULL ORDER BY position
        ) AS nth FROM imported
    ), existing AS (
        SELECT room_id, user_id, created_at, count(*) AS count FROM messages m
        WHERE room_id IN (SELECT room_id FROM imported WHERE id IS NULL)
          AND NOT EXISTS (SELECT FROM imported i WHERE i.id = m.id)
        GROUP BY room_id, user_id, created_at
    ), new AS (
        SELECT n.id, n.room_id, n.user_id, n.text, n.created_at, n.position,
               r.last_seq + row_number() OVER (PARTITION BY n.room_id ORDER BY n.position) AS seq
        FROM nth n
        JOIN rooms r ON r.id = n.room_id
        LEFT JOIN existing e USING (room_id, user_id, created_at)
        LEFT JOIN messages m ON m.id = n.id
        WHERE m.id IS NULL AND (n.id IS NOT NULL OR n.nth > COALESCE(e.count, 0))
    ), moved AS (
        UPDATE rooms SET last_seq = n.seq
        FROM (SELECT room_id, max(seq) AS seq FROM new GROUP BY room_id) n
        WHERE rooms.id = n.room_id
    )
    INSERT INTO messages (id, room_id, user_id, text, created_at, seq, changed_seq)
    SELECT COALESCE(id, nextval('messages_id_seq')),
           room_id, user_id, text, created_at, seq, seq
    FROM new ORDER BY position";

/// New messages never get the id of an imported one.
const ADVANCE_IDS: &str = "
    SELECT setval('messages_id_seq', imported.max)
    FROM (SELECT max(id) FROM imported) imported, messages_id_seq
    WHERE imported.max > last_value OR imported.max = last_value AND NOT is_called";

pub(super) async fn import(
    connection: &mut PgConnection,
    world: &World,
    progress: &mut impl FnMut(Progress),
) -> Result<u64, ImportError> {
    if world.messages().is_empty() {
        return Ok(0);
    }
    sqlx::query(IMPORTED).execute(&mut *connection).await?;
    for messages in chunks("messages", world.messages(), progress) {
        let times = messages
            .iter()
            .map(|message| OffsetDateTime::from(message.created_at));
        sqlx::query(FILL)
            .bind(
                messages
                    .iter()
                    .map(|message| message.id.map(|id| id.0))
                    .collect::<Vec<_>>(),
            )
            .bind(
                messages
                    .iter()
                    .map(|message| message.room.0)
                    .collect::<Vec<_>>(),
            )
            .bind(
                messages
                    .iter()
                    .map(|message| message.author.0)
                    .collect::<Vec<_>>(),
            )
            .bind(
                messages
                    .iter()
                    .map(|message| message.text.as_str())
                    .collect::<Vec<_>>(),
            )
            .bind(times.collect::<Vec<_>>())
            .execute(&mut *connection)
            .await?;
    }
    let conflicting: Vec<i64> = sqlx::query_scalar(CONFLICTING)
        .fetch_all(&mut *connection)
        .await?;
    if !conflicting.is_empty() {
        return Err(ImportError::IdConflict(conflicting));
    }
    sqlx::query(LOCK).execute(&mut *connection).await?;
    sqlx::query(ADVANCE_IDS).execute(&mut *connection).await?;
    let updated = sqlx::query(UPDATE).execute(&mut *connection).await?;
    let added = sqlx::query(INSERT).execute(&mut *connection).await?;
    Ok(updated.rows_affected() + added.rows_affected())
}
