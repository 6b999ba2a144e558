use sqlx::{Error, PgConnection};

use crate::bridge::{
    objects::named,
    sql::{Bridge, BridgeError, query_as, sentence},
};

/// Lines that one statement compares.
const PORTION: usize = 5_000;

/// $1 lines. Keys are compared by their values and not by how these are written.
const COMPARE: &str = "
    WITH line AS MATERIALIZED (SELECT l::jsonb AS j FROM UNNEST($1::text[]) AS l),
    shown AS (
        SELECT 'user' AS what, (j ->> 'user')::bigint AS id, j -> 'profile' AS profile
        FROM line WHERE j ? 'user'
        UNION ALL
        SELECT 'brand', (j ->> 'brand')::bigint, j -> 'profile' FROM line WHERE j ? 'brand'
    ), here AS (
        SELECT s.*, CASE s.what
            WHEN 'user' THEN (SELECT u.profile::jsonb FROM {users} u WHERE u.id = s.id)
            ELSE (SELECT b.profile::jsonb FROM {brands} b WHERE b.id = s.id) END AS ours
        FROM shown s
    )
    SELECT h.what, h.id, NULL AS key, NULL AS shown, NULL AS ours FROM here h WHERE h.ours IS NULL
    UNION ALL
    SELECT h.what, h.id, k.key, k.shown::text, k.ours::text FROM here h CROSS JOIN LATERAL (
        SELECT COALESCE(a.key, b.key) AS key, a.value AS shown, b.value AS ours
        FROM jsonb_each(h.profile) a FULL JOIN jsonb_each(h.ours) b ON a.key = b.key
        WHERE a.value IS DISTINCT FROM b.value
    ) k WHERE h.ours IS NOT NULL
    ORDER BY 1, 2, 3";

type Row = (String, i64, Option<String>, Option<String>, Option<String>);

/// A sentence about each key of a profile that differs from what the platform shows.
pub(super) async fn lines(
    bridge: &Bridge,
    connection: &mut PgConnection,
    shown: &str,
) -> Result<Vec<String>, BridgeError> {
    let given: Vec<_> = shown
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    let mut lines = Vec::new();
    for portion in given.chunks(PORTION) {
        let rows = query_as::<Row>(named(bridge, COMPARE))
            .bind(portion)
            .fetch_all(&mut *connection)
            .await
            .map_err(not_as_expected)?;
        for (what, id, key, shown, ours) in rows {
            lines.push(match key {
                None => format!("{what} {id} is missing here, and the platform shows it"),
                Some(key) => {
                    let or_nothing =
                        |value: Option<String>| value.unwrap_or_else(|| "nothing".to_owned());
                    format!(
                        "the profile of {what} {id} differs in {key}: the platform shows {}, and \
                         the query gives {}",
                        or_nothing(shown),
                        or_nothing(ours)
                    )
                }
            });
        }
    }
    Ok(lines)
}

fn not_as_expected(error: Error) -> BridgeError {
    match &error {
        Error::Database(_) => BridgeError::Refused(format!(
            "the file of profiles must have lines such as {{\"user\": 3, \"profile\": {{…}}}} or \
             {{\"brand\": 7, \"profile\": {{…}}}}: {}",
            sentence(&error)
        )),
        _ => BridgeError::Database(error),
    }
}
