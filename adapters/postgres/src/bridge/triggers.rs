//! The triggers on the platform's tables: all that the bridge leaves there.
//!
//! They note the keys of rows that moved, in a transaction of the platform: by statement,
//! or by row where a statement trigger does not see every change. They compare in their
//! bodies: a condition of a trigger, or a list of columns, would be in the way of
//! `ALTER COLUMN`, and would go with `DROP COLUMN … CASCADE`. They send no notification,
//! because that makes the commits of the platform wait for each other. And they fail no
//! transaction (invariant 1): if a column that they know is gone, they note the rows all the
//! same; if the key is gone, everything.

mod function;
mod names;
mod state;

use sqlx::{Error, PgConnection};

use self::state::State;
pub(crate) use self::{names::table, state::state};
use super::{
    locked::patiently,
    mapping::Source,
    sql::{Bridge, query, query_as, quote},
};

/// By statement, each trigger has the transition tables that are named: Postgres allows them
/// for one event alone.
const BY_STATEMENT: [(&str, &str); 4] = [
    (
        "insert",
        "INSERT ON {table} REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT",
    ),
    (
        "update",
        "UPDATE ON {table} REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
         FOR EACH STATEMENT",
    ),
    (
        "delete",
        "DELETE ON {table} REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT",
    ),
    TRUNCATE,
];

const BY_ROW: [(&str, &str); 2] = [
    ("row", "INSERT OR UPDATE OR DELETE ON {table} FOR EACH ROW"),
    TRUNCATE,
];

const TRUNCATE: (&str, &str) = ("truncate", "TRUNCATE ON {table} FOR EACH STATEMENT");

/// Makes the function of a source, and its triggers unless they are there. Returns whether
/// they were not.
pub(crate) async fn put(
    bridge: &Bridge,
    connection: &mut PgConnection,
    source: &Source,
) -> Result<bool, Error> {
    let make = async |transaction: &mut PgConnection| {
        let state = state(bridge, transaction, source).await?;
        let is_new = !state.is_complete();
        if is_new {
            create(bridge, transaction, source, &state).await?;
        } else {
            function(bridge, transaction, source, &state).await?;
        }
        Ok(is_new)
    };
    patiently(connection, make).await
}

/// Makes the function, or gives it the columns that the mapping has now.
async fn function(
    bridge: &Bridge,
    connection: &mut PgConnection,
    source: &Source,
    state: &State,
) -> Result<(), Error> {
    let name = bridge.ours(&names::function(source));
    let create = function::create(bridge, source, &name, state.identity());
    let revoke = format!("REVOKE EXECUTE ON FUNCTION {name}() FROM PUBLIC");
    for sql in [create, revoke] {
        query(sql).execute(&mut *connection).await?;
    }
    Ok(())
}

/// Makes the function and the triggers. Triggers of the other kind go with the function.
pub(crate) async fn create(
    bridge: &Bridge,
    transaction: &mut PgConnection,
    source: &Source,
    state: &State,
) -> Result<(), Error> {
    for name in [names::earlier_function(source), names::function(source)] {
        drop_function(bridge, transaction, &name).await?;
    }
    function(bridge, transaction, source, state).await?;
    let (table, function) = (table(source), bridge.ours(&names::function(source)));
    let triggers: &[_] = match state.identity() {
        Some(_) => &BY_STATEMENT,
        None => &BY_ROW,
    };
    for (what, when) in triggers {
        let name = names::trigger(bridge, what);
        let when = when.replace("{table}", &table);
        let create = format!("CREATE TRIGGER {name} AFTER {when} EXECUTE FUNCTION {function}()");
        query(create).execute(&mut *transaction).await?;
        if bridge.mapping.replica {
            let enable = format!("ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}");
            query(enable).execute(&mut *transaction).await?;
        }
    }
    Ok(())
}

/// Drops the functions of all sources but `sources`, and with them their triggers.
pub(crate) async fn drop_others(
    bridge: &Bridge,
    connection: &mut PgConnection,
    sources: &[Source],
) -> Result<(), Error> {
    let names: Vec<_> = sources.iter().map(names::function).collect();
    let others: Vec<(String,)> = query_as(
        "SELECT proname::text FROM pg_proc WHERE pronamespace = $1::regnamespace
           AND proname LIKE 'bridge\\_mark\\_%' AND proname <> ALL ($2::text[])"
            .to_owned(),
    )
    .bind(quote(&bridge.schema_name))
    .bind(names)
    .fetch_all(&mut *connection)
    .await?;
    for (name,) in others {
        patiently(connection, async |transaction: &mut PgConnection| {
            drop_function(bridge, transaction, &name).await
        })
        .await?;
    }
    Ok(())
}

/// With its triggers: of a table that is not ours, nothing else may be dropped.
async fn drop_function(
    bridge: &Bridge,
    transaction: &mut PgConnection,
    name: &str,
) -> Result<(), Error> {
    let drop = format!("DROP FUNCTION IF EXISTS {}() CASCADE", bridge.ours(name));
    query(drop).execute(transaction).await?;
    Ok(())
}
