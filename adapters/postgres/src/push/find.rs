use std::time::Duration;

use aftermatch_ports::{Backlog, PushLimits};
use sqlx::{Error, FromRow, PgConnection};
use tokio::time::Instant;

use super::micros;
use crate::directory::revisions::{Bases, Numbers};

/// How many ids are read at a time, both of those that were not found yet and of the newest.
const PAGE: i64 = 10_000;

/// How often to remove rooms without new messages.
const PURGE_INTERVAL: Duration = Duration::from_secs(60 * 60);

/// The ids, and the transactions, as in `directory::revisions`.
const NOW: &str = "
    SELECT 0::bigint AS revision,
           COALESCE(pg_sequence_last_value('messages_id_seq'::regclass), 0) AS id,
           pg_snapshot_xmin(snapshot)::text::bigint AS oldest,
           pg_snapshot_xmax(snapshot)::text::bigint + age(pg_snapshot_xmax(snapshot)::xid) AS next
    FROM pg_current_snapshot() AS snapshot";

/// $1 the last id, $2 the age of what is pushed at most.
const BEGIN: &str = "
    INSERT INTO push_state AS s (found_id, started_at, looked_at) VALUES ($1, now(), now())
    ON CONFLICT (is_one) DO UPDATE
    SET found_id = excluded.found_id, started_at = now(), looked_at = now()
    WHERE s.looked_at < now() - $2 * interval '1 microsecond' OR s.found_id > excluded.found_id";

/// Rooms with messages that have ids after $1 up to $2, or after $3. $4 is the age of what is
/// pushed at most, $5 after what time they are due. A room that waits already keeps its place;
/// in another one, everything up to the last message that is too old is left out. The lateral
/// joins look each room up by its key.
const FIND: &str = "
    WITH found AS MATERIALIZED (
        SELECT DISTINCT room_id FROM (
            SELECT room_id FROM messages WHERE id > $1 AND id <= $2
            UNION ALL SELECT room_id FROM messages WHERE id > $3
            UNION ALL SELECT room_id FROM arrivals WHERE id > $1 AND id <= $2
            UNION ALL SELECT room_id FROM arrivals WHERE id > $3
        ) new
    ), earliest AS MATERIALIZED (
        SELECT GREATEST(started_at, now() - $4 * interval '1 microsecond') AS at FROM push_state
    )
    INSERT INTO pushes AS p (room_id, epoch, seq, last_seq, due_at)
    SELECT r.id, r.epoch, COALESCE(old.seq, 0), r.last_seq, now() + $5 * interval '1 microsecond'
    FROM found CROSS JOIN LATERAL (
        SELECT id, epoch, last_seq FROM rooms WHERE id = found.room_id LIMIT 1
    ) r LEFT JOIN LATERAL (
        SELECT last_seq FROM pushes WHERE room_id = r.id AND epoch = r.epoch LIMIT 1
    ) known ON true LEFT JOIN LATERAL (
        SELECT m.seq FROM messages m
        WHERE m.room_id = r.id AND m.seq > COALESCE(known.last_seq, 0)
          AND m.created_at < (SELECT at FROM earliest)
        ORDER BY m.seq DESC LIMIT 1
    ) old ON true
    WHERE known.last_seq IS NULL OR known.last_seq < r.last_seq
    ON CONFLICT (room_id) DO UPDATE SET (epoch, last_seq, seq, due_at, since, failures, reason) = (
        SELECT excluded.epoch, excluded.last_seq, w.seq, w.due_at, w.since, w.failures, w.reason
        FROM (
            SELECT p.seq, p.due_at, p.since, p.failures, p.reason
            WHERE p.epoch = excluded.epoch AND p.seq < p.last_seq
            UNION ALL
            SELECT CASE WHEN p.epoch = excluded.epoch THEN GREATEST(p.seq, excluded.seq)
                        ELSE excluded.seq END,
                   excluded.due_at, now(), 0, NULL
            LIMIT 1
        ) w
    )";

const FOUND: &str = "UPDATE push_state SET found_id = $1, looked_at = now()";

const PURGE: &str = "
    DELETE FROM pushes WHERE seq >= last_seq AND since < now() - $1 * interval '1 microsecond'";

const BACKLOG: &str = "
    SELECT count(*) AS rooms,
           COALESCE(extract(epoch FROM now() - min(since)), 0)::double precision AS oldest,
           (SELECT count(*) FROM push_dead_letters) AS dead_letters
    FROM pushes WHERE seq < last_seq";

#[derive(FromRow)]
struct Now {
    #[sqlx(flatten)]
    numbers: Numbers,
    oldest: i64,
    next: i64,
}

#[derive(FromRow)]
struct BacklogRow {
    rooms: i64,
    oldest: f64,
    dead_letters: i64,
}

/// How far messages were found: invariant 2.
pub(super) struct Found {
    /// All messages with ids up to this one.
    upto: i64,
    before: Numbers,
    bases: Bases,
    next_purge: Instant,
}

impl Found {
    /// Goes on with what the database has.
    pub(super) async fn begin(
        connection: &mut PgConnection,
        limits: PushLimits,
    ) -> Result<Self, Error> {
        let now: Now = sqlx::query_as(NOW).fetch_one(&mut *connection).await?;
        sqlx::query(BEGIN)
            .bind(now.numbers.id)
            .bind(micros(limits.max_age))
            .execute(&mut *connection)
            .await?;
        let upto = sqlx::query_scalar("SELECT found_id FROM push_state");
        Ok(Self {
            upto: upto.fetch_one(connection).await?,
            before: now.numbers,
            bases: Bases::default(),
            next_purge: Instant::now(),
        })
    }

    pub(super) async fn find(
        &mut self,
        connection: &mut PgConnection,
        limits: PushLimits,
    ) -> Result<Backlog, Error> {
        // First the numbers, then the messages.
        let now: Now = sqlx::query_as(NOW).fetch_one(&mut *connection).await?;
        let newest = self.upto.max(now.numbers.id.saturating_sub(PAGE));
        let page = newest.min(self.upto.saturating_add(PAGE));
        sqlx::query(FIND)
            .persistent(false)
            .bind(self.upto)
            .bind(page)
            .bind(newest)
            .bind(micros(limits.max_age))
            .bind(micros(limits.delay))
            .execute(&mut *connection)
            .await?;
        self.bases.advance(self.before, now.oldest, now.next);
        self.before = now.numbers;
        // Up to here everything was read, and no transaction can add anything.
        let read = if page < newest { page } else { i64::MAX };
        let upto = self
            .bases
            .base()
            .map_or(self.upto, |base| base.id.min(read));
        let has_more = page < newest && upto > self.upto;
        self.upto = self.upto.max(upto);
        sqlx::query(FOUND)
            .bind(self.upto)
            .execute(&mut *connection)
            .await?;
        self.purge(connection, limits).await?;
        let backlog: BacklogRow = sqlx::query_as(BACKLOG).fetch_one(connection).await?;
        Ok(Backlog {
            rooms: u64::try_from(backlog.rooms).unwrap_or_default(),
            oldest: Duration::try_from_secs_f64(backlog.oldest).unwrap_or_default(),
            dead_letters: u64::try_from(backlog.dead_letters).unwrap_or_default(),
            has_more,
        })
    }

    /// Removes rooms whose messages are all too old to be found again.
    async fn purge(
        &mut self,
        connection: &mut PgConnection,
        limits: PushLimits,
    ) -> Result<(), Error> {
        if Instant::now() < self.next_purge {
            return Ok(());
        }
        let purge = sqlx::query(PURGE).bind(micros(limits.max_age.saturating_mul(2)));
        purge.execute(connection).await?;
        self.next_purge = Instant::now() + PURGE_INTERVAL;
        Ok(())
    }
}
