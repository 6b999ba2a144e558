//! The functions of the triggers.
//!
//! By statement, all keys are noted at once: the transition tables have the rows as they
//! were and as they are. The two are joined by a `FULL JOIN`, which Postgres never does as a
//! nested loop. So a plan that was made for one row is good for a million. Values are
//! compared as they are stored: `json` has no equality.

use crate::bridge::{
    mapping::Source,
    objects::named,
    sql::{Bridge, literal, quote},
};

/// Keys of one note: a statement of millions of rows has no array of millions of keys.
const PORTION: i64 = 1_000;

/// What it does not know how to note, it notes roughly: all rows of the statement, then
/// everything (invariant 1).
const FUNCTION: &str = "
    CREATE OR REPLACE FUNCTION {function}() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $bridge$
    BEGIN
        IF current_setting('aftermatch.bridge', true) = 'on' THEN
            RETURN NULL;
        END IF;
        BEGIN
            {changed}
        EXCEPTION WHEN OTHERS THEN
            BEGIN
                {all}
            EXCEPTION WHEN OTHERS THEN
                BEGIN
                    INSERT INTO {noted} (source) VALUES ({source});
                EXCEPTION WHEN OTHERS THEN
                    NULL;
                END;
            END;
        END;
        RETURN NULL;
    END
    $bridge$";

const CHANGED_BY_STATEMENT: &str = "
            IF TG_OP = 'UPDATE' THEN
                {update}
            ELSIF TG_OP = 'INSERT' THEN
                {insert}
            ELSIF TG_OP = 'DELETE' THEN
                {delete}
            ELSE
                INSERT INTO {noted} (source) VALUES ({source});
            END IF;";

/// One row, as an ORM writes it, is noted without what many rows need: it costs a third less.
const ONE_OR_MANY: &str = "
                PERFORM FROM {rows} OFFSET 1;
                IF FOUND THEN
                    {many}
                ELSE
                    {one}
                END IF;";

const NOTE: &str = "
                INSERT INTO {noted} (source, keys, number)
                SELECT {source}, array_agg(k.key), count(*) FROM (
                    SELECT r.key, (row_number() OVER () - 1) / {portion} AS part
                    FROM ({rows}) r WHERE r.key IS NOT NULL
                ) k GROUP BY k.part;";

const NOTE_ONE: &str = "
                    INSERT INTO {noted} (source, keys)
                    SELECT {source}, ARRAY[r.{key}::text] FROM {rows} r WHERE r.{key} IS NOT NULL;";

const INSERTED: &str = "SELECT n.{key}::text AS key FROM new_rows n";

const DELETED: &str = "SELECT o.{key}::text AS key FROM old_rows o";

const UPDATED: &str = "
                        SELECT {keys} AS key FROM old_rows o FULL JOIN new_rows n ON {same_row}
                        WHERE {differs}";

const UPDATED_ONE: &str = "
                    INSERT INTO {noted} (source, keys) SELECT {source}, array_remove(
                        ARRAY[n.{key}::text, NULLIF(o.{key}::text, n.{key}::text)], NULL)
                    FROM old_rows o, new_rows n WHERE {differs};";

const CHANGED_BY_ROW: &str = "
            IF TG_OP = 'TRUNCATE' THEN
                INSERT INTO {noted} (source) VALUES ({source});
            ELSIF TG_OP <> 'UPDATE' OR {differs} THEN
                {all}
            END IF;";

const ROW: &str = "
                INSERT INTO {noted} (source, keys) SELECT {source}, array_remove(
                    ARRAY[NEW.{key}::text, NULLIF(OLD.{key}::text, NEW.{key}::text)], NULL);";

/// The statement that makes the function of a source. `identity`: the primary key of its
/// table, if the triggers are by statement.
pub(super) fn create(
    bridge: &Bridge,
    source: &Source,
    function: &str,
    identity: Option<&[String]>,
) -> String {
    let (changed, all) = match identity {
        Some(identity) => by_statement(source, identity),
        None => by_row(source),
    };
    let sql = FUNCTION
        .replace("{changed}", &changed)
        .replace("{all}", &all)
        .replace("{function}", function)
        .replace("{source}", &literal(&source.name()))
        .replace("{key}", &quote(&source.key));
    named(bridge, &sql)
}

/// What notes the rows that changed, and what notes all rows of the statement.
fn by_statement(source: &Source, identity: &[String]) -> (String, String) {
    let note = |rows: &str| {
        let note = NOTE.replace("{portion}", &PORTION.to_string());
        note.replace("{rows}", rows)
    };
    // Without transition tables of both kinds, as of an `INSERT`, it fails.
    let all = note(&format!("{INSERTED} UNION {DELETED}"));
    let update = if source.columns.is_empty() {
        all.clone()
    } else {
        note(&updated(source, identity))
    };
    let one_or_many = |rows: &str, one: &str, many: &str| {
        let sql = ONE_OR_MANY.replace("{one}", one).replace("{many}", many);
        sql.replace("{rows}", rows)
    };
    let update_one = UPDATED_ONE.replace("{differs}", &differs(source, "o", "n"));
    let changed = CHANGED_BY_STATEMENT
        .replace("{update}", &one_or_many("new_rows", &update_one, &update))
        .replace(
            "{insert}",
            &one_or_many("new_rows", NOTE_ONE, &note(INSERTED)),
        )
        .replace(
            "{delete}",
            &one_or_many("old_rows", NOTE_ONE, &note(DELETED)),
        );
    (changed, all)
}

fn updated(source: &Source, identity: &[String]) -> String {
    let same_row = identity.iter().map(|column| {
        let column = quote(column);
        format!("o.{column} = n.{column}")
    });
    let keys = if identity == [source.key.clone()] {
        "COALESCE(n.{key}, o.{key})::text"
    } else {
        "DISTINCT unnest(ARRAY[o.{key}::text, n.{key}::text])"
    };
    UPDATED
        .replace("{keys}", keys)
        .replace("{same_row}", &same_row.collect::<Vec<_>>().join(" AND "))
        .replace("{differs}", &differs(source, "o", "n"))
}

fn by_row(source: &Source) -> (String, String) {
    let changed = CHANGED_BY_ROW
        .replace("{differs}", &differs(source, "OLD", "NEW"))
        .replace("{all}", ROW);
    (changed, ROW.to_owned())
}

/// Whether two rows differ in what the mapping reads.
fn differs(source: &Source, old: &str, new: &str) -> String {
    if source.columns.is_empty() {
        return "true".to_owned();
    }
    let (old, new) = (row(source, old), row(source, new));
    format!("record_image_ne(ROW({old}), ROW({new}))")
}

/// What is compared of a row.
fn row(source: &Source, record: &str) -> String {
    let columns = source.columns.iter().chain([&source.key]);
    let columns = columns.map(|column| format!("{record}.{}", quote(column)));
    columns.collect::<Vec<_>>().join(", ")
}
