//! What is still to be pushed to the platform: the port [`Pushes`].
//!
//! | file | what it does |
//! |---|---|
//! | `lead` | the connection of the process that pushes |
//! | `find` | finds the rooms that have new messages |
//! | `due` | which rooms are due, and their messages |
//! | `settle` | moves rooms on |
//!
//! # Invariants
//! 1. **The log is the truth.** Nothing is written with a message. Rooms are found by the ids
//!    of new messages, and by `arrivals`; what is to be pushed in a room is found by `seq`,
//!    which has no gap and is seen in order. So finding a room again changes nothing.
//! 2. **Ids can come late.** They are read again until every transaction that can have one has
//!    ended: see `directory::revisions`. `push_state.found_id` is such an id.
//! 3. **One process, and it notices.** The lock is held by the connection over which everything
//!    is read and written. A process that has lost the lock can settle nothing, so it never
//!    sends a message whose predecessor is not settled.
//! 4. **An error ends the connection,** and so does a call that is dropped: it is taken out for
//!    the time of a call. The next `find` begins with what the database has.
//! 5. **Nothing is waited for.** Commits do not wait for the disk: what a crash undoes is sent
//!    again.

mod due;
mod find;
mod lead;
mod settle;

use std::time::Duration;

use aftermatch_ports::{Backlog, DuePush, PushLimits, PushPage, Pushes, Settled, StoreError};
use async_trait::async_trait;
use sqlx::{Error, PgConnection};
use tokio::{sync::MutexGuard, time::Instant};

pub(crate) use self::lead::Lead;
use crate::{directory::candidates, error::unavailable, retry::before, store::Postgres};

#[async_trait]
impl Pushes for Postgres {
    #[tracing::instrument(name = "db.push.find", level = "debug", skip_all)]
    async fn find(&self, limits: PushLimits) -> Result<Option<Backlog>, StoreError> {
        let mut slot = self.pushes.lock().await;
        let lead = slot.take();
        let find = async {
            let mut lead = match lead {
                Some(lead) => lead,
                None => Lead::over(self.open_push().await?),
            };
            let backlog = lead.find(limits).await?;
            Ok::<_, Error>((lead, backlog))
        };
        let (lead, backlog) = limited(self, find).await?;
        *slot = Some(lead);
        Ok(backlog)
    }

    #[tracing::instrument(name = "db.push.list", level = "debug", skip_all, fields(limit))]
    async fn due(&self, limit: usize) -> Result<Vec<DuePush>, StoreError> {
        let mut turn = Turn::of(self).await?;
        let due = limited(self, due::list(turn.connection(), limit)).await?;
        turn.end();
        Ok(due)
    }

    #[tracing::instrument(
        name = "db.push.read",
        level = "debug",
        skip_all,
        fields(room.id = due.room.0, after = due.after.0)
    )]
    async fn read(&self, due: DuePush, limit: usize) -> Result<PushPage, StoreError> {
        let mut turn = Turn::of(self).await?;
        let connection = turn.connection();
        let read = async {
            let messages = due::messages(connection, due, limit).await?;
            let candidates = match messages[..] {
                [] => Vec::new(),
                _ => candidates::of(connection, due.room).await?,
            };
            Ok::<_, Error>(PushPage {
                messages,
                candidates,
            })
        };
        let page = limited(self, read).await?;
        turn.end();
        Ok(page)
    }

    #[tracing::instrument(
        name = "db.push.settle",
        level = "debug",
        skip_all,
        fields(room.id = due.room.0, after = due.after.0)
    )]
    async fn settle(&self, due: DuePush, settled: Settled) -> Result<(), StoreError> {
        let mut turn = Turn::of(self).await?;
        limited(self, settle::settle(turn.connection(), due, settled)).await?;
        turn.end();
        Ok(())
    }

    #[tracing::instrument(name = "db.push.hasten", level = "debug", skip_all)]
    async fn hasten(&self) -> Result<(), StoreError> {
        let mut turn = Turn::of(self).await?;
        limited(self, settle::hasten(turn.connection())).await?;
        turn.end();
        Ok(())
    }
}

/// A call over the connection of the process that pushes: invariant 4.
struct Turn<'a> {
    slot: MutexGuard<'a, Option<Lead>>,
    lead: Lead,
}

impl<'a> Turn<'a> {
    async fn of(store: &'a Postgres) -> Result<Self, StoreError> {
        let mut slot = store.pushes.lock().await;
        let lead = slot.take().filter(Lead::leads);
        let lead = lead.ok_or_else(|| StoreError::transient("another process pushes"))?;
        Ok(Self { slot, lead })
    }

    fn connection(&mut self) -> &mut PgConnection {
        self.lead.connection()
    }

    fn end(mut self) {
        *self.slot = Some(self.lead);
    }
}

async fn limited<T>(
    store: &Postgres,
    work: impl Future<Output = Result<T, Error>>,
) -> Result<T, StoreError> {
    let limit = 2 * store.statement_timeout();
    before(Instant::now() + limit, work)
        .await
        .map_err(unavailable)
}

/// Longer than any room waits, and short enough for the calendar of Postgres.
const LONGEST: Duration = Duration::from_secs(1_000 * 365 * 24 * 60 * 60);

/// As a number of microseconds.
pub(crate) fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.min(LONGEST).as_micros()).unwrap_or(i64::MAX)
}
