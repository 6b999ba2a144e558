//! What is written here is written into the platform's table as well, in the transaction
//! that removes its notice.

use std::collections::BTreeMap;

use sqlx::{Connection, Error, PgConnection};

use super::{
    mapping::{BackTable, Target},
    objects::named,
    sql::{Bridge, Patience, ends_round, query, query_as, quote, sentence},
};

const DUE: &str = "
    SELECT id, message_id, created FROM {written} WHERE after <= now()
    ORDER BY after, id LIMIT 1000";

const DONE: &str = "DELETE FROM {written} WHERE id = ANY ($1)";

const FAILED: &str = "
    UPDATE {written} SET tries = tries + 1, error = $2,
        after = now() + LEAST(interval '1 min', interval '0.4 s' * 2 ^ LEAST(tries, 10))
    WHERE id = ANY ($1)";

/// $1 messages, $2 those of them that were created, $3 the ghost. One that was only changed
/// is not inserted: if it is gone there, it is about to be deleted here.
const WRITE: &str = "
    WITH m AS MATERIALIZED (
        SELECT id, room_id, CASE WHEN user_id IS DISTINCT FROM $3 AND EXISTS
               (SELECT FROM ({users_there}) q WHERE q.id = o.user_id) THEN user_id END AS user_id,
               text, created_at, deleted_at
        FROM {messages} o
        WHERE id = ANY ($1) AND EXISTS (SELECT FROM ({rooms_there}) q WHERE q.id = o.room_id)
    ), gone AS (
        DELETE FROM {table} WHERE {id} IN (SELECT m.id FROM m WHERE m.deleted_at IS NOT NULL)
    ), changed AS (
        UPDATE {table} SET {text} = m.text FROM m
        WHERE {table}.{id} = m.id AND m.deleted_at IS NULL
          AND {table}.{text} IS DISTINCT FROM m.text
    )
    INSERT INTO {table} ({id}, {room}, {user}, {text}, {at})
    SELECT m.id, m.room_id, m.user_id, m.text, m.created_at FROM m
    WHERE m.deleted_at IS NULL AND m.id = ANY ($2)
    ON CONFLICT ({id}) DO NOTHING";

/// Writes what is due. Returns how much that was.
pub(super) async fn write(bridge: &Bridge, connection: &mut PgConnection) -> Result<usize, Error> {
    let Some(table) = &bridge.back else {
        return Ok(0);
    };
    let due: Vec<(i64, i64, bool)> = query_as(named(bridge, DUE))
        .fetch_all(&mut *connection)
        .await?;
    // Messages, each with its notices and whether it was created.
    let mut messages: BTreeMap<i64, (Vec<i64>, bool)> = BTreeMap::new();
    for (id, message, created) in &due {
        let (ids, is_created) = messages.entry(*message).or_default();
        ids.push(*id);
        *is_created |= created;
    }
    let mut parts = vec![messages.into_iter().collect::<Vec<_>>()];
    let mut patience = Patience::new();
    while let Some(part) = parts.pop() {
        if part.is_empty() {
            continue;
        }
        let notices: Vec<_> = part.iter().flat_map(|(_, (ids, _))| ids.clone()).collect();
        let mut savepoint = connection.begin().await?;
        match write_messages(bridge, &mut savepoint, table, &part).await {
            Ok(()) => {
                let done = query(named(bridge, DONE)).bind(notices);
                done.execute(&mut *savepoint).await?;
                savepoint.commit().await?;
            }
            Err(error) if ends_round(&error) => return Err(error),
            Err(error) => {
                savepoint.rollback().await?;
                if part.len() == 1 || !patience.lasts(&error) {
                    let failed = query(named(bridge, FAILED)).bind(notices);
                    failed
                        .bind(sentence(&error))
                        .execute(&mut *connection)
                        .await?;
                } else {
                    let (first, second) = part.split_at(part.len() / 2);
                    parts.extend([second.to_vec(), first.to_vec()]);
                }
            }
        }
    }
    Ok(due.len())
}

async fn write_messages(
    bridge: &Bridge,
    connection: &mut PgConnection,
    table: &BackTable,
    messages: &[(i64, (Vec<i64>, bool))],
) -> Result<(), Error> {
    let all: Vec<_> = messages.iter().map(|(id, _)| *id).collect();
    let created = messages.iter().filter(|(_, (_, created))| *created);
    let created: Vec<_> = created.map(|(id, _)| *id).collect();
    let sql = named(bridge, WRITE)
        .replace("{users_there}", bridge.text(Target::Users))
        .replace("{rooms_there}", bridge.text(Target::Rooms))
        .replace("{table}", &quoted_table(&table.table))
        .replace("{id}", &quote(&table.id))
        .replace("{room}", &quote(&table.room))
        .replace("{user}", &quote(&table.user))
        .replace("{text}", &quote(&table.text))
        .replace("{at}", &quote(&table.at));
    query(sql)
        .bind(all)
        .bind(created)
        .bind(bridge.ghost())
        .execute(&mut *connection)
        .await?;
    // Foreign keys of Django are deferred: without this they fail the whole round, at its commit.
    query("SET CONSTRAINTS ALL IMMEDIATE".to_owned())
        .execute(connection)
        .await?;
    Ok(())
}

/// A table with its schema, if it has one.
fn quoted_table(name: &str) -> String {
    name.split('.').map(quote).collect::<Vec<_>>().join(".")
}
