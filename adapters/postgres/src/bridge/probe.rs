//! What the database says of the queries of a mapping: each is made a view in a transaction
//! that is rolled back, so that Postgres itself finds its columns, and what it reads.

mod plain;
mod types;
mod view;

use sqlx::{Error, PgConnection};

pub(crate) use self::view::Read;
use self::{plain::plain_table, types::wrong_types, view::View};
use super::{
    mapping::{Back, Keys, Mistake, Source, Sql, Target, similar},
    sql::{Bridge, ends_round},
    triggers,
};

/// Columns that the query of rooms may have beside the id.
const OF_ROOMS: [&str; 3] = ["kind", "pen", "frozen"];

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Probe {
    pub(crate) mistakes: Vec<Mistake>,
    /// Columns that the queries read.
    pub(crate) reads: Vec<Read>,
}

/// Finds what is wrong with all queries and sources. Completes what `bridge` knows of them.
pub(crate) async fn all(
    bridge: &mut Bridge,
    connection: &mut PgConnection,
) -> Result<Probe, Error> {
    let mut probe = Probe::default();
    let queries = bridge.mapping.queries.clone();
    for (target, sql) in &queries {
        // Where profiles are apart, a query is of rights alone.
        let Some(view) = query(bridge, connection, &mut probe, &sql.text, sql).await? else {
            continue;
        };
        probe.mistakes.extend(wrong_types(*target, &view, sql.line));
        match target {
            Target::Rooms => bridge.room_columns = room_columns(bridge, connection, &view).await?,
            Target::Messages if bridge.mapping.back == Back::Yes => match plain_table(&view) {
                Ok(table) => bridge.back = Some(table),
                Err(why) => probe.mistakes.push(Mistake {
                    line: sql.line,
                    sentence: why,
                }),
            },
            _ => {}
        }
        probe.reads.extend(view.reads);
    }
    for source in bridge.mapping.sources.clone() {
        of_source(bridge, connection, &mut probe, &source).await?;
    }
    let back = bridge.back.clone();
    if let Some(back) = back {
        probe
            .mistakes
            .extend(plain::of_table(bridge, connection, &back).await?);
    }
    probe.mistakes.sort();
    probe.mistakes.dedup();
    probe.reads.sort();
    probe.reads.dedup();
    Ok(probe)
}

/// The view of a query, unless it is wrong. `text`: the query, as it can be run.
async fn query(
    bridge: &Bridge,
    connection: &mut PgConnection,
    probe: &mut Probe,
    text: &str,
    sql: &Sql,
) -> Result<Option<View>, Error> {
    let mut transaction = bridge.begin(connection).await?;
    match View::of(bridge, &mut transaction, text).await {
        Ok(view) => Ok(Some(view)),
        Err(error) if ends_round(&error) => Err(error),
        Err(error) => {
            probe
                .mistakes
                .push(view::mistake(bridge, &error, text, sql.line));
            Ok(None)
        }
    }
}

/// What is wrong with a source.
async fn of_source(
    bridge: &Bridge,
    connection: &mut PgConnection,
    probe: &mut Probe,
    source: &Source,
) -> Result<(), Error> {
    let columns: Vec<(String, String)> = sqlx::query_as(
        "SELECT attname::text, format_type(atttypid, atttypmod) FROM pg_attribute
         WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped",
    )
    .bind(triggers::table(source))
    .fetch_all(&mut *connection)
    .await?;
    let mut wrong = |sentence| {
        probe.mistakes.push(Mistake {
            line: source.line,
            sentence,
        });
    };
    if columns.is_empty() {
        wrong(format!(
            "there is no table {} in the schema {}, or this role has no USAGE on the schema",
            source.table, source.schema
        ));
        return Ok(());
    }
    for name in source.columns.iter().chain([&source.key]) {
        if !columns.iter().any(|(column, _)| column == name) {
            let names = columns.iter().map(|(column, _)| column.as_str());
            wrong(format!(
                "{} has no column {name}: did you mean {}?",
                source.table,
                similar(name, names)
            ));
        }
    }
    let key = columns.iter().find(|(column, _)| *column == source.key);
    let Some((_, kind)) = key else {
        return Ok(());
    };
    for (target, keys) in &source.targets {
        match keys {
            Keys::Same if !types::is_whole_number(kind) => wrong(format!(
                "the key {} of {} has the type {kind}: {target} = \"key\" needs whole numbers. \
                 Write a query of ids where {} = ANY (:keys)",
                source.key, source.table, source.key
            )),
            Keys::Same | Keys::Query(_) => {}
        }
    }
    for (target, keys) in &source.targets {
        if let Keys::Query(sql) = keys {
            let text = sql.text.replace(":keys", &format!("NULL::{kind}[]"));
            let view = query(bridge, connection, probe, &text, sql).await?;
            if let Some(view) = view {
                probe
                    .mistakes
                    .extend(types::wrong_keys(*target, &view, sql.line));
                probe.reads.extend(view.reads);
            }
        }
    }
    Ok(())
}

/// Columns of rooms that the query has, and our table too.
async fn room_columns(
    bridge: &Bridge,
    connection: &mut PgConnection,
    view: &View,
) -> Result<Vec<(String, String)>, Error> {
    let names = view.columns.iter().map(|(name, _)| name.clone());
    let names: Vec<_> = names
        .filter(|name| OF_ROOMS.contains(&name.as_str()))
        .collect();
    sqlx::query_as(
        "SELECT attname::text, format_type(atttypid, atttypmod) FROM pg_attribute
         WHERE attrelid = to_regclass($1) AND attname = ANY ($2) AND NOT attisdropped",
    )
    .bind(bridge.ours("rooms"))
    .bind(names)
    .fetch_all(connection)
    .await
}
