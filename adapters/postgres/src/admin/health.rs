use aftermatch_ports::{Health, StoreError};
use async_trait::async_trait;
use sqlx::Error;

use crate::{admin::check, error::unavailable, store::Postgres};

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
    async fn check(&self) -> Result<(), StoreError> {
        let found = newest(self).await.map_err(unavailable)?.unwrap_or(0);
        // A newer database is fine: during an upgrade it serves both programs.
        let known = check::known();
        if found < known {
            return Err(StoreError::permanent(Outdated { found, known }));
        }
        Ok(())
    }
}

#[tracing::instrument(name = "db.health.check", level = "debug", skip_all)]
async fn newest(store: &Postgres) -> Result<Option<i64>, Error> {
    let query = sqlx::query_scalar(NEWEST);
    store.with_timeout(query.fetch_one(&store.pool)).await
}
