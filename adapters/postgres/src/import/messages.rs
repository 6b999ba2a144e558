use aftermatch_ports::model::World;
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::{ImportError, Progress, chunks};

/// What was given, in its order. Filled in chunks, used as a whole: a chunk
/// alone does not show which is the second message of the same millisecond.
const GIVEN: &str = "
    CREATE TEMPORARY TABLE given (
        place bigint GENERATED ALWAYS AS IDENTITY, id bigint, room_id bigint NOT NULL,
        user_id bigint NOT NULL, text text NOT NULL, created_at timestamptz NOT NULL
    ) ON COMMIT DROP";

const FILL: &str = "
    INSERT INTO given (id, room_id, user_id, text, created_at)
    SELECT id, room_id, user_id, text, created_at
    FROM UNNEST($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::timestamptz[])
         WITH ORDINALITY AS t(id, room_id, user_id, text, created_at, place)
    ORDER BY place";

const TAKEN: &str = "
    SELECT g.id FROM given g JOIN messages m ON m.id = g.id
    WHERE (m.room_id, m.user_id) <> (g.room_id, g.user_id)
    ORDER BY g.place LIMIT 20";

/// Rooms stand still while their messages are numbered.
const LOCK: &str = "
    SELECT id FROM rooms WHERE id IN (SELECT room_id FROM given) ORDER BY id FOR NO KEY UPDATE";

/// What is there already, and was edited neither here nor deleted, gets the text
/// that was given: each such change has its number, too.
const UPDATE: &str = "
    WITH differing AS (
        SELECT g.id, g.text, g.room_id,
               r.last_seq + row_number() OVER (PARTITION BY g.room_id ORDER BY g.place) AS seq
        FROM given g
        JOIN messages m ON m.id = g.id
        JOIN rooms r ON r.id = g.room_id
        WHERE m.text <> g.text AND m.edited_at IS NULL AND m.deleted_at IS NULL
    ), moved AS (
        UPDATE rooms SET last_seq = d.seq
        FROM (SELECT room_id, max(seq) AS seq FROM differing GROUP BY room_id) d
        WHERE rooms.id = d.room_id
    )
    UPDATE messages m SET text = d.text, changed_seq = d.seq, sent_sha256 = CASE
        WHEN client_msg_id IS NOT NULL
        THEN COALESCE(sent_sha256, sha256(convert_to(m.text, 'UTF8')))
    END
    FROM differing d WHERE m.id = d.id";

const INSERT: &str = "
    WITH nth AS (
        SELECT *, row_number() OVER (
            PARTITION BY room_id, user_id, created_at, id IS NULL ORDER BY place
        ) AS nth FROM given
    ), there AS (
        SELECT room_id, user_id, created_at, count(*) AS count FROM messages m
        WHERE room_id IN (SELECT room_id FROM given WHERE id IS NULL)
          AND NOT EXISTS (SELECT FROM given g WHERE g.id = m.id)
        GROUP BY room_id, user_id, created_at
    ), new AS (
        SELECT n.id, n.room_id, n.user_id, n.text, n.created_at, n.place,
               r.last_seq + row_number() OVER (PARTITION BY n.room_id ORDER BY n.place) AS seq
        FROM nth n
        JOIN rooms r ON r.id = n.room_id
        LEFT JOIN there t USING (room_id, user_id, created_at)
        LEFT JOIN messages m ON m.id = n.id
        WHERE m.id IS NULL AND (n.id IS NOT NULL OR n.nth > COALESCE(t.count, 0))
    ), moved AS (
        UPDATE rooms SET last_seq = n.seq
        FROM (SELECT room_id, max(seq) AS seq FROM new GROUP BY room_id) n
        WHERE rooms.id = n.room_id
    )
    INSERT INTO messages (id, room_id, user_id, text, created_at, seq, changed_seq)
    SELECT COALESCE(id, nextval('messages_id_seq')),
           room_id, user_id, text, created_at, seq, seq
    FROM new ORDER BY place";

/// Numbers that came with the data are never given to another message.
const FOLLOW: &str = "
    SELECT setval('messages_id_seq', given.max)
    FROM (SELECT max(id) FROM given) given, messages_id_seq
    WHERE given.max > last_value OR given.max = last_value AND NOT is_called";

pub(super) async fn import(
    connection: &mut PgConnection,
    world: &World,
    progress: &mut impl FnMut(Progress),
) -> Result<u64, ImportError> {
    if world.messages().is_empty() {
        return Ok(0);
    }
    sqlx::query(GIVEN).execute(&mut *connection).await?;
    for messages in chunks("messages", world.messages(), progress) {
        let times = messages
            .iter()
            .map(|message| OffsetDateTime::from(message.at));
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
    let taken: Vec<i64> = sqlx::query_scalar(TAKEN)
        .fetch_all(&mut *connection)
        .await?;
    if !taken.is_empty() {
        return Err(ImportError::Taken(taken));
    }
    sqlx::query(LOCK).execute(&mut *connection).await?;
    sqlx::query(FOLLOW).execute(&mut *connection).await?;
    let updated = sqlx::query(UPDATE).execute(&mut *connection).await?;
    let added = sqlx::query(INSERT).execute(&mut *connection).await?;
    Ok(updated.rows_affected() + added.rows_affected())
}
