//! Users, brands and rooms that the platform puts and removes through the service.
//!
//! Each change is one transaction on a connection of the pool. Triggers move the revisions, as
//! after the platform's own SQL.
//! 1. **References are checked before they are written**, so that all that is wrong is
//!    reported. What others do meanwhile is caught by the constraints, and everything is done
//!    again.
//! 2. **The chat is not held up.** A change may take longer than other statements, because a
//!    room can have many messages; so only two run at a time.

mod put;
mod remove;

use std::time::Duration;

use aftermatch_ports::{
    Directory, Put, Removal, StoreError,
    model::{BrandId, Profile, RecordId, Records, UserId, world::NewBrand},
};
use async_trait::async_trait;
use sqlx::{Error, FromRow, PgConnection, raw_sql};
use tokio::time::Instant;

use super::tariff;
use crate::{
    error::{reason, unavailable},
    moment::Moment,
    retry::Retry,
    store::Postgres,
};

/// How long one change may take, on both sides.
const LIMIT: Duration = Duration::from_secs(30);

/// Set at the begin of each transaction. Brands may change hands among themselves.
const PREPARE: &str = "SET LOCAL statement_timeout = '30s'; SET CONSTRAINTS ALL DEFERRED";

/// How often a change is tried while others change the same.
const ATTEMPTS: usize = 5;

const BRAND: &str = "
    SELECT user_id, tariff, tariff_until, profile::text AS profile FROM brands WHERE id = $1";

#[derive(FromRow)]
struct BrandRow {
    user_id: i64,
    tariff: Option<String>,
    tariff_until: Option<Moment>,
    profile: String,
}

#[async_trait]
impl Directory for Postgres {
    #[tracing::instrument(name = "db.brand.find", level = "debug", skip_all, fields(brand.id = id.0))]
    async fn brand(&self, id: BrandId) -> Result<Option<NewBrand>, StoreError> {
        let query = sqlx::query_as::<_, BrandRow>(BRAND).bind(id.0);
        let row = self.with_timeout(query.fetch_optional(&self.pool)).await;
        let row = row.map_err(unavailable)?;
        Ok(row.map(|row| NewBrand {
            id,
            owner: UserId(row.user_id),
            tariff: tariff::decode(id.0, row.tariff.as_deref()),
            tariff_until: row.tariff_until.and_then(Moment::end),
            profile: Profile::new(row.profile),
        }))
    }

    #[tracing::instrument(name = "db.directory.put", level = "debug", skip_all)]
    async fn put(&self, records: Records) -> Result<Put, StoreError> {
        let put = self.change(&records).await?;
        Ok(put.unwrap_or_else(Put::Unfit))
    }

    #[tracing::instrument(name = "db.directory.remove", level = "debug", skip_all)]
    async fn remove(&self, id: RecordId) -> Result<Removal, StoreError> {
        let removal = self.change(&id).await?;
        // Something of the platform's own refers to it.
        removal.map_err(StoreError::permanent)
    }
}

/// What is done in one transaction.
trait Change: Sync {
    type Done;

    /// Writes nothing if the change is refused.
    fn run(
        &self,
        connection: &mut PgConnection,
    ) -> impl Future<Output = Result<Self::Done, Error>> + Send;
}

impl Postgres {
    /// Commits a change. The inner error is what the database says of values that it cannot
    /// hold.
    async fn change<C: Change>(&self, change: &C) -> Result<Result<C::Done, String>, StoreError> {
        let _lane = self.directory_writes.enter(LIMIT).await?;
        // Longer than Postgres takes to find out that two wait for each other.
        let mut retry = Retry::until(Instant::now() + LIMIT);
        let mut attempts = 0;
        loop {
            attempts += 1;
            let error = match self.within(LIMIT, self.attempt(change)).await {
                Ok(done) => return Ok(Ok(done)),
                Err(error) => error,
            };
            match Cause::of(&error) {
                Cause::Others if attempts < ATTEMPTS => retry.wait().await?,
                Cause::Others | Cause::Value => return Ok(Err(reason(&error))),
                Cause::Server => return Err(unavailable(error)),
            }
        }
    }

    async fn attempt<C: Change>(&self, change: &C) -> Result<C::Done, Error> {
        let mut transaction = self.pool.begin().await?;
        raw_sql(PREPARE).execute(&mut *transaction).await?;
        let done = change.run(&mut transaction).await?;
        transaction.commit().await?;
        Ok(done)
    }
}

/// Why a change failed.
enum Cause {
    /// Others change the same rows.
    Others,
    /// The values themselves.
    Value,
    /// Anything else.
    Server,
}

impl Cause {
    fn of(error: &Error) -> Self {
        let code = error.as_database_error().and_then(|error| error.code());
        match code.as_deref().and_then(|code| code.get(..2)) {
            // Constraints, deadlocks.
            Some("23" | "40") => Self::Others,
            // Data, limits of the program.
            Some("22" | "54") => Self::Value,
            _ => Self::Server,
        }
    }
}
