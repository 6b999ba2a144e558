use aftermatch_ports::{DuePush, Settled};
use sqlx::{Error, PgConnection, Postgres, postgres::PgArguments, query::Query};

use super::micros;

/// Room $1 with log $2, which is at event $3, moves on to event $4.
const DONE: &str = "
    UPDATE pushes SET seq = $4, due_at = now(), since = now(), failures = 0, reason = NULL
    WHERE room_id = $1 AND epoch = $2 AND seq = $3";

const WAITS: &str = "
    UPDATE pushes SET due_at = now() + $4 * interval '1 microsecond'
    WHERE room_id = $1 AND epoch = $2 AND seq = $3";

const FAILED: &str = "
    UPDATE pushes
    SET due_at = now() + $4 * interval '1 microsecond', failures = failures + 1, reason = $5
    WHERE room_id = $1 AND epoch = $2 AND seq = $3";

/// As [`DONE`]; $5 is the message.
const GIVEN_UP: &str = "
    WITH tried AS MATERIALIZED (
        SELECT reason FROM pushes WHERE room_id = $1 AND epoch = $2 AND seq = $3
    ), moved AS (
        UPDATE pushes SET seq = $4, due_at = now(), since = now(), failures = 0, reason = NULL
        WHERE room_id = $1 AND epoch = $2 AND seq = $3
        RETURNING room_id
    )
    INSERT INTO push_dead_letters (room_id, epoch, seq, message_id, reason)
    SELECT $1, $2, $4, $5, COALESCE(tried.reason, 'nothing was accepted at that time')
    FROM moved, tried ON CONFLICT DO NOTHING";

/// A dead letter that was sent. $3 is the event before it.
const ACCEPTED: &str =
    "DELETE FROM push_dead_letters WHERE room_id = $1 AND epoch = $2 AND seq = $3 + 1";

const REFUSED: &str = "
    UPDATE push_dead_letters SET again = false, at = now(), reason = $4
    WHERE room_id = $1 AND epoch = $2 AND seq = $3 + 1";

const HASTEN: &str = "
    UPDATE pushes SET due_at = now() WHERE seq < last_seq AND failures > 0 AND due_at > now()";

pub(super) async fn settle(
    connection: &mut PgConnection,
    due: DuePush,
    settled: Settled,
) -> Result<(), Error> {
    let of = |sql| of(sql, due);
    let query = match (settled, due.is_dead_letter) {
        (Settled::Done(seq), false) => of(DONE).bind(seq.0),
        (Settled::Waits(pause), false) => of(WAITS).bind(micros(pause)),
        (Settled::Failed { again_in, reason }, false) => {
            of(FAILED).bind(micros(again_in)).bind(reason)
        }
        (Settled::GivenUp { id, seq }, false) => of(GIVEN_UP).bind(seq.0).bind(id.0),
        (Settled::Done(_), true) => of(ACCEPTED),
        (Settled::Failed { reason, .. }, true) => of(REFUSED).bind(reason),
        // It stays as it is.
        (Settled::Waits(_) | Settled::GivenUp { .. }, true) => return Ok(()),
    };
    query.execute(connection).await?;
    Ok(())
}

fn of(sql: &'static str, due: DuePush) -> Query<'static, Postgres, PgArguments> {
    let query = sqlx::query(sql).bind(due.room.0).bind(due.epoch.room);
    query.bind(due.after.0)
}

pub(super) async fn hasten(connection: &mut PgConnection) -> Result<(), Error> {
    sqlx::query(HASTEN).execute(connection).await?;
    Ok(())
}
