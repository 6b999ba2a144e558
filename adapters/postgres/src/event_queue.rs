//! Pushes that wait for the platform to ask for them: the port [`EventQueue`].
//!
//! # Invariants
//! 1. **Numbers become visible in order.** A row gets its number under a lock that is held until
//!    the row is committed.
//! 2. **A number that was read is on disk.** Commits wait for it, so a crash gives no number a
//!    second time, and `after` never removes what nobody has read.

use std::time::Duration;

use aftermatch_ports::{EventQueue, QueuedEvent, StoreError, WaitingEvents};
use async_trait::async_trait;
use sqlx::FromRow;

use crate::{error::unavailable, push::micros, store::Postgres};

/// Invariant 1. The second key is another one for each schema. One statement: a process that is
/// paused does not hold the lock.
const PUT: &str = "
    WITH locked AS MATERIALIZED (
        SELECT pg_advisory_xact_lock(
            x'65766e74'::integer, hashtext('api_events'::regclass::oid::text)
        )
    )
    INSERT INTO api_events (id, body) SELECT $1, $2 FROM locked ON CONFLICT (id) DO NOTHING";

/// One row at least. $1 is null if nothing was dealt with.
const READ: &str = "
    WITH known AS MATERIALIZED (
        SELECT $1::bigint IS NULL
            OR $1 <= COALESCE(pg_sequence_last_value('api_events_number_seq'::regclass), 0)
            AS is_known
    ), gone AS (
        DELETE FROM api_events WHERE number <= $1 AND (SELECT is_known FROM known)
    )
    SELECT is_known, number, id, body FROM known LEFT JOIN LATERAL (
        SELECT number, id, body FROM api_events WHERE number > COALESCE($1, 0)
        ORDER BY number LIMIT $2
    ) events ON is_known
    ORDER BY number";

/// Looks at the $2 oldest rows alone, however many wait.
const EXPIRE: &str = "
    DELETE FROM api_events WHERE number IN (
        SELECT number FROM (
            SELECT number, at FROM api_events ORDER BY number LIMIT $2
        ) oldest WHERE at <= now() - $1 * interval '1 microsecond'
    )";

/// However many wait, it reads a bounded number of rows.
const WAITING: &str = "
    SELECT count(*) AS count, COALESCE(extract(epoch FROM now() - (
        SELECT at FROM api_events ORDER BY number LIMIT 1
    )), 0)::double precision AS oldest
    FROM (SELECT FROM api_events LIMIT 10000) some_events";

/// All columns but the first are null if there is no event.
#[derive(FromRow)]
struct EventRow {
    is_known: bool,
    number: Option<i64>,
    id: Option<String>,
    body: Option<String>,
}

#[derive(FromRow)]
struct WaitingRow {
    count: i64,
    oldest: f64,
}

impl EventRow {
    fn event(self) -> Option<QueuedEvent> {
        Some(QueuedEvent {
            number: self.number?,
            id: self.id?,
            body: self.body?,
        })
    }
}

#[async_trait]
impl EventQueue for Postgres {
    #[tracing::instrument(name = "db.api_event.insert", level = "debug", skip_all)]
    async fn put(&self, id: &str, body: String) -> Result<(), StoreError> {
        let put = sqlx::query(PUT).bind(id).bind(body).execute(&self.pool);
        self.with_timeout(put).await.map_err(unavailable)?;
        Ok(())
    }

    #[tracing::instrument(name = "db.api_event.list", level = "debug", skip_all, fields(limit))]
    async fn read(
        &self,
        after: Option<i64>,
        limit: usize,
    ) -> Result<Option<Vec<QueuedEvent>>, StoreError> {
        let read = sqlx::query_as::<_, EventRow>(READ).bind(after);
        let read = read.bind(count(limit)).fetch_all(&self.pool);
        let rows = self.with_timeout(read).await.map_err(unavailable)?;
        let is_known = rows.iter().all(|row| row.is_known);
        let events = rows.into_iter().filter_map(EventRow::event);
        Ok(is_known.then(|| events.collect()))
    }

    #[tracing::instrument(name = "db.api_event.expire", level = "debug", skip_all, fields(limit))]
    async fn expire(&self, max_age: Duration, limit: usize) -> Result<usize, StoreError> {
        let expire = sqlx::query(EXPIRE).bind(micros(max_age)).bind(count(limit));
        let expired = self.with_timeout(expire.execute(&self.pool)).await;
        let expired = expired.map_err(unavailable)?.rows_affected();
        Ok(usize::try_from(expired).unwrap_or(usize::MAX))
    }

    #[tracing::instrument(name = "db.api_event.count", level = "debug", skip_all)]
    async fn waiting(&self) -> Result<WaitingEvents, StoreError> {
        let waiting = sqlx::query_as::<_, WaitingRow>(WAITING).fetch_one(&self.pool);
        let row = self.with_timeout(waiting).await.map_err(unavailable)?;
        Ok(WaitingEvents {
            count: u64::try_from(row.count).unwrap_or_default(),
            oldest: Duration::try_from_secs_f64(row.oldest).unwrap_or_default(),
        })
    }
}

fn count(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}
