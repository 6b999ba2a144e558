use aftermatch_ports::{Health, Unavailable};
use async_trait::async_trait;

use crate::{Postgres, error::unavailable, migrate};

const NEWEST: &str = "SELECT max(version) FROM _sqlx_migrations WHERE success";

/// The database lacks migrations.
#[derive(Debug, thiserror::Error)]
#[error("the database has migrations up to {found}, this program needs those up to {known}")]
struct Old {
    found: i64,
    known: i64,
}

#[async_trait]
impl Health for Postgres {
    async fn check(&self) -> Result<(), Unavailable> {
        let newest = sqlx::query_scalar::<_, Option<i64>>(NEWEST).fetch_one(&self.pool);
        let found = self
            .in_time(newest)
            .await
            .map_err(unavailable)?
            .unwrap_or(0);
        // One that is newer is on its way to the next program, and serves this one.
        let known = migrate::known();
        if found < known {
            return Err(Unavailable::lasting(Old { found, known }));
        }
        Ok(())
    }
}
