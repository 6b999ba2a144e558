use aftermatch_ports::{Health, StoreError};
use async_trait::async_trait;
use sqlx::Error;

use crate::{admin::check, error::unavailable, session, store::Postgres};

const NEWEST: &str = "SELECT max(version) FROM _sqlx_migrations WHERE success";

/// The database lacks migrations.
#[derive(Debug, thiserror::Error)]
#[error("the database has migrations up to {found}, this program needs those up to {known}")]
struct Outdated {
    found: i64,
    known: i64,
}

#[async_trait]
impl Health for Postgres {
    /// Asks both a connection of the pool and the one that writes, with a short statement
    /// that writes nothing.
    async fn check(&self) -> Result<(), StoreError> {
        let _alone = self.checking.lock().await;
        both(self).await
    }
}

#[tracing::instrument(name = "db.health.check", level = "debug", skip_all)]
async fn both(store: &Postgres) -> Result<(), StoreError> {
    let (newest, writable) = tokio::join!(newest(store), store.writer.check());
    let found = newest.map_err(unavailable)?.unwrap_or(0);
    // A newer database is fine: during an upgrade it serves both programs.
    let known = check::known();
    if found < known {
        return Err(StoreError::permanent(Outdated { found, known }));
    }
    writable
}

/// The newest migration, over a connection of the pool that accepts writes.
async fn newest(store: &Postgres) -> Result<Option<i64>, Error> {
    let newest = async {
        let mut connection = store.pool.acquire().await?;
        if !session::is_writable(&mut connection).await? {
            store.suspicion.raise();
            return Err(session::read_only());
        }
        sqlx::query_scalar(NEWEST).fetch_one(&mut *connection).await
    };
    store.with_timeout(newest).await
}
