//! Which migrations the database has.

use std::time::Duration;

use sqlx::{Error, PgConnection, Row};

use super::{Fact, finding::Finding, query::rows};
use crate::admin::check::{MigrateError, known};

/// Whether the role can read the table of the migrations. Null: there is no such table.
const READABLE: &str =
    "SELECT has_any_column_privilege(to_regclass('_sqlx_migrations')::oid, 'SELECT')";

const NEWEST: &str = "SELECT max(version) FROM _sqlx_migrations";

/// How the migrations of the database compare with those of this program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Migrations {
    Same,
    /// It has the migrations up to this one. 0: none.
    Older(i64),
    Newer(i64),
    /// The role may not read which migrations there are.
    Unknown,
}

impl Migrations {
    pub(super) async fn read(
        connection: &mut PgConnection,
        limit: Duration,
    ) -> Result<Self, Error> {
        let readable = rows(connection, limit, READABLE).await?;
        let readable = readable.first().ok_or(Error::RowNotFound)?.try_get(0)?;
        Ok(match readable {
            None => Self::of(0, known()),
            Some(false) => Self::Unknown,
            Some(true) => {
                let newest = rows(connection, limit, NEWEST).await?;
                let newest: Option<i64> = newest.first().ok_or(Error::RowNotFound)?.try_get(0)?;
                Self::of(newest.unwrap_or(0), known())
            }
        })
    }

    fn of(found: i64, known: i64) -> Self {
        match found {
            found if found < known => Self::Older(found),
            found if found > known => Self::Newer(found),
            _ => Self::Same,
        }
    }

    /// The newest of them, 0 for none and for what is unknown.
    pub(super) fn newest(self) -> i64 {
        match self {
            Self::Same => known(),
            Self::Older(found) | Self::Newer(found) => found,
            Self::Unknown => 0,
        }
    }

    pub(super) fn fact(self) -> Fact {
        let known = known();
        let state = match self {
            Self::Same => format!("up to {known}, as this program needs"),
            Self::Older(0) => format!("none; this program has {known}"),
            Self::Older(found) => format!("up to {found}; this program needs those up to {known}"),
            Self::Newer(found) => format!("up to {found}; this program knows those up to {known}"),
            Self::Unknown => "the role may not read them".to_owned(),
        };
        ("migrations", state)
    }

    /// `migrates`: the service applies what is missing.
    pub(super) fn finding(self, migrates: bool) -> Option<Finding> {
        let known = known();
        match self {
            // What cannot be read is a missing right.
            Self::Same | Self::Unknown => None,
            Self::Newer(found) => Some(Finding::permanent(
                MigrateError::Newer { found, known }.to_string(),
            )),
            Self::Older(0) if migrates => Some(Finding::warning(
                "the database has no migrations yet: `aftermatch serve` will apply them",
            )),
            Self::Older(found) if migrates => Some(Finding::warning(format!(
                "the database has migrations up to {found}, this program needs those up to \
                 {known}: `aftermatch serve` will apply them. Make a backup before"
            ))),
            Self::Older(found) => Some(Finding::permanent(
                MigrateError::Older { found, known }.to_string(),
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admin::inspect::finding::Severity;

    #[test]
    fn older_schema_is_no_problem_for_a_service_that_migrates() {
        let severity = |found, known, migrates| {
            let finding = Migrations::of(found, known).finding(migrates);
            finding.map(|finding| finding.severity)
        };
        assert_eq!(severity(5, 5, true), None);
        assert_eq!(severity(4, 5, true), Some(Severity::Warning));
        assert_eq!(severity(0, 5, true), Some(Severity::Warning));
        assert_eq!(severity(4, 5, false), Some(Severity::Permanent));
        assert_eq!(severity(6, 5, true), Some(Severity::Permanent));
        assert_eq!(severity(6, 5, false), Some(Severity::Permanent));
    }
}
