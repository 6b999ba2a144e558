//! The table into which messages are written back.

use sqlx::{Error, PgConnection};

use super::view::View;
use crate::bridge::{
    mapping::{BackTable, Mistake},
    sql::Bridge,
};

/// The table and the columns of a query that selects plain columns of one table. The error
/// says what to write instead.
pub(super) fn plain_table(view: &View) -> Result<BackTable, String> {
    let otherwise = || {
        "back = true needs a query of plain columns of one table, without a condition. Write \
         back = { table = \"…\", id = \"…\", room = \"…\", user = \"…\", text = \"…\", at = \"…\" }"
            .to_owned()
    };
    let (columns, from) = view
        .definition
        .trim()
        .strip_prefix("SELECT ")
        .and_then(|rest| rest.split_once("\n   FROM "))
        .ok_or_else(otherwise)?;
    let from = from.trim_end_matches(';');
    if from.contains(['\n', '(', ',']) {
        return Err(otherwise());
    }
    let tables = view.reads.iter().map(|read| (&read.schema, &read.table));
    let (schema, table) = tables.clone().next().ok_or_else(otherwise)?;
    if tables.into_iter().any(|other| other != (schema, table)) {
        return Err(otherwise());
    }
    let expressions: Vec<_> = columns.split(",\n").map(str::trim).collect();
    let column = |name: &str| {
        let mut names = view.columns.iter();
        let position = names.position(|(column, _)| column == name)?;
        plain_column(expressions.get(position)?)
    };
    let find = |name| column(name).ok_or_else(otherwise);
    Ok(BackTable {
        table: format!("{schema}.{table}"),
        id: find("id")?,
        room: find("room_id")?,
        user: find("user_id")?,
        text: find("text")?,
        at: find("created_at")?,
    })
}

/// The name of a column, as Postgres writes it: `table.column AS name`.
fn plain_column(expression: &str) -> Option<String> {
    let column = expression
        .split_once(" AS ")
        .map_or(expression, |(column, _)| column);
    let name = column.rsplit_once('.').map_or(column, |(_, name)| name);
    let bare = name
        .strip_prefix('"')
        .and_then(|name| name.strip_suffix('"'));
    let is_plain = |text: &str| {
        let mut letters = text.chars();
        letters.all(|letter| letter.is_alphanumeric() || "_$".contains(letter))
    };
    match bare {
        Some(bare) => Some(bare.replace("\"\"", "\"")),
        None => (!name.is_empty() && is_plain(name)).then(|| name.to_owned()),
    }
}

/// What is wrong with the table.
pub(super) async fn of_table(
    bridge: &Bridge,
    connection: &mut PgConnection,
    back: &BackTable,
) -> Result<Vec<Mistake>, Error> {
    let line = bridge
        .mapping
        .query(crate::bridge::mapping::Target::Messages);
    let line = line.map_or(1, |sql| sql.line);
    let mut transaction = bridge.begin(connection).await?;
    let columns: Vec<(String, String, bool)> = sqlx::query_as(
        "SELECT attname::text, format_type(atttypid, NULL),
                attnotnull AND NOT atthasdef AND attidentity = '' AND attgenerated = ''
         FROM pg_attribute WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped",
    )
    .bind(&back.table)
    .fetch_all(&mut *transaction)
    .await?;
    let ours = [&back.id, &back.room, &back.user, &back.text, &back.at];
    let mut sentences = Vec::new();
    if columns.is_empty() {
        sentences.push(format!(
            "there is no table {}, into which back = … writes",
            back.table
        ));
    }
    for name in ours {
        if !columns.is_empty() && !columns.iter().any(|(column, ..)| column == name) {
            sentences.push(format!(
                "{} has no column {name}, into which back = … writes",
                back.table
            ));
        }
    }
    for (name, kind, is_required) in &columns {
        if *is_required && !ours.contains(&name) {
            sentences.push(format!(
                "{} has a column {name} without a default, for which messages of the chat have no \
                 value: its owner must run ALTER TABLE {} ALTER COLUMN {name} SET DEFAULT …",
                back.table, back.table
            ));
        }
        if *name == back.id && kind != "bigint" {
            sentences.push(format!(
                "{}.{name} has the type {kind}, and ids of the chat begin at 10^12, so that the \
                 ids of both sides do not meet: its owner must run ALTER TABLE {} ALTER COLUMN \
                 {name} TYPE bigint",
                back.table, back.table
            ));
        }
    }
    let mistakes = sentences.into_iter();
    Ok(mistakes
        .map(|sentence| Mistake { line, sentence })
        .collect())
}
