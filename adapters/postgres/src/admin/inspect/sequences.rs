//! Whether the sequences are ahead of the numbers that they gave. After a restore that
//! was done by hand they may not be.

use std::time::Duration;

use sqlx::{Error, PgConnection, Row};

use super::{finding::Finding, query::rows};
use crate::directory::revisions::HIGHEST_REVISION;

/// A sequence, and where its numbers are.
struct Sequence {
    name: &'static str,
    /// The highest number that the tables have. Each is found by an index.
    highest: &'static str,
    /// What fails.
    effect: &'static str,
}

const SEQUENCES: [Sequence; 2] = [
    Sequence {
        name: "messages_id_seq",
        highest: "GREATEST((SELECT max(id) FROM messages), (SELECT max(id) FROM events))",
        effect: "new messages would get ids that are taken",
    },
    Sequence {
        name: "revisions",
        highest: HIGHEST_REVISION,
        effect: "changes of the platform would go unnoticed",
    },
];

/// For a database with all migrations, and a role with all rights.
pub(super) async fn findings(
    connection: &mut PgConnection,
    limit: Duration,
) -> Result<Vec<Finding>, Error> {
    let mut findings = Vec::new();
    for sequence in &SEQUENCES {
        // In this order: other processes write meanwhile.
        let highest = format!("SELECT COALESCE({}, 0)", sequence.highest);
        let highest = rows(connection, limit, highest).await?;
        let highest = highest.first().ok_or(Error::RowNotFound)?.try_get(0)?;
        if let Some(last) = last(connection, limit, sequence.name).await? {
            findings.extend(finding(sequence, last, highest));
        }
    }
    Ok(findings)
}

/// The last number of a sequence. `None`: it gave none, and the role may not read which is
/// the first.
async fn last(
    connection: &mut PgConnection,
    limit: Duration,
    name: &str,
) -> Result<Option<i64>, Error> {
    let sql = format!(
        "SELECT pg_sequence_last_value('{name}'::regclass),
                has_table_privilege('{name}'::regclass::oid, 'SELECT')"
    );
    let found = rows(connection, limit, sql).await?;
    let row = found.first().ok_or(Error::RowNotFound)?;
    let last: Option<i64> = row.try_get(0)?;
    if last.is_some() || !row.try_get::<bool, _>(1)? {
        return Ok(last);
    }
    // Never used: the next number is `last_value` itself.
    let first = format!("SELECT last_value - 1 FROM {name}");
    let first = rows(connection, limit, first).await?;
    first.first().map(|row| row.try_get(0)).transpose()
}

fn finding(sequence: &Sequence, last: i64, highest: i64) -> Option<Finding> {
    let Sequence { name, effect, .. } = sequence;
    (last < highest).then(|| {
        Finding::permanent(format!(
            "the sequence {name} is at {last}, and the tables have numbers up to {highest}: \
             {effect}. Run `SELECT setval('{name}', {highest})`"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequence_must_not_be_lower_than_its_numbers() {
        let [messages, _] = &SEQUENCES;
        for (last, highest) in [(0, 0), (5, 5), (6, 5), (0, -3)] {
            assert_eq!(
                finding(messages, last, highest),
                None,
                "{last} of {highest}"
            );
        }
        let found = finding(messages, 4, 5).expect("a finding").sentence;
        assert!(
            found.contains("`SELECT setval('messages_id_seq', 5)`"),
            "{found}"
        );
    }
}
