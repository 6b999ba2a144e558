//! The triggers on the platform's tables: all that the bridge leaves there.
//!
//! A trigger notes the key of a row that moved, in a transaction of the platform. It
//! compares in its body: a condition of the trigger would be in the way of `ALTER COLUMN`,
//! and would go with `DROP COLUMN … CASCADE`. It sends no notification, because that makes
//! the commits of the platform wait for each other. And it fails no transaction
//! (invariant 1): if a column that it knows is gone, it notes the row all the same; if the
//! key is gone, everything.

use std::time::Duration;

use sqlx::{Connection, Error, FromRow, PgConnection};
use tokio::time::sleep;

use super::{
    mapping::Source,
    objects::named,
    sql::{Bridge, literal, query, query_as, quote},
};

/// How long a `CREATE TRIGGER` waits for a table, and others behind it.
const LOCK_TIMEOUT: &str = "500ms";

/// How often that is tried again.
const TRIES: usize = 60;

/// Pause between two tries: those who waited behind it go on.
const PAUSE: Duration = Duration::from_millis(500);

/// The longest name of Postgres, in bytes.
const MAX_NAME: usize = 63;

const FUNCTION: &str = "
    CREATE OR REPLACE FUNCTION {function}() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $bridge$
    BEGIN
        IF current_setting('aftermatch.bridge', true) = 'on' THEN
            RETURN NULL;
        END IF;
        {compare}
        BEGIN
            IF TG_OP = 'TRUNCATE' THEN
                INSERT INTO {moved} (source) VALUES ({source});
                RETURN NULL;
            END IF;
            IF TG_OP <> 'DELETE' THEN
                INSERT INTO {moved} (source, key)
                SELECT {source}, NEW.{key}::text WHERE NEW.{key} IS NOT NULL;
            END IF;
            IF TG_OP <> 'INSERT' AND OLD.{key} IS DISTINCT FROM NEW.{key} THEN
                INSERT INTO {moved} (source, key)
                SELECT {source}, OLD.{key}::text WHERE OLD.{key} IS NOT NULL;
            END IF;
        EXCEPTION WHEN OTHERS THEN
            BEGIN
                INSERT INTO {moved} (source, key)
                SELECT {source}, COALESCE(to_jsonb(NEW), to_jsonb(OLD)) ->> {key_text};
            EXCEPTION WHEN OTHERS THEN
                NULL;
            END;
        END;
        RETURN NULL;
    END
    $bridge$";

const COMPARE: &str = "
        IF TG_OP = 'UPDATE' THEN
            BEGIN
                IF ({old}) IS NOT DISTINCT FROM ({new}) THEN
                    RETURN NULL;
                END IF;
            EXCEPTION WHEN OTHERS THEN
                NULL;
            END;
        END IF;";

/// The name of the function of a source.
fn function_name(source: &Source) -> String {
    truncated(format!("bridge_mark_{}_{}", source.schema, source.table))
}

/// As Postgres does it.
fn truncated(mut name: String) -> String {
    while name.len() > MAX_NAME {
        name.pop();
    }
    name
}

fn function(bridge: &Bridge, source: &Source) -> String {
    let row = |record: &str| {
        let columns = source.columns.iter().chain([&source.key]);
        let columns = columns.map(|column| format!("{record}.{}", quote(column)));
        columns.collect::<Vec<_>>().join(", ")
    };
    let compare = if source.columns.is_empty() {
        String::new()
    } else {
        COMPARE
            .replace("{old}", &row("OLD"))
            .replace("{new}", &row("NEW"))
    };
    named(bridge, FUNCTION)
        .replace("{compare}", &compare)
        .replace("{function}", &bridge.ours(&function_name(source)))
        .replace("{source}", &literal(&source.name()))
        .replace("{key_text}", &literal(&source.key))
        .replace("{key}", &quote(&source.key))
}

/// The names of the two triggers of a table. Two chats can have bridges to one platform.
fn trigger_names(bridge: &Bridge) -> [String; 2] {
    ["row", "truncate"].map(|what| truncated(format!("{}_bridge_{what}", bridge.schema_name)))
}

/// Of a source, what is there.
#[derive(Debug, FromRow)]
pub(crate) struct State {
    /// How many of its two triggers are, and are enabled as they should be.
    triggers: i64,
}

impl State {
    pub(crate) fn is_complete(&self) -> bool {
        self.triggers >= 2
    }
}

/// What is there of the triggers of a source.
pub(crate) async fn state(
    bridge: &Bridge,
    connection: &mut PgConnection,
    source: &Source,
) -> Result<State, Error> {
    let enabled = if bridge.mapping.replica { "A" } else { "OA" };
    sqlx::query_as(
        "SELECT count(*) AS triggers FROM pg_trigger g JOIN pg_proc p ON p.oid = g.tgfoid
         WHERE g.tgrelid = to_regclass($1) AND p.proname = $2
           AND p.pronamespace = $3::regnamespace AND strpos($4, g.tgenabled::text) > 0",
    )
    .bind(table(source))
    .bind(function_name(source))
    .bind(quote(&bridge.schema_name))
    .bind(enabled)
    .fetch_one(connection)
    .await
}

/// The table of a source, quoted.
pub(crate) fn table(source: &Source) -> String {
    format!("{}.{}", quote(&source.schema), quote(&source.table))
}

/// Makes the function of a source, and its triggers unless they are there. Returns whether
/// they were not.
pub(crate) async fn put(
    bridge: &Bridge,
    connection: &mut PgConnection,
    source: &Source,
) -> Result<bool, Error> {
    query(function(bridge, source))
        .execute(&mut *connection)
        .await?;
    let name = bridge.ours(&function_name(source));
    let revoke = format!("REVOKE EXECUTE ON FUNCTION {name}() FROM PUBLIC");
    query(revoke).execute(&mut *connection).await?;
    if state(bridge, connection, source).await?.is_complete() {
        return Ok(false);
    }
    let mut tries = TRIES;
    loop {
        let mut transaction = connection.begin().await?;
        match create(bridge, &mut transaction, source).await {
            Err(error) if is_locked(&error) && tries > 0 => tries -= 1,
            created => {
                created?;
                transaction.commit().await?;
                return Ok(true);
            }
        }
        transaction.rollback().await?;
        sleep(PAUSE).await;
    }
}

/// Makes the triggers, in a transaction, or fails if the table is locked for too long.
pub(crate) async fn create(
    bridge: &Bridge,
    transaction: &mut PgConnection,
    source: &Source,
) -> Result<(), Error> {
    let (table, function) = (table(source), bridge.ours(&function_name(source)));
    let [row, truncate] = trigger_names(bridge).map(|name| quote(&name));
    let mut statements = vec![
        format!("SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'"),
        format!(
            "CREATE OR REPLACE TRIGGER {row} AFTER INSERT OR UPDATE OR DELETE ON {table}
             FOR EACH ROW EXECUTE FUNCTION {function}()"
        ),
        format!(
            "CREATE OR REPLACE TRIGGER {truncate} AFTER TRUNCATE ON {table}
             FOR EACH STATEMENT EXECUTE FUNCTION {function}()"
        ),
    ];
    if bridge.mapping.replica {
        statements.push(format!(
            "ALTER TABLE {table} ENABLE ALWAYS TRIGGER {row}, ENABLE ALWAYS TRIGGER {truncate}"
        ));
    }
    for sql in statements {
        query(sql).execute(&mut *transaction).await?;
    }
    Ok(())
}

/// `lock_not_available`
pub(crate) fn is_locked(error: &Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    code.is_some_and(|code| code == "55P03")
}

/// Drops the functions of all sources but `sources`, and with them their triggers: of a
/// table that is not ours, nothing else may be dropped.
pub(crate) async fn drop_others(
    bridge: &Bridge,
    connection: &mut PgConnection,
    sources: &[Source],
) -> Result<(), Error> {
    let names: Vec<_> = sources.iter().map(function_name).collect();
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
        let mut tries = TRIES;
        loop {
            match drop_function(bridge, connection, &name).await {
                Err(error) if is_locked(&error) && tries > 0 => tries -= 1,
                dropped => break dropped?,
            }
            sleep(PAUSE).await;
        }
    }
    Ok(())
}

async fn drop_function(
    bridge: &Bridge,
    connection: &mut PgConnection,
    name: &str,
) -> Result<(), Error> {
    let mut transaction = connection.begin().await?;
    let limit = format!("SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'");
    query(limit).execute(&mut *transaction).await?;
    let drop = format!("DROP FUNCTION IF EXISTS {}() CASCADE", bridge.ours(name));
    query(drop).execute(&mut *transaction).await?;
    transaction.commit().await
}
