use sqlx::{Connection, Error, PgConnection};

use super::{
    everything, fill, grants,
    locked::patiently,
    mapping::{Mapping, Mistakes, Target},
    objects::{self, named},
    probe, round,
    sql::{Bridge, BridgeError, FIRST_OWN_ID, query, query_as},
    triggers,
};
use crate::options::Options;

/// How much longer than while the service runs a statement may take: it only reads what is
/// the platform's, or waits for a service that runs.
pub(crate) const PATIENCE: u32 = 10;

/// New messages of this service begin with these ids.
const IDS: &str = "
    SELECT setval({sequence}, {first}, false) FROM {sequence_table} WHERE last_value < {first}";

const GHOST: &str = "
    INSERT INTO {users} AS o (id, active, profile) VALUES ($1, false, $2::json)
    ON CONFLICT (id) DO UPDATE SET profile = EXCLUDED.profile
    WHERE o.profile::text <> EXCLUDED.profile::text";

/// Without statistics of so many new rows, Postgres finds messages by their room instead of
/// their id. What is locked is just being analyzed.
const ANALYZE: &str =
    "ANALYZE (SKIP_LOCKED) {users}, {brands}, {rooms}, {participants}, {messages}";

const WAITING: &str = "
    SELECT error FROM {moved} WHERE error IS NOT NULL ORDER BY id LIMIT 20";

/// What an installation left.
#[derive(Debug)]
pub struct Installed {
    /// Sentences about what could not be applied, at most 20.
    pub waiting: Vec<String>,
}

/// Makes the triggers, then applies everything in portions. Can be repeated. `report`
/// receives a line for each step.
///
/// # Errors
/// The database is unreachable, the mapping does not fit it, or something must be done first.
pub async fn install(
    options: &Options,
    mapping: &Mapping,
    mut report: impl FnMut(String),
) -> Result<Installed, BridgeError> {
    let limit = PATIENCE * options.statement_timeout;
    let (mut connection, mut bridge) = Bridge::open(options, mapping, limit).await?;
    refuse_without(grants::usage(&bridge, &mut connection).await?)?;
    let probe = probe::all(&mut bridge, &mut connection).await?;
    if !probe.mistakes.is_empty() {
        return Err(BridgeError::Mistakes(Mistakes(probe.mistakes)));
    }
    refuse_without(grants::missing(&bridge, &mut connection, &probe.reads).await?)?;
    prepare(&bridge, &mut connection).await?;
    for source in &bridge.mapping.sources {
        let is_new = triggers::put(&bridge, &mut connection, source).await?;
        let there = if is_new { "made" } else { "there already" };
        report(format!("triggers on {}: {there}", source.name()));
    }
    triggers::drop_others(&bridge, &mut connection, &bridge.mapping.sources).await?;
    everything::mark(&bridge, &mut connection, Target::NAMED.into_iter()).await?;
    fill_all(&bridge, &mut connection, &mut report).await?;
    query(named(&bridge, ANALYZE))
        .execute(&mut connection)
        .await?;
    let waiting: Vec<(String,)> = query_as(named(&bridge, WAITING))
        .fetch_all(&mut connection)
        .await?;
    connection.close().await?;
    Ok(Installed {
        waiting: waiting.into_iter().map(|(error,)| error).collect(),
    })
}

fn refuse_without(grants: Vec<String>) -> Result<(), BridgeError> {
    if grants.is_empty() {
        return Ok(());
    }
    let grants = grants.join("\n");
    let sentence = format!("the owner of the platform's tables must first run\n{grants}");
    Err(BridgeError::Refused(sentence))
}

/// Makes what is in our own schema, unless what is there would be lost.
async fn prepare(bridge: &Bridge, connection: &mut PgConnection) -> Result<(), BridgeError> {
    let mut transaction = bridge.begin(connection).await?;
    refuse_loss(bridge, &mut transaction).await?;
    transaction.commit().await?;
    let make = async |transaction: &mut PgConnection| make_ours(bridge, transaction).await;
    patiently(connection, make).await?;
    Ok(())
}

async fn make_ours(bridge: &Bridge, transaction: &mut PgConnection) -> Result<(), Error> {
    let is_new = objects::create(bridge, transaction).await?;
    if let Some(ghost) = &bridge.mapping.ghost {
        query(named(bridge, GHOST))
            .bind(ghost.id)
            .bind(&ghost.profile)
            .execute(&mut *transaction)
            .await?;
    }
    if bridge.mapping.query(Target::Messages).is_some() {
        let sequence = bridge.ours("messages_id_seq");
        let sql = named(bridge, IDS)
            .replace("{sequence}", &super::sql::literal(&sequence))
            .replace("{sequence_table}", &sequence);
        query(sql).execute(&mut *transaction).await?;
    }
    objects::note_writes(bridge, transaction, is_new).await
}

/// A bridge removes what the platform does not have. Before the first installation, that is
/// refused.
async fn refuse_loss(bridge: &Bridge, connection: &mut PgConnection) -> Result<(), BridgeError> {
    let refuse = |sentence| Err(BridgeError::Refused(sentence));
    if let Some(ghost) = bridge.ghost() {
        let sql = format!(
            "SELECT q.id::bigint FROM (\n{}\n) q WHERE q.id = $1",
            bridge.text(Target::Users)
        );
        let taken: Option<(i64,)> = query_as(sql)
            .bind(ghost)
            .fetch_optional(&mut *connection)
            .await?;
        if taken.is_some() {
            return refuse(format!(
                "a user of the platform has the id {ghost} of the ghost: give it another"
            ));
        }
    }
    let highest = format!(
        "SELECT max(q.id)::bigint FROM (\n{}\n) q WHERE q.id >= $1",
        bridge.text(Target::Messages)
    );
    if objects::exist(bridge, connection).await? {
        return Ok(());
    }
    let (own,): (i64,) = query_as(named(
        bridge,
        &format!(
            "SELECT count(*) FROM {{rooms}} r
             WHERE NOT EXISTS (SELECT FROM (\n{}\n) q WHERE q.id = r.id)",
            bridge.text(Target::Rooms)
        ),
    ))
    .fetch_one(&mut *connection)
    .await?;
    if own > 0 {
        return refuse(format!(
            "the chat has {own} rooms that the platform does not have, and a bridge would remove \
             them with their messages: install it in a chat without rooms, or remove them first"
        ));
    }
    let (highest,): (Option<i64>,) = query_as(highest)
        .bind(FIRST_OWN_ID)
        .fetch_one(&mut *connection)
        .await?;
    let written_here = format!("SELECT max(id) FROM {}", bridge.ours("messages"));
    let (here,): (Option<i64>,) = query_as(written_here).fetch_one(&mut *connection).await?;
    match highest {
        Some(highest) if here.is_none_or(|here| highest > here) => refuse(format!(
            "the platform has a message with the id {highest}: ids from 10^12 on are for messages \
             of the chat, so that ids of both never meet"
        )),
        _ => Ok(()),
    }
}

/// Applies all that is marked, until the portions are done.
async fn fill_all(
    bridge: &Bridge,
    connection: &mut PgConnection,
    report: &mut impl FnMut(String),
) -> Result<(), Error> {
    let mut done = std::collections::BTreeMap::new();
    while let Some(portion) = fill::portion(bridge, connection, true).await? {
        let keys = done.entry(portion.target).or_insert(0);
        *keys += portion.keys;
        let (name, unit) = match portion.target {
            Target::History => ("messages", " rooms"),
            Target::Participants => ("participants", " rooms"),
            target => (target.name(), ""),
        };
        if portion.keys > 0 {
            report(format!("{name}: {keys}{unit}"));
        }
    }
    // What has moved meanwhile, and what waited for what came later.
    query(named(
        bridge,
        "UPDATE {moved} SET after = now() WHERE key IS NOT NULL AND tries < 3",
    ))
    .execute(&mut *connection)
    .await?;
    round::all(bridge, connection).await
}
