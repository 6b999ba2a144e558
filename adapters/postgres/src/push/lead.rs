use aftermatch_ports::{Backlog, PushLimits};
use sqlx::{Error, PgConnection};

use super::find::Found;

/// Who pushes: invariant 3. The second key is another one for each schema.
const LOCK: &str =
    "SELECT pg_try_advisory_lock(x'70757368'::integer, hashtext('pushes'::regclass::oid::text))";

/// The connection of a process that pushes, or that waits until no other does.
pub(crate) struct Lead {
    connection: PgConnection,
    /// What was found so far. `None`: another process has the lock.
    found: Option<Found>,
}

impl Lead {
    pub(super) fn over(connection: PgConnection) -> Self {
        Self {
            connection,
            found: None,
        }
    }

    /// Whether this process has the lock.
    pub(super) fn leads(&self) -> bool {
        self.found.is_some()
    }

    pub(super) fn connection(&mut self) -> &mut PgConnection {
        &mut self.connection
    }

    /// Finds what is new, unless another process has the lock.
    pub(super) async fn find(&mut self, limits: PushLimits) -> Result<Option<Backlog>, Error> {
        let Self { connection, found } = self;
        if found.is_none() {
            let is_locked: bool = sqlx::query_scalar(LOCK).fetch_one(&mut *connection).await?;
            if !is_locked {
                return Ok(None);
            }
        }
        let found = match found {
            Some(found) => found,
            None => found.insert(Found::begin(connection, limits).await?),
        };
        found.find(connection, limits).await.map(Some)
    }
}
