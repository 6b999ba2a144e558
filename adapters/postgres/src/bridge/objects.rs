//! The tables of the bridge, in our own schema. `install` makes them, `remove` drops
//! them: a chat without a bridge has none of them.

use sqlx::{Error, PgConnection};

use super::sql::{Bridge, query};

/// Marks. One without a target is of a row of a source, one with a target of a row of
/// ours; one without a key is of all rows, up to `upto` applied already.
const MOVED: &str = "
    CREATE TABLE IF NOT EXISTS {moved} (
        id     bigint      GENERATED ALWAYS AS IDENTITY,
        source text,
        target text,
        key    text,
        upto   bigint,
        at     timestamptz NOT NULL DEFAULT clock_timestamp(),
        tries  integer     NOT NULL DEFAULT 0,
        after  timestamptz NOT NULL DEFAULT '-infinity',
        error  text,
        CONSTRAINT bridge_moved_pkey PRIMARY KEY (id)
    )";
const MOVED_DUE: &str = "CREATE INDEX IF NOT EXISTS bridge_moved_due_idx ON {moved} (after, id)";
const MOVED_TARGET: &str = "
    CREATE INDEX IF NOT EXISTS bridge_moved_target_idx ON {moved} (target, key)
    WHERE target IS NOT NULL";

/// Notes: the keys of a source that a statement of the platform moved. One without keys is of
/// all rows. The number of keys is beside them: a portion is counted without reading them.
/// There is nothing else, because the platform writes it.
const NOTED: &str = "
    CREATE TABLE IF NOT EXISTS {noted} (
        id     bigint      GENERATED ALWAYS AS IDENTITY,
        source text        NOT NULL,
        keys   text[],
        number integer     NOT NULL DEFAULT 1,
        at     timestamptz NOT NULL DEFAULT clock_timestamp(),
        CONSTRAINT bridge_noted_pkey PRIMARY KEY (id)
    )";

/// Messages that were written here and not yet there.
const WRITTEN: &str = "
    CREATE TABLE IF NOT EXISTS {written} (
        id         bigint      GENERATED ALWAYS AS IDENTITY,
        message_id bigint      NOT NULL,
        created    boolean     NOT NULL,
        at         timestamptz NOT NULL DEFAULT clock_timestamp(),
        tries      integer     NOT NULL DEFAULT 0,
        after      timestamptz NOT NULL DEFAULT '-infinity',
        error      text,
        CONSTRAINT bridge_written_pkey PRIMARY KEY (id)
    )";
const WRITTEN_DUE: &str =
    "CREATE INDEX IF NOT EXISTS bridge_written_due_idx ON {written} (after, id)";
const WRITTEN_MESSAGE: &str =
    "CREATE INDEX IF NOT EXISTS bridge_written_message_idx ON {written} (message_id)";

/// Notes what is written here. With the rights of its owner, like the other functions.
const NOTE: &str = "
    CREATE OR REPLACE FUNCTION {note}() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $bridge$
    BEGIN
        IF current_setting('aftermatch.bridge', true) IS DISTINCT FROM 'on' THEN
            INSERT INTO {written} (message_id, created)
            SELECT id, TG_OP = 'INSERT' FROM written_rows;
        END IF;
        RETURN NULL;
    END
    $bridge$";
const NOTE_REVOKE: &str = "REVOKE EXECUTE ON FUNCTION {note}() FROM PUBLIC";
const NOTE_CREATED: &str = "
    CREATE OR REPLACE TRIGGER messages_bridge_created AFTER INSERT ON {messages}
    REFERENCING NEW TABLE AS written_rows FOR EACH STATEMENT EXECUTE FUNCTION {note}()";
const NOTE_CHANGED: &str = "
    CREATE OR REPLACE TRIGGER messages_bridge_changed AFTER UPDATE ON {messages}
    REFERENCING NEW TABLE AS written_rows FOR EACH STATEMENT EXECUTE FUNCTION {note}()";

/// What waits to be written back when the bridge is made: messages of this service.
const OLDER: &str = "
    INSERT INTO {written} (message_id, created)
    SELECT id, true FROM {messages} WHERE id >= {first} AND deleted_at IS NULL";

/// Makes the tables. Returns whether there were none.
pub(crate) async fn create(bridge: &Bridge, connection: &mut PgConnection) -> Result<bool, Error> {
    let is_new = !exist(bridge, connection).await?;
    for sql in [
        NOTED,
        MOVED,
        MOVED_DUE,
        MOVED_TARGET,
        WRITTEN,
        WRITTEN_DUE,
        WRITTEN_MESSAGE,
    ] {
        query(named(bridge, sql)).execute(&mut *connection).await?;
    }
    Ok(is_new)
}

/// Makes the table of notes in a bridge of an earlier version.
pub(crate) async fn create_notes(
    bridge: &Bridge,
    connection: &mut PgConnection,
) -> Result<(), Error> {
    query(named(bridge, NOTED)).execute(connection).await?;
    Ok(())
}

/// Notes what is written here from now on, or no longer. `is_new`: nothing was noted before.
pub(crate) async fn note_writes(
    bridge: &Bridge,
    connection: &mut PgConnection,
    is_new: bool,
) -> Result<(), Error> {
    if !bridge.writes_back() {
        return stop_noting(bridge, connection).await;
    }
    for sql in [NOTE, NOTE_REVOKE, NOTE_CREATED, NOTE_CHANGED] {
        query(named(bridge, sql)).execute(&mut *connection).await?;
    }
    if is_new {
        query(named(bridge, OLDER))
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

async fn stop_noting(bridge: &Bridge, connection: &mut PgConnection) -> Result<(), Error> {
    let drop = named(bridge, "DROP FUNCTION IF EXISTS {note}() CASCADE");
    query(drop).execute(&mut *connection).await?;
    Ok(())
}

/// Drops the tables, and what fills them.
pub(crate) async fn drop(bridge: &Bridge, connection: &mut PgConnection) -> Result<(), Error> {
    stop_noting(bridge, connection).await?;
    query(named(
        bridge,
        "DROP TABLE IF EXISTS {noted}, {moved}, {written}",
    ))
    .execute(connection)
    .await?;
    Ok(())
}

/// Whether there is a bridge.
pub(crate) async fn exist(bridge: &Bridge, connection: &mut PgConnection) -> Result<bool, Error> {
    let tables = ["bridge_moved", "bridge_written"].map(|name| bridge.ours(name));
    sqlx::query_scalar("SELECT to_regclass($1) IS NOT NULL AND to_regclass($2) IS NOT NULL")
        .bind(&tables[0])
        .bind(&tables[1])
        .fetch_one(connection)
        .await
}

/// The statement with our names.
pub(crate) fn named(bridge: &Bridge, sql: &str) -> String {
    sql.replace("{noted}", &bridge.ours("bridge_noted"))
        .replace("{moved}", &bridge.ours("bridge_moved"))
        .replace("{written}", &bridge.ours("bridge_written"))
        .replace("{note}", &bridge.ours("bridge_note_written"))
        .replace("{users}", &bridge.ours("users"))
        .replace("{brands}", &bridge.ours("brands"))
        .replace("{rooms}", &bridge.ours("rooms"))
        .replace("{participants}", &bridge.ours("participants"))
        .replace("{messages}", &bridge.ours("messages"))
        .replace("{events}", &bridge.ours("events"))
        .replace(
            "{ids}",
            &super::sql::literal(&bridge.ours("messages_id_seq")),
        )
        .replace("{arrivals}", &bridge.ours("arrivals"))
        .replace("{first}", &super::sql::FIRST_OWN_ID.to_string())
}
