//! What to do where something is locked: by the platform, or by a service that runs.

use std::time::Duration;

use sqlx::{Connection, Error, PgConnection};
use tokio::time::sleep;

use super::sql::query;

/// How long to wait for a lock, and others behind it.
const LOCK_TIMEOUT: &str = "500ms";

/// How often to try again.
const TRIES: usize = 60;

/// Pause between two tries: those who waited behind it go on.
const PAUSE: Duration = Duration::from_millis(500);

/// Does `work` in a transaction. While something that it needs is locked, does it again, for
/// about a minute.
pub(crate) async fn patiently<T>(
    connection: &mut PgConnection,
    work: impl AsyncFn(&mut PgConnection) -> Result<T, Error>,
) -> Result<T, Error> {
    let mut tries = TRIES;
    loop {
        let mut transaction = connection.begin().await?;
        limit(&mut transaction).await?;
        match work(&mut transaction).await {
            Err(error) if is_locked(&error) && tries > 0 => tries -= 1,
            done => {
                let done = done?;
                transaction.commit().await?;
                return Ok(done);
            }
        }
        transaction.rollback().await?;
        sleep(PAUSE).await;
    }
}

/// Waits for no lock of this transaction for long.
pub(crate) async fn limit(transaction: &mut PgConnection) -> Result<(), Error> {
    let limit = format!("SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'");
    query(limit).execute(transaction).await?;
    Ok(())
}

/// `lock_not_available`
fn is_locked(error: &Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    code.is_some_and(|code| code == "55P03")
}
