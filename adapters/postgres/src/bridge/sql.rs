//! What all statements of the bridge share: names, settings, errors.

use std::time::Duration;

use sqlx::{
    AssertSqlSafe, Connection, Error, PgConnection, Postgres, Transaction,
    postgres::{PgArguments, PgDatabaseError, PgRow},
    query::{Query, QueryAs},
};

use super::mapping::{Back, BackTable, Kind, Mapping, Mistakes, Target};
use crate::{
    options::Options,
    session::{self, Settings},
};

/// Ids of messages of this service begin here. Those of the platform are lower.
pub(crate) const FIRST_OWN_ID: i64 = 1_000_000_000_000;

/// Who applies something: invariant 4.
const LOCK: i64 = 0x6272_6964_6765;

/// Why a command of the bridge failed.
#[derive(Debug, thiserror::Error)]
pub enum BridgeError {
    /// The database is unreachable, or reported an error.
    #[error(transparent)]
    Database(#[from] Error),
    /// The mapping does not fit the database.
    #[error("the mapping has mistakes:\n{0}")]
    Mistakes(Mistakes),
    /// Something that the operator has to do first.
    #[error("{0}")]
    Refused(String),
}

/// A name of the database, quoted.
pub(crate) fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A text of SQL, quoted.
pub(crate) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A statement that is never prepared for later: the platform may change its tables.
pub(crate) fn query<'q>(sql: String) -> Query<'q, Postgres, PgArguments> {
    sqlx::query(AssertSqlSafe(sql)).persistent(false)
}

/// The same, with rows.
pub(crate) fn query_as<'q, T>(sql: String) -> QueryAs<'q, Postgres, T, PgArguments>
where
    T: for<'r> sqlx::FromRow<'r, PgRow>,
{
    sqlx::query_as(AssertSqlSafe(sql)).persistent(false)
}

/// A mapping on a database.
pub(crate) struct Bridge {
    pub(crate) mapping: Mapping,
    /// Our schema, quoted.
    schema: String,
    /// The schema as it is.
    pub(crate) schema_name: String,
    /// Columns of rooms that the query gives beside the id, each with its type here.
    pub(crate) room_columns: Vec<(String, String)>,
    /// Where messages are written back. `None`: nowhere.
    pub(crate) back: Option<BackTable>,
}

impl Bridge {
    /// Connects. `limit`: of each statement.
    pub(crate) async fn open(
        options: &Options,
        mapping: &Mapping,
        limit: Duration,
    ) -> Result<(PgConnection, Self), Error> {
        let settings = Settings::of_bridge(limit);
        let (mut connection, _) = session::open(&options.connect_options()?, &settings).await?;
        let bridge = Self::on(&mut connection, mapping).await?;
        Ok((connection, bridge))
    }

    /// The mapping on the database of this connection.
    pub(crate) async fn on(
        connection: &mut PgConnection,
        mapping: &Mapping,
    ) -> Result<Self, Error> {
        let schema: String = sqlx::query_scalar("SELECT current_schema()::text")
            .fetch_one(&mut *connection)
            .await?;
        Ok(Self {
            mapping: mapping.clone(),
            schema: quote(&schema),
            schema_name: schema,
            room_columns: Vec::new(),
            back: match &mapping.back {
                Back::Into(table) => Some(table.as_ref().clone()),
                Back::No | Back::Yes => None,
            },
        })
    }

    /// One of our tables, sequences or functions.
    pub(crate) fn ours(&self, name: &str) -> String {
        format!("{}.{}", self.schema, quote(name))
    }

    /// The id of the ghost. Null: there is none.
    pub(crate) fn ghost(&self) -> Option<i64> {
        self.mapping.ghost.as_ref().map(|ghost| ghost.id)
    }

    pub(crate) fn writes_back(&self) -> bool {
        self.mapping.back != Back::No
    }

    /// What the query of a target returns, in our types, where `condition` holds for its
    /// columns in `q`.
    pub(crate) fn select(&self, target: Target, condition: &str) -> String {
        let columns = target.columns().iter().map(|(name, kind)| {
            let as_ours = match kind {
                Kind::Id => "bigint",
                Kind::Number => "integer",
                Kind::Boolean => "boolean",
                Kind::Text => "text",
                Kind::Json => "json",
                Kind::Time => "timestamptz",
            };
            format!("q.{name}::{as_ours} AS {name}")
        });
        let extra = match target {
            Target::Rooms => &self.room_columns[..],
            _ => &[],
        };
        let extra = extra
            .iter()
            .map(|(name, kind)| format!("q.{name}::{kind} AS {name}"));
        let columns = columns.chain(extra).collect::<Vec<_>>().join(", ");
        format!(
            "SELECT {columns} FROM (\n{}\n) q WHERE {condition}",
            self.text(target)
        )
    }

    /// The query of a target. One that is not there returns nothing.
    pub(crate) fn text(&self, target: Target) -> &str {
        let query = self.mapping.query(target);
        query.map_or("SELECT NULL::bigint AS id WHERE false", |sql| &sql.text)
    }

    /// Begins a transaction in which queries find the platform's tables, and nothing that
    /// is written counts as news.
    pub(crate) async fn begin<'c>(
        &self,
        connection: &'c mut PgConnection,
    ) -> Result<Transaction<'c, Postgres>, Error> {
        let mut transaction = connection.begin().await?;
        sqlx::query(
            "SELECT set_config('search_path', $1, true), set_config('aftermatch.bridge', 'on', true)",
        )
        .bind(quote(&self.mapping.schema))
        .execute(&mut *transaction)
        .await?;
        Ok(transaction)
    }
}

/// Takes the lock of those who apply something, until the end of the transaction. Without
/// `wait`: returns `false` if another one has it. With it: queues for as long as a statement
/// may take, because a portion takes longer than the wait for a row.
pub(crate) async fn lock(connection: &mut PgConnection, wait: bool) -> Result<bool, Error> {
    if !wait {
        return sqlx::query_scalar("SELECT pg_try_advisory_xact_lock($1)")
            .bind(LOCK)
            .fetch_one(connection)
            .await;
    }
    let for_rows: String = sqlx::query_scalar("SELECT current_setting('lock_timeout')")
        .fetch_one(&mut *connection)
        .await?;
    lock_timeout(connection, "0").await?;
    sqlx::query("SELECT pg_advisory_xact_lock($1)")
        .bind(LOCK)
        .execute(&mut *connection)
        .await?;
    lock_timeout(connection, &for_rows).await?;
    Ok(true)
}

/// Of this transaction.
async fn lock_timeout(connection: &mut PgConnection, limit: &str) -> Result<(), Error> {
    sqlx::query("SELECT set_config('lock_timeout', $1, true)")
        .bind(limit)
        .execute(connection)
        .await?;
    Ok(())
}

/// What Postgres says, with what it adds.
pub(crate) fn sentence(error: &Error) -> String {
    let Error::Database(error) = error else {
        return crate::error::reason(error);
    };
    match error.code().as_deref() {
        Some(CANCELED) => {
            return "it takes longer than CHAT_STATEMENT_TIMEOUT allows: make the query faster, \
                    with an index, or raise the limit"
                .to_owned();
        }
        Some(LOCKED) => return "another transaction has it locked".to_owned(),
        _ => {}
    }
    let more = error
        .try_downcast_ref::<PgDatabaseError>()
        .and_then(|error| error.detail().or(error.hint()));
    match more {
        Some(more) => format!("{} ({})", error.message(), more.trim_end_matches('.')),
        None => error.message().to_owned(),
    }
}

/// `query_canceled`: the time limit of a statement.
const CANCELED: &str = "57014";

/// `lock_not_available`
const LOCKED: &str = "55P03";

/// How much a round looks into what fails of one target: a statement that always fails, or
/// takes too long with any keys, does not hold up the rest.
pub(crate) struct Patience(u32);

impl Patience {
    pub(crate) fn new() -> Self {
        Self(64)
    }

    /// Whether to look into this failure: to try halves of the keys.
    pub(crate) fn lasts(&mut self, error: &Error) -> bool {
        let code = error.as_database_error().and_then(|error| error.code());
        let cost = match code.as_deref() {
            Some(CANCELED) => 16,
            _ => 1,
        };
        self.0 = self.0.saturating_sub(cost);
        self.0 > 0 && !is_of_statement(error)
    }
}

fn class(error: &Error) -> Option<String> {
    let code = error.as_database_error()?.code()?;
    code.get(..2).map(str::to_owned)
}

/// Whether the statement fails with any keys: a column that is gone, a right that is
/// missing.
fn is_of_statement(error: &Error) -> bool {
    // Some of class 42 are found in rows, but none of those that queries meet.
    class(error).is_some_and(|class| matches!(&*class, "42" | "3F" | "0A"))
}

/// Whether the transaction cannot go on, and can be repeated later: everything but an
/// error of the statement or of its rows.
pub(crate) fn ends_round(error: &Error) -> bool {
    match error {
        Error::Database(database) => match database.code().as_deref() {
            Some(CANCELED | LOCKED) => false,
            _ => class(error).is_some_and(|class| {
                let of_server = ["08", "40", "53", "55", "57", "58", "XX"];
                of_server.contains(&class.as_str())
            }),
        },
        Error::ColumnDecode { .. } | Error::Decode(_) => false,
        _ => true,
    }
}
