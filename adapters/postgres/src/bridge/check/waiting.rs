use sqlx::{Error, PgConnection};

use crate::bridge::{
    objects::named,
    sql::{Bridge, query_as},
};

/// What has waited for longer than a few rounds, or has an error.
const WAITING: &str = "
    SELECT COALESCE(target, source), key, error, tries FROM {moved}
    WHERE error IS NOT NULL OR at < now() - interval '10 s'
    UNION ALL
    SELECT source, key, NULL, 0 FROM {noted} LEFT JOIN UNNEST(keys) AS k(key) ON true
    WHERE at < now() - interval '10 s'
    UNION ALL
    SELECT 'the platform''s messages', message_id::text, error, tries FROM {written}
    WHERE error IS NOT NULL OR at < now() - interval '10 s'";

type Row = (Option<String>, Option<String>, Option<String>, i32);

/// A sentence about each mark that waits.
pub(super) async fn lines(
    bridge: &Bridge,
    connection: &mut PgConnection,
) -> Result<Vec<String>, Error> {
    let rows: Vec<Row> = query_as(named(bridge, WAITING))
        .fetch_all(connection)
        .await?;
    let lines = rows.into_iter().map(|(of, key, error, tries)| {
        let of = of.unwrap_or_default();
        let key = key.unwrap_or_else(|| "everything".to_owned());
        match error {
            Some(error) => format!("{of}: {key} was tried {tries} times: {error}"),
            None => format!(
                "{of}: {key} waits: is a service running with CHAT_BRIDGE set to this mapping?"
            ),
        }
    });
    Ok(lines.collect())
}
