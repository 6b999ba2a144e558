//! Which triggers a table needs, and which are there.

use sqlx::{Error, FromRow, PgConnection};

use super::names;
use crate::bridge::{
    mapping::Source,
    sql::{Bridge, quote},
};

/// $1 table, $2 our schema, $3 function, $4 how triggers are enabled, $5 function of an
/// earlier version. A statement on a partition, or on a table that inherits, fires no
/// statement trigger of the table above it, and the other way round.
const STATE: &str = "
    SELECT ARRAY(
               SELECT a.attname::text FROM pg_index i
               JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
               WHERE i.indrelid = c.oid AND i.indisprimary AND c.relkind = 'r'
                 AND NOT EXISTS (SELECT FROM pg_inherits WHERE c.oid IN (inhrelid, inhparent))
               ORDER BY a.attnum
           ) AS identity,
           count(*) FILTER (WHERE proname = $3 AND enabled AND by_row) AS of_rows,
           count(*) FILTER (WHERE proname = $3 AND enabled AND NOT by_row) AS of_statements,
           count(*) FILTER (WHERE proname = $5) AS earlier
    FROM pg_class c LEFT JOIN (
        SELECT g.tgrelid, p.proname, g.tgtype & 1 = 1 AS by_row,
               strpos($4, g.tgenabled::text) > 0 AS enabled
        FROM pg_trigger g JOIN pg_proc p ON p.oid = g.tgfoid
        WHERE p.pronamespace = $2::regnamespace
    ) t ON t.tgrelid = c.oid
    WHERE c.oid = to_regclass($1)
    GROUP BY c.oid, c.relkind";

/// Of a source, what is there.
#[derive(Debug, Default, FromRow)]
pub(crate) struct State {
    /// The primary key, if statement triggers see every change of the table.
    identity: Vec<String>,
    /// Triggers that are enabled as they should be.
    of_rows: i64,
    of_statements: i64,
    /// Triggers of an earlier version.
    earlier: i64,
    #[sqlx(skip)]
    replica: bool,
}

impl State {
    /// The primary key of a table whose triggers are by statement. `None`: they are by row.
    /// What is replicated fires no statement triggers.
    pub(super) fn identity(&self) -> Option<&[String]> {
        let by_statement = !self.replica && !self.identity.is_empty();
        by_statement.then_some(&self.identity[..])
    }

    /// Whether all triggers are there, and no others of ours.
    pub(crate) fn is_complete(&self) -> bool {
        let wanted = match self.identity() {
            Some(_) => (0, 4),
            None => (1, 1),
        };
        (self.of_rows, self.of_statements) == wanted && self.earlier == 0
    }
}

/// What is there of the triggers of a source. Nothing, if there is no such table.
pub(crate) async fn state(
    bridge: &Bridge,
    connection: &mut PgConnection,
    source: &Source,
) -> Result<State, Error> {
    let replica = bridge.mapping.replica;
    let state: Option<State> = sqlx::query_as(STATE)
        .bind(names::table(source))
        .bind(quote(&bridge.schema_name))
        .bind(names::function(source))
        .bind(if replica { "A" } else { "OA" })
        .bind(names::earlier_function(source))
        .fetch_optional(connection)
        .await?;
    Ok(State {
        replica,
        ..state.unwrap_or_default()
    })
}
