use std::fmt::{self, Write};

use sqlx::{Error, PgConnection};

use super::{
    grants,
    mapping::{Mapping, Mistakes},
    probe,
    sql::{Bridge, BridgeError, query_as, sentence},
    triggers,
};
use crate::options::Options;

/// Rows that are shown of each query.
const SHOWN: usize = 20;

/// What a bridge would need and make.
#[derive(Debug)]
pub struct Plan {
    text: String,
    /// What is wrong with the mapping.
    pub mistakes: Option<Mistakes>,
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Says what `install` needs and would make, and what the queries return. Changes nothing.
///
/// # Errors
/// The database cannot be asked.
pub async fn plan(options: &Options, mapping: &Mapping) -> Result<Plan, BridgeError> {
    let (mut connection, mut bridge) =
        Bridge::open(options, mapping, options.statement_timeout).await?;
    let usage = grants::usage(&bridge, &mut connection).await?;
    if !usage.is_empty() {
        return Ok(Plan {
            text: format!(
                "-- The owner of the platform's schema runs this first. Then run the plan again:\n\
                 -- until then, nothing can be seen of its tables.\n{}\n",
                usage.join("\n")
            ),
            mistakes: None,
        });
    }
    let probe = probe::all(&mut bridge, &mut connection).await?;
    let grants = grants::missing(&bridge, &mut connection, &probe.reads).await?;
    let mut text = String::new();
    if grants.is_empty() {
        text += "-- This role has all the rights that it needs.\n";
    } else {
        text += "-- The owner of the platform's tables runs:\n";
        text += &grants.join("\n");
        text.push('\n');
    }
    text += "\n-- `aftermatch bridge install` then makes:\n";
    let ours = ["bridge_noted", "bridge_moved", "bridge_written"].map(|name| bridge.ours(name));
    // Writing to a string does not fail.
    let _ = writeln!(text, "-- tables {}", ours.join(", "));
    for source in &bridge.mapping.sources {
        let table = triggers::table(source);
        let _ = writeln!(
            text,
            "-- triggers on {table}, which note the {} of rows",
            source.key
        );
    }
    for (target, sql) in bridge.mapping.queries.clone() {
        let _ = writeln!(text, "\n-- {target}");
        for row in rows(&bridge, &mut connection, &sql.text).await? {
            text += &row;
            text.push('\n');
        }
    }
    Ok(Plan {
        text,
        mistakes: (!probe.mistakes.is_empty()).then_some(Mistakes(probe.mistakes)),
    })
}

/// The first rows of a query, or why there are none.
async fn rows(
    bridge: &Bridge,
    connection: &mut PgConnection,
    text: &str,
) -> Result<Vec<String>, Error> {
    let mut transaction = bridge.begin(connection).await?;
    let sql = format!("SELECT row_to_json(q)::text FROM (\n{text}\n) q LIMIT {SHOWN}");
    let rows: Result<Vec<(String,)>, _> = query_as(sql).fetch_all(&mut *transaction).await;
    match rows {
        Ok(rows) if rows.is_empty() => Ok(vec!["-- no rows".to_owned()]),
        Ok(rows) => Ok(rows.into_iter().map(|(row,)| row).collect()),
        Err(error @ Error::Database(_)) => Ok(vec![format!("-- not shown: {}", sentence(&error))]),
        Err(error) => Err(error),
    }
}
