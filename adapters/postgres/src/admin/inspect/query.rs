//! How an inspection asks the server.

use std::time::Duration;

use sqlx::{AssertSqlSafe, Error, PgConnection, postgres::PgRow, raw_sql};
use tokio::time::Instant;

use crate::{retry::before, session::use_schema};

/// Begins the transaction of an inspection. It cannot change anything, and it is on one
/// connection of the server, even behind a pooler in transaction mode. A standby refuses
/// the isolation that a database may have by default. Tables are those that the service uses.
pub(super) async fn begin(connection: &mut PgConnection, limit: Duration) -> Result<(), Error> {
    let milliseconds = limit.as_millis();
    let begin = format!(
        "BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY;
         SET LOCAL statement_timeout = {milliseconds};
         {}",
        use_schema!("true")
    );
    rows(connection, limit, begin).await.map(drop)
}

/// The rows of a statement, within `limit`. In the simple protocol: a pooler may not
/// know prepared statements.
pub(super) async fn rows(
    connection: &mut PgConnection,
    limit: Duration,
    sql: impl Into<String>,
) -> Result<Vec<PgRow>, Error> {
    let rows = raw_sql(AssertSqlSafe(sql.into())).fetch_all(connection);
    // The server should be the first to give up, and say why.
    before(Instant::now() + 2 * limit, rows).await
}
