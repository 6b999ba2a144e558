//! Whether the replica is a standby of the database.

use std::time::Duration;

use sqlx::{Connection, Error, PgConnection, Row, postgres::PgConnectOptions};
use tokio::time::Instant;

use super::{finding::Finding, query, refusal};
use crate::{error::reason, options::Options, replica::identity, retry::before};

const WHICH: &str = concat!("SELECT pg_is_in_recovery(), ", identity!());

/// A server: whether it is a standby, and which database was asked.
type Which = (bool, String);

pub(super) async fn finding(
    options: &Options,
    primary: &mut PgConnection,
) -> Result<Option<Finding>, Error> {
    let limit = options.statement_timeout;
    let connect = match options.connect_options_of_replica() {
        Ok(Some(connect)) => connect,
        Ok(None) => return Ok(None),
        Err(error) => return Ok(Some(refusal::of_address("CHAT_REPLICA_URL", &error))),
    };
    let (_, database) = which(primary, limit).await?;
    Ok(match of_replica(&connect, limit).await {
        Ok((true, same)) if same == database => None,
        Ok((true, _)) => Some(Finding::permanent(
            "CHAT_REPLICA_URL is no standby of DATABASE_URL: the two have different databases. \
             Write the address of a standby, with the name of the same database, or leave \
             CHAT_REPLICA_URL out",
        )),
        Ok((false, _)) => Some(Finding::warning(
            "CHAT_REPLICA_URL is no standby, and is not read. Write the address of a standby of \
             DATABASE_URL, or leave it out",
        )),
        Err(error) => Some(Finding::warning(format!(
            "the replica (CHAT_REPLICA_URL) cannot be read now, and the database does its work: \
             {}",
            reason(&error)
        ))),
    })
}

async fn of_replica(connect: &PgConnectOptions, limit: Duration) -> Result<Which, Error> {
    let deadline = Instant::now() + 2 * limit;
    let mut replica = before(deadline, PgConnection::connect_with(connect)).await?;
    query::begin(&mut replica, limit).await?;
    let which = which(&mut replica, limit).await?;
    before(Instant::now() + 2 * limit, replica.close()).await?;
    Ok(which)
}

async fn which(connection: &mut PgConnection, limit: Duration) -> Result<Which, Error> {
    let rows = query::rows(connection, limit, WHICH).await?;
    let row = rows.first().ok_or(Error::RowNotFound)?;
    Ok((row.try_get(0)?, row.try_get(1)?))
}
