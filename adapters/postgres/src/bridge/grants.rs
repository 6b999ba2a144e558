//! What the owner of the platform's tables has to allow.

use std::collections::BTreeMap;

use sqlx::{Error, PgConnection};

use super::{
    probe::Read,
    sql::{Bridge, quote},
    triggers,
};

/// The statements without which nothing of the platform can be seen.
pub(crate) async fn usage(
    bridge: &Bridge,
    connection: &mut PgConnection,
) -> Result<Vec<String>, Error> {
    let role = role(connection).await?;
    let hidden: Vec<String> = sqlx::query_scalar(
        "SELECT nspname::text FROM pg_namespace
         WHERE nspname = ANY ($1) AND NOT has_schema_privilege(oid, 'USAGE') ORDER BY nspname",
    )
    .bind(schemas(bridge))
    .fetch_all(connection)
    .await?;
    let grants = hidden.iter();
    let grants = grants.map(|schema| format!("GRANT USAGE ON SCHEMA {} TO {role};", quote(schema)));
    Ok(grants.collect())
}

async fn role(connection: &mut PgConnection) -> Result<String, Error> {
    let role: String = sqlx::query_scalar("SELECT current_user::text")
        .fetch_one(connection)
        .await?;
    Ok(quote(&role))
}

/// The statements that its owner runs. What this role already may is left out.
pub(crate) async fn missing(
    bridge: &Bridge,
    connection: &mut PgConnection,
    reads: &[Read],
) -> Result<Vec<String>, Error> {
    let role = role(connection).await?;
    let mut grants = Vec::new();
    for (table, columns) in unreadable(bridge, reads) {
        let columns = columns.join(", ");
        grants.push(format!("GRANT SELECT ({columns}) ON {table} TO {role};"));
    }
    for source in &bridge.mapping.sources {
        let table = triggers::table(source);
        if may(connection, &table, "TRIGGER").await? == Some(false) {
            grants.push(format!("GRANT TRIGGER ON {table} TO {role};"));
        }
    }
    grants.extend(for_back(bridge, connection, &role).await?);
    Ok(grants)
}

fn schemas(bridge: &Bridge) -> Vec<String> {
    let sources = bridge.mapping.sources.iter();
    let mut schemas: Vec<_> = sources.map(|source| source.schema.clone()).collect();
    schemas.push(bridge.mapping.schema.clone());
    schemas
}

/// Columns by table, or those of `[reads]`.
fn unreadable(bridge: &Bridge, reads: &[Read]) -> BTreeMap<String, Vec<String>> {
    let mut tables = BTreeMap::<_, Vec<_>>::new();
    for read in reads.iter().filter(|read| !read.readable) {
        let table = format!("{}.{}", quote(&read.schema), quote(&read.table));
        tables.entry(table).or_default().push(quote(&read.column));
    }
    if let Some(given) = &bridge.mapping.reads {
        tables.retain(|_, columns| columns.is_empty());
        for (table, columns) in given {
            let (schema, table) = table
                .split_once('.')
                .unwrap_or((&bridge.mapping.schema, table));
            let columns = columns.iter().map(|column| quote(column)).collect();
            tables.insert(format!("{}.{}", quote(schema), quote(table)), columns);
        }
    }
    tables
}

/// Whether this role has a privilege. `None`: there is no such table.
async fn may(
    connection: &mut PgConnection,
    table: &str,
    privilege: &str,
) -> Result<Option<bool>, Error> {
    sqlx::query_scalar("SELECT has_table_privilege(to_regclass($1)::oid, $2)")
        .bind(table)
        .bind(privilege)
        .fetch_one(connection)
        .await
}

async fn for_back(
    bridge: &Bridge,
    connection: &mut PgConnection,
    role: &str,
) -> Result<Vec<String>, Error> {
    let Some(back) = &bridge.back else {
        return Ok(Vec::new());
    };
    let (schema, table) = back
        .table
        .split_once('.')
        .unwrap_or((&bridge.mapping.schema, &back.table));
    let table = format!("{}.{}", quote(schema), quote(table));
    let all = [&back.id, &back.room, &back.user, &back.text, &back.at];
    let mut grants = Vec::new();
    let wanted: [(&str, &[&String]); 3] = [
        ("SELECT", &[&back.id, &back.text]),
        ("INSERT", &all),
        ("UPDATE", &[&back.text]),
    ];
    for (privilege, columns) in wanted {
        let names: Vec<_> = columns.iter().map(|name| name.as_str()).collect();
        let may: Option<bool> = sqlx::query_scalar(
            "SELECT bool_and(has_column_privilege(to_regclass($1)::oid, attnum, $2))
             FROM pg_attribute WHERE attrelid = to_regclass($1) AND attname = ANY ($3)",
        )
        .bind(&table)
        .bind(privilege)
        .bind(&names)
        .fetch_one(&mut *connection)
        .await?;
        if may == Some(false) {
            let names = names
                .iter()
                .map(|name| quote(name))
                .collect::<Vec<_>>()
                .join(", ");
            grants.push(format!("GRANT {privilege} ({names}) ON {table} TO {role};"));
        }
    }
    if may(connection, &table, "DELETE").await? == Some(false) {
        grants.push(format!("GRANT DELETE ON {table} TO {role};"));
    }
    Ok(grants)
}
