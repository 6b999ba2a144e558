//! The rights of the role: those that `docs/operations.md` names, and those of an owner
//! where the service migrates.

use std::{collections::BTreeMap, time::Duration};

use sqlx::{Error, PgConnection, Row};

use super::{Extent, finding::Finding, migrations::Migrations, query::rows, server::Server};
use crate::admin::schema::Schema;

/// What the statements of the service need, table by table.
const NEEDED: [(&str, &[&str]); 14] = [
    ("_sqlx_migrations", &["SELECT"]),
    ("users", &["SELECT", "UPDATE"]),
    ("brands", &["SELECT"]),
    ("rooms", &["SELECT", "UPDATE"]),
    ("participants", &["SELECT"]),
    ("messages", &["SELECT", "INSERT", "UPDATE"]),
    ("events", &["SELECT", "INSERT", "UPDATE"]),
    ("reading_marks", &["SELECT", "INSERT", "UPDATE"]),
    ("removed", &["SELECT", "UPDATE", "DELETE"]),
    ("arrivals", &["SELECT"]),
    ("push_state", &["SELECT", "INSERT", "UPDATE"]),
    ("pushes", &["SELECT", "INSERT", "UPDATE", "DELETE"]),
    (
        "push_dead_letters",
        &["SELECT", "INSERT", "UPDATE", "DELETE"],
    ),
    (OF_EVENTS, &["SELECT", "INSERT", "DELETE"]),
];

/// What it needs beside these if the platform has an API.
const NEEDED_BY_API: [(&str, &[&str]); 4] = [
    ("users", &["INSERT", "DELETE"]),
    ("brands", &["INSERT", "UPDATE", "DELETE"]),
    ("rooms", &["INSERT", "DELETE"]),
    ("participants", &["INSERT", "UPDATE", "DELETE"]),
];
/// Those that a service needs only if it pushes messages to the platform.
const OF_PUSHES: [&str; 3] = ["push_state", "pushes", "push_dead_letters"];

/// Needed only if the platform asks for what is pushed; and its sequence.
const OF_EVENTS: &str = "api_events";
const SEQUENCE_OF_EVENTS: &str = "api_events_number_seq";

const SEQUENCES: [&str; 2] = ["messages_id_seq", "revisions"];

pub(super) async fn findings(
    connection: &mut PgConnection,
    limit: Duration,
    server: &Server,
    place: &Schema,
    migrations: Migrations,
    extent: Extent,
) -> Result<Vec<Finding>, Error> {
    let migrates = extent.migrates;
    let mut findings = Vec::new();
    match (place.obstacle(), &place.name) {
        (Some(obstacle), _) if migrates || place.name.is_none() => {
            findings.push(Finding::permanent(obstacle.to_string()));
        }
        (None, Some(name)) if migrates && !place.may_create => {
            findings.push(no_create(&server.role, name, migrations));
        }
        _ => {}
    }
    if migrates && matches!(migrations, Migrations::Older(_)) {
        let foreign = foreign(connection, limit).await?;
        findings.extend(not_owner(&server.role, &foreign));
    }
    let missing = missing(connection, limit, extent).await?;
    let schema_name = place.name.as_deref().unwrap_or("public");
    findings.extend(not_granted(&server.role, schema_name, &missing));
    Ok(findings)
}

fn no_create(role: &str, schema_name: &str, migrations: Migrations) -> Finding {
    let instead = match migrations {
        Migrations::Older(_) => {
            "let the owner run `aftermatch migrate` and set CHAT_NO_MIGRATE=true"
        }
        _ => "set CHAT_NO_MIGRATE=true, so that the service does not migrate",
    };
    Finding::permanent(format!(
        "the role {role} may not create tables in the schema {schema_name}, which a service that \
         migrates must: `GRANT CREATE ON SCHEMA {schema_name} TO {role}`, or {instead}"
    ))
}

fn not_owner(role: &str, tables: &[String]) -> Option<Finding> {
    let tables = Some(tables.join(", ")).filter(|tables| !tables.is_empty())?;
    Some(Finding::permanent(format!(
        "the role {role} does not own {tables}, so it cannot apply the missing migrations: let the \
         owner run `aftermatch migrate`"
    )))
}

/// One finding for each right.
fn not_granted(role: &str, schema_name: &str, missing: &[(String, String)]) -> Vec<Finding> {
    let mut by_right = BTreeMap::<_, Vec<_>>::new();
    for (right, name) in missing {
        let name = format!("{schema_name}.{name}");
        by_right.entry(right.as_str()).or_default().push(name);
    }
    let findings = by_right.into_iter().map(|(right, names)| {
        let kind = if right == "USAGE" { "SEQUENCE " } else { "" };
        let names = names.join(", ");
        Finding::permanent(format!(
            "the role {role} lacks the right {right} on {names}: \
             `GRANT {right} ON {kind}{names} TO {role}`"
        ))
    });
    findings.collect()
}

/// The rights that are missing, each with the table or sequence. Those that do not exist
/// yet are left out. A right to one column counts.
async fn missing(
    connection: &mut PgConnection,
    limit: Duration,
    extent: Extent,
) -> Result<Vec<(String, String)>, Error> {
    let needed = NEEDED.iter();
    let needed = needed.filter(|(table, _)| extent.pushes || !OF_PUSHES.contains(table));
    let needed = needed.filter(|(table, _)| extent.events || *table != OF_EVENTS);
    let by_api = NEEDED_BY_API.iter().filter(|_| extent.has_api);
    let tables = needed.chain(by_api).flat_map(|(table, rights)| {
        let rights = rights.iter();
        rights.map(move |right| match *right {
            "DELETE" => format!("('{right}', '{table}', has_table_privilege(to_regclass('{table}')::oid, '{right}'))"),
            _ => format!("('{right}', '{table}', has_any_column_privilege(to_regclass('{table}')::oid, '{right}'))"),
        })
    });
    let of_events = extent.events.then_some(&SEQUENCE_OF_EVENTS);
    let sequences = SEQUENCES.iter().chain(of_events).map(|name| {
        format!("('USAGE', '{name}', has_sequence_privilege(to_regclass('{name}')::oid, 'USAGE'))")
    });
    let needed: Vec<_> = tables.chain(sequences).collect();
    let sql = format!(
        "SELECT privilege, name FROM (VALUES {}) AS needed (privilege, name, granted)
         WHERE granted IS FALSE",
        needed.join(", ")
    );
    let rows = rows(connection, limit, sql).await?;
    let rows = rows
        .iter()
        .map(|row| Ok((row.try_get(0)?, row.try_get(1)?)));
    rows.collect()
}

/// Our tables that belong to another role.
async fn foreign(connection: &mut PgConnection, limit: Duration) -> Result<Vec<String>, Error> {
    let tables = NEEDED.map(|(table, _)| format!("to_regclass('{table}')::oid"));
    let sql = format!(
        "SELECT relname::text FROM pg_class
         WHERE oid IN ({}) AND NOT pg_has_role(relowner, 'USAGE') ORDER BY 1",
        tables.join(", ")
    );
    let rows = rows(connection, limit, sql).await?;
    rows.iter().map(|row| row.try_get(0)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_missing_right_is_granted_at_once() {
        let missing = [
            ("INSERT", "messages"),
            ("USAGE", "revisions"),
            ("INSERT", "events"),
        ];
        let missing = missing.map(|(right, name)| (right.to_owned(), name.to_owned()));
        let found = not_granted("aftermatch", "aftermatch", &missing);
        let sentences: Vec<_> = found.iter().map(|found| found.sentence.as_str()).collect();
        assert_eq!(sentences.len(), 2, "{sentences:?}");
        for (sentence, grant) in sentences.iter().zip([
            "`GRANT INSERT ON aftermatch.messages, aftermatch.events TO aftermatch`",
            "`GRANT USAGE ON SEQUENCE aftermatch.revisions TO aftermatch`",
        ]) {
            assert!(sentence.contains(grant), "{sentence}");
        }
        assert_eq!(not_granted("aftermatch", "public", &[]), []);
    }

    #[test]
    fn role_without_create_gets_advice_by_schema() {
        let older = no_create("aftermatch", "public", Migrations::Older(3)).sentence;
        assert!(older.contains("run `aftermatch migrate`"), "{older}");
        let same = no_create("aftermatch", "public", Migrations::Same).sentence;
        assert!(same.contains("set CHAT_NO_MIGRATE=true"), "{same}");
        assert!(!same.contains("aftermatch migrate"), "{same}");
    }
}
