use sqlx::{
    Connection, Error, FromRow, PgConnection,
    postgres::{PgDatabaseError, PgErrorPosition},
};

use crate::bridge::{
    mapping::Mistake,
    sql::{Bridge, query, sentence},
};

const NAME: &str = "bridge_probe";

const COLUMNS: &str = "
    SELECT attname::text, format_type(atttypid, NULL) FROM pg_attribute
    WHERE attrelid = to_regclass($1) AND attnum > 0 ORDER BY attnum";

/// A reference to a whole row reads all columns.
const READS: &str = "
    SELECT DISTINCT n.nspname::text AS schema, c.relname::text AS \"table\",
           a.attname::text AS column,
           has_column_privilege(c.oid, a.attnum, 'SELECT') AS readable
    FROM pg_rewrite w
    JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid
    JOIN pg_class c ON d.refclassid = 'pg_class'::regclass AND c.oid = d.refobjid
        AND c.oid <> w.ev_class
    JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        AND d.refobjsubid IN (a.attnum, 0)
    WHERE w.ev_class = to_regclass($1)
      AND (d.refobjsubid > 0 OR NOT EXISTS (
          SELECT FROM pg_depend o WHERE o.classid = d.classid AND o.objid = d.objid
            AND o.refclassid = d.refclassid AND o.refobjid = d.refobjid AND o.refobjsubid > 0
      ))";

/// A column that a query reads.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, FromRow)]
pub(crate) struct Read {
    pub(crate) schema: String,
    pub(crate) table: String,
    pub(crate) column: String,
    /// Whether this role may.
    pub(crate) readable: bool,
}

/// A query, as Postgres understands it.
#[derive(Debug)]
pub(super) struct View {
    /// Names and types.
    pub(super) columns: Vec<(String, String)>,
    pub(super) reads: Vec<Read>,
    /// The query, as Postgres writes it.
    pub(super) definition: String,
}

impl View {
    pub(super) async fn of(
        bridge: &Bridge,
        connection: &mut PgConnection,
        text: &str,
    ) -> Result<Self, Error> {
        let name = bridge.ours(NAME);
        let mut savepoint = connection.begin().await?;
        query(prefix(bridge) + text)
            .execute(&mut *savepoint)
            .await?;
        let view = Self {
            columns: sqlx::query_as(COLUMNS)
                .bind(&name)
                .fetch_all(&mut *savepoint)
                .await?,
            reads: sqlx::query_as(READS)
                .bind(&name)
                .fetch_all(&mut *savepoint)
                .await?,
            definition: sqlx::query_scalar("SELECT pg_get_viewdef(to_regclass($1)::oid, true)")
                .bind(&name)
                .fetch_one(&mut *savepoint)
                .await?,
        };
        savepoint.rollback().await?;
        Ok(view)
    }
}

fn prefix(bridge: &Bridge) -> String {
    format!("CREATE VIEW {} AS\n", bridge.ours(NAME))
}

/// What Postgres finds wrong with a query that begins on this line of the file.
pub(super) fn mistake(bridge: &Bridge, error: &Error, text: &str, line: usize) -> Mistake {
    let prefix = prefix(bridge).chars().count();
    let position = error.as_database_error().and_then(|error| {
        match error.try_downcast_ref::<PgDatabaseError>()?.position()? {
            PgErrorPosition::Original(position) => Some(position),
            PgErrorPosition::Internal { .. } => None,
        }
    });
    // It counts characters of the whole statement, from 1.
    let position = position.and_then(|position| position.checked_sub(prefix + 1));
    let before = text.chars().take(position.unwrap_or(0));
    let below = before.filter(|c| *c == '\n').count();
    Mistake {
        line: line + below,
        sentence: sentence(error),
    }
}
