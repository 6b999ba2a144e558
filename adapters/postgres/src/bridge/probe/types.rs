use super::view::View;
use crate::bridge::mapping::{Kind, Mistake, Target, similar};

/// What is wrong with the columns of a query that begins on this line.
pub(super) fn wrong_types(target: Target, view: &View, line: usize) -> Vec<Mistake> {
    let wanted = target.columns().iter();
    let wrong = wanted.filter_map(|(name, kind)| {
        let found = view.columns.iter().find(|(column, _)| column == name);
        let sentence = match found {
            None => {
                let names = view.columns.iter().map(|(column, _)| column.as_str());
                format!(
                    "the query of {target} has no column {name} (its columns are {}): write \
                     {} AS {name}",
                    names.clone().collect::<Vec<_>>().join(", "),
                    similar(name, names)
                )
            }
            Some((_, found)) => {
                let remedy = remedy(*kind, name, found)?;
                format!("the column {name} of the query of {target} has the type {found}: {remedy}")
            }
        };
        Some(Mistake { line, sentence })
    });
    wrong.collect()
}

/// A query of keys has one column of ids.
pub(super) fn wrong_keys(target: Target, view: &View, line: usize) -> Option<Mistake> {
    let is_right = matches!(view.columns.as_slice(), [(_, kind)] if is_whole_number(kind));
    (!is_right).then(|| Mistake {
        line,
        sentence: format!("the query must select one column, with ids of {target}"),
    })
}

/// What to write. `None`: the type is right.
fn remedy(kind: Kind, name: &str, found: &str) -> Option<String> {
    let is_right = match kind {
        Kind::Id | Kind::Number => is_whole_number(found),
        Kind::Boolean => found == "boolean",
        // An enum is written as text, too.
        Kind::Text => !is_whole_number(found) && !["boolean", "json", "jsonb"].contains(&found),
        Kind::Json => ["json", "jsonb"].contains(&found),
        Kind::Time => found == "timestamp with time zone",
    };
    if is_right {
        return None;
    }
    Some(match kind {
        Kind::Id => "ids are whole numbers".to_owned(),
        Kind::Number => format!("write ({name})::int"),
        Kind::Boolean => format!("write a condition, such as {name} = 1"),
        Kind::Text => format!("write ({name})::text"),
        Kind::Json => format!("write row_to_json(…) AS {name}"),
        Kind::Time if found == "text" => format!("write ({name})::timestamptz"),
        Kind::Time => format!("write {name}::timestamp AT TIME ZONE 'UTC', or the zone it is in"),
    })
}

pub(super) fn is_whole_number(kind: &str) -> bool {
    ["smallint", "integer", "bigint"].contains(&kind)
}
