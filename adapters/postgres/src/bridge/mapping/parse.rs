use toml::de::DeTable;

use super::{
    Back, BackTable, Ghost, Keys, Mapping, Mistake, Mistakes, Source, Sql, Target,
    reader::{Reader, Table},
};

const TOP: [&str; 10] = [
    "schema",
    "replica",
    "ghost",
    "users",
    "brands",
    "rooms",
    "participants",
    "messages",
    "reads",
    "source",
];

pub(super) fn parse(text: &str) -> Result<Mapping, Mistakes> {
    let (parsed, errors) = DeTable::parse_recoverable(text);
    let mut reader = Reader::new(text);
    for error in errors {
        let at = error.span().unwrap_or_default();
        reader.mistake(&at, format!("this is no TOML: {}", error.message()));
    }
    if !reader.mistakes.is_empty() {
        return Err(sorted(reader.mistakes));
    }
    let top = Table {
        name: String::new(),
        span: 0..0,
        entries: parsed.get_ref(),
    };
    let mapping = mapping(&mut reader, &top);
    if reader.mistakes.is_empty() {
        Ok(mapping)
    } else {
        Err(sorted(reader.mistakes))
    }
}

fn sorted(mut mistakes: Vec<Mistake>) -> Mistakes {
    mistakes.sort();
    mistakes.dedup();
    Mistakes(mistakes)
}

fn mapping(reader: &mut Reader<'_>, top: &Table<'_, '_>) -> Mapping {
    reader.known(top, &TOP);
    let schema = reader.string(top, "schema");
    let schema = schema.map_or_else(|| "public".to_owned(), |(schema, _)| schema);
    let mut queries = Vec::new();
    for target in Target::NAMED {
        queries.extend(queries_of(reader, top, target));
    }
    let has = |target| queries.iter().any(|(of, _)| *of == target);
    let sources = sources(reader, top, &schema, has);
    Mapping {
        replica: reader.boolean(top, "replica").unwrap_or_default(),
        ghost: ghost(reader, top),
        back: back(reader, top),
        reads: reads(reader, top),
        schema,
        queries,
        sources,
    }
}

fn queries_of(reader: &mut Reader<'_>, top: &Table<'_, '_>, target: Target) -> Vec<(Target, Sql)> {
    let name = target.name();
    if !top.entries.contains_key(name) {
        // A bridge of rights alone is one, too.
        if target != Target::Messages {
            let columns = target.columns().iter().map(|(column, _)| *column);
            let columns = columns.collect::<Vec<_>>().join(", ");
            let sentence =
                format!("[{name}] is missing: it has a query with the columns {columns}");
            reader.mistake(&(0..0), sentence);
        }
        return Vec::new();
    }
    let Some(table) = reader.table(top, name) else {
        return Vec::new();
    };
    let known: &[&str] = match target {
        Target::Users | Target::Brands => &["query", "profiles"],
        Target::Messages => &["query", "back"],
        _ => &["query"],
    };
    reader.known(&table, known);
    let query = reader.required(&table, "query", "'''SELECT …'''");
    let query = query.map(|(text, span)| sql(reader, &text, &span));
    let profiles = reader.string(&table, "profiles");
    let profiles = profiles.map(|(text, span)| sql(reader, &text, &span));
    let mut queries = Vec::new();
    if let Some(of) = target.profiles() {
        let profiles = profiles.or_else(|| query.clone());
        queries.extend(profiles.map(|profiles| (of, profiles)));
    }
    queries.extend(query.map(|query| (target, query)));
    queries
}

fn sql(reader: &Reader<'_>, text: &str, span: &std::ops::Range<usize>) -> Sql {
    Sql {
        text: text.trim_end().trim_end_matches(';').to_owned(),
        line: reader.line_of_text(span),
    }
}

fn ghost(reader: &mut Reader<'_>, top: &Table<'_, '_>) -> Option<Ghost> {
    let table = reader.table(top, "ghost")?;
    reader.known(&table, &["id", "profile"]);
    if !table.entries.contains_key("id") {
        let sentence = "ghost has no id: write ghost = { id = -1 }, an id that no user has";
        reader.mistake(&table.span, sentence);
    }
    let profile = reader.string(&table, "profile");
    Some(Ghost {
        id: reader.integer(&table, "id")?,
        profile: profile.map_or_else(|| "{}".to_owned(), |(profile, _)| profile),
    })
}

const BACK: [&str; 7] = ["table", "id", "room", "user", "text", "at", "sequence"];

fn back(reader: &mut Reader<'_>, top: &Table<'_, '_>) -> Back {
    let messages = top.entries.get("messages");
    let messages = messages.and_then(|messages| messages.get_ref().as_table());
    let Some(back) = messages.and_then(|messages| messages.get("back")) else {
        return Back::No;
    };
    if let Some(back) = back.get_ref().as_bool() {
        return if back { Back::Yes } else { Back::No };
    }
    if back.get_ref().as_table().is_none() {
        reader.wrong(
            back,
            "back",
            "true, or { table = \"…\", id = \"…\", room = \"…\", user = \"…\", text = \"…\", at = \"…\" }",
        );
        return Back::No;
    }
    let Some(table) = reader.as_table(back, "messages.back".to_owned()) else {
        return Back::No;
    };
    reader.known(&table, &BACK);
    let mut column = |key| {
        let column = reader.required(&table, key, "\"…\"");
        column.map(|(name, _)| name).unwrap_or_default()
    };
    Back::Into(Box::new(BackTable {
        table: column("table"),
        id: column("id"),
        room: column("room"),
        user: column("user"),
        text: column("text"),
        at: column("at"),
    }))
}

fn reads(reader: &mut Reader<'_>, top: &Table<'_, '_>) -> Option<Vec<(String, Vec<String>)>> {
    let table = reader.table(top, "reads")?;
    let tables = table.entries.keys();
    let tables = tables.filter_map(|key| {
        let name = key.get_ref().to_string();
        let columns = reader.strings(&table, &name)?;
        Some((name, columns))
    });
    Some(tables.collect())
}

fn sources(
    reader: &mut Reader<'_>,
    top: &Table<'_, '_>,
    schema: &str,
    has: impl Fn(Target) -> bool,
) -> Vec<Source> {
    let Some(all) = reader.table(top, "source") else {
        if !top.entries.contains_key("source") {
            let sentence = "there is no [source.TABLE]: nothing would ever move. Write one for \
                            each table of the platform that the queries read";
            reader.mistake(&(0..0), sentence);
        }
        return Vec::new();
    };
    let mut sources = Vec::new();
    for (key, value) in all.entries {
        let name = key.get_ref().to_string();
        let Some(mut table) = reader.as_table(value, format!("source.{name}")) else {
            continue;
        };
        table.span = key.span();
        sources.extend(source(reader, &table, &name, schema, &has));
    }
    sources
}

fn source(
    reader: &mut Reader<'_>,
    table: &Table<'_, '_>,
    name: &str,
    schema: &str,
    has: impl Fn(Target) -> bool,
) -> Option<Source> {
    let names = Target::NAMED.map(Target::name);
    reader.known(table, &[&["key", "columns"], &names[..]].concat());
    let key = reader.required(table, "key", "\"id\", a column of the table");
    let columns = reader.strings(table, "columns").unwrap_or_default();
    let mut targets = Vec::new();
    for target in Target::NAMED {
        let Some((text, span)) = reader.string(table, target.name()) else {
            continue;
        };
        if !has(target) {
            let sentence = format!("{target} has no query: add [{target}], or leave this out");
            reader.mistake(&span, sentence);
        }
        if text == "key" {
            targets.push((target, Keys::Same));
        } else if text.contains(":keys") {
            targets.push((target, Keys::Query(sql(reader, &text, &span))));
        } else {
            let sentence = format!(
                "{target} must be \"key\", or a query that selects ids of {target} where \
                 something = ANY (:keys)"
            );
            reader.mistake(&span, sentence);
        }
    }
    if !names.iter().any(|name| table.entries.contains_key(*name)) {
        let sentence = format!(
            "[{}] moves nothing: say what, such as users = \"key\"",
            table.name
        );
        reader.mistake(&table.span, sentence);
    }
    let (schema, table_name) = name.split_once('.').unwrap_or((schema, name));
    Some(Source {
        schema: schema.to_owned(),
        table: table_name.to_owned(),
        line: reader.line(table.span.start),
        key: key?.0,
        columns,
        targets,
    })
}
