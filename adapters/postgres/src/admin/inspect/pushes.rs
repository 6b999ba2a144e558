//! Messages that were not pushed to the platform.

use std::time::Duration;

use sqlx::{Error, PgConnection, Row};

use super::{finding::Finding, query::rows};

const DEAD_LETTERS: &str = "SELECT count(*) FROM push_dead_letters";

pub(super) async fn finding(
    connection: &mut PgConnection,
    limit: Duration,
) -> Result<Option<Finding>, Error> {
    let rows = rows(connection, limit, DEAD_LETTERS).await?;
    let count: i64 = rows.first().ok_or(Error::RowNotFound)?.try_get(0)?;
    Ok((count > 0).then(|| {
        Finding::warning(format!(
            "the webhook did not accept {count} messages within a day: they are in the table \
             push_dead_letters. To have them sent again, `UPDATE push_dead_letters SET again = true`"
        ))
    }))
}
