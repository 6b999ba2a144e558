//! One round: applies the marks that are due, in one transaction (invariants 3 and 4 of
//! the bridge).

use std::collections::{BTreeMap, HashSet};

use sqlx::{Connection, Error, FromRow, PgConnection};

use super::{
    apply::{self, Applied, Batch},
    back, everything,
    mapping::{Keys, Source, Sql, Target},
    marks::{self, Mark, PORTION, Tried, Waiting},
    notes, notify,
    sql::{Bridge, Patience, ends_round, lock, query_as, sentence},
    triggers,
};

/// What a round did.
#[derive(Debug, Default)]
pub(crate) struct Round {
    /// Marks that were read, and messages that were written back.
    pub(crate) handled: usize,
    /// What failed, by target.
    pub(crate) failed: Vec<Target>,
}

/// Which rows of a source a mark is of.
type Moved<'m> = BTreeMap<(&'m str, Target), Vec<&'m Mark>>;

/// Applies what is due. `None`: another process does it. With `wait`: waits for that one.
pub(crate) async fn run(
    bridge: &Bridge,
    connection: &mut PgConnection,
    wait: bool,
) -> Result<Option<Round>, Error> {
    if !rights(bridge, connection, wait).await? {
        return Ok(None);
    }
    let mut transaction = bridge.begin(connection).await?;
    if !lock(&mut transaction, wait).await? {
        return Ok(None);
    }
    let written = back::write(bridge, &mut transaction).await?;
    everything::expand(bridge, &mut transaction).await?;
    let mut marks = notes::take(bridge, &mut transaction, PORTION).await?;
    let noted = i64::try_from(marks.len()).unwrap_or(PORTION);
    let rest = (PORTION - noted).max(0);
    marks.extend(marks::due(bridge, &mut transaction, rest).await?);
    let mut round = Round {
        handled: marks.len() + written,
        failed: Vec::new(),
    };
    if !marks.is_empty() {
        // Before their work: what waits is marked again.
        marks::done(bridge, &mut transaction, &marks).await?;
        let (batch, tried, waiting) = resolve(bridge, &mut transaction, &marks, |_| true).await?;
        let of_waiting = waiting.iter().map(|waiting| waiting.target);
        round.failed.extend(of_waiting);
        marks::wait(bridge, &mut transaction, &waiting).await?;
        let filling = everything::targets(bridge, &mut transaction).await?;
        let failed = apply(bridge, &mut transaction, batch, &filling, &tried).await?;
        round.failed.extend(failed);
    }
    transaction.commit().await?;
    Ok(Some(round))
}

/// Rounds until nothing is due.
pub(crate) async fn all(bridge: &Bridge, connection: &mut PgConnection) -> Result<(), Error> {
    while run(bridge, connection, true)
        .await?
        .is_some_and(|round| round.handled > 0)
    {}
    Ok(())
}

/// Applies the rights that are due, in a transaction of their own: whatever the rest of the
/// round meets, they are in force before. The marks stay for it, and what fails here waits
/// there. Returns `false` if another process has the lock.
async fn rights(bridge: &Bridge, connection: &mut PgConnection, wait: bool) -> Result<bool, Error> {
    let mut transaction = bridge.begin(connection).await?;
    if !lock(&mut transaction, wait).await? {
        return Ok(false);
    }
    let sources = bridge.mapping.sources_of(Target::Users);
    let mut marks = notes::of(bridge, &mut transaction, &sources, PORTION).await?;
    marks.extend(marks::due_of_users(bridge, &mut transaction, &sources).await?);
    let of_users = |target| target == Target::Users;
    let (mut batch, ..) = resolve(bridge, &mut transaction, &marks, of_users).await?;
    if let Some(users) = batch.remove(&Target::Users) {
        apply::rights(bridge, &mut transaction, users).await?;
    }
    transaction.commit().await?;
    Ok(true)
}

/// Applies a batch, marks what waits and announces what was written. Returns what waits.
pub(crate) async fn apply(
    bridge: &Bridge,
    connection: &mut PgConnection,
    batch: Batch,
    filling: &HashSet<Target>,
    tried: &Tried<(Target, i64)>,
) -> Result<Vec<Target>, Error> {
    let keys = batch.iter();
    let keys: Vec<_> = keys
        .flat_map(|(target, keys)| keys.iter().map(|key| (*target, *key)))
        .collect();
    let Applied {
        waiting, written, ..
    } = apply::all(bridge, connection, batch, filling).await?;
    marks::settled(bridge, connection, keys.into_iter()).await?;
    let waiting = waiting.into_iter().map(|(target, key, error)| {
        let tried = tried.get(&(target, key)).copied();
        let (tries, at) = tried.map_or((0, None), |(tries, at)| (tries, Some(at)));
        Waiting {
            source: None,
            target,
            key: key.to_string(),
            at,
            tries: tries + 1,
            error,
        }
    });
    let waiting: Vec<_> = waiting.collect();
    if let Some(first) = waiting.iter().find(|waiting| waiting.tries == 1) {
        tracing::warn!(
            what = first.target.name(),
            key = first.key,
            error = first.error,
            "a row of the platform cannot be applied yet: trying again"
        );
    }
    marks::wait(bridge, connection, &waiting).await?;
    notify::written(bridge, connection, &written).await?;
    Ok(waiting.into_iter().map(|waiting| waiting.target).collect())
}

/// The keys of what is to be applied, of targets that are `wanted`; how often they were tried;
/// and what cannot be resolved.
async fn resolve(
    bridge: &Bridge,
    connection: &mut PgConnection,
    marks: &[Mark],
    wanted: impl Fn(Target) -> bool,
) -> Result<(Batch, Tried<(Target, i64)>, Vec<Waiting>), Error> {
    let (mut batch, mut tried, mut moved) = (Batch::new(), Tried::new(), Moved::new());
    for mark in marks {
        let target = mark.target.as_deref().and_then(Target::of_name);
        match (&mark.source, target, mark.key.parse()) {
            (None, Some(target), Ok(key)) if wanted(target) => {
                batch.entry(target).or_default().insert(key);
                tried.insert((target, key), (mark.tries, mark.at));
            }
            (Some(name), target, _) => {
                let source = marks::source(&bridge.mapping, name);
                let all = source.into_iter().flat_map(|source| &source.targets);
                let all = all.filter(|(of, _)| wanted(*of));
                for (of, _) in all.filter(|(of, _)| target.is_none_or(|target| target == *of)) {
                    moved.entry((name, *of)).or_default().push(mark);
                }
            }
            _ => {}
        }
    }
    let mut waiting = Vec::new();
    for ((name, target), marks) in moved {
        let source = marks::source(&bridge.mapping, name);
        let Some((source, keys)) = source.and_then(|source| {
            let mut targets = source.targets.iter();
            let (_, keys) = targets.find(|(of, _)| *of == target)?;
            Some((source, keys))
        }) else {
            continue;
        };
        let (found, failed) = keys_of(connection, source, keys, marks).await?;
        batch.entry(target).or_default().extend(found);
        waiting.extend(failed.into_iter().map(|(mark, error)| Waiting {
            source: Some(name.to_owned()),
            target,
            key: mark.key.clone(),
            at: Some(mark.at),
            tries: mark.tries + 1,
            error,
        }));
    }
    Ok((batch, tried, waiting))
}

/// The keys that follow from marks of a source, and the marks from which none follow because
/// something failed.
async fn keys_of<'m>(
    connection: &mut PgConnection,
    source: &Source,
    keys: &Keys,
    marks: Vec<&'m Mark>,
) -> Result<(Vec<i64>, Vec<(&'m Mark, String)>), Error> {
    let (mut found, mut failed) = (Vec::new(), Vec::new());
    let sql = match keys {
        Keys::Same => {
            for mark in marks {
                match mark.key.parse() {
                    Ok(key) => found.push(key),
                    Err(_) => failed.push((mark, format!("{} is no whole number", mark.key))),
                }
            }
            return Ok((found, failed));
        }
        Keys::Query(sql) => with_keys(connection, source, sql).await?,
    };
    let (mut parts, mut patience) = (vec![marks], Patience::new());
    while let Some(part) = parts.pop() {
        let keys: Vec<_> = part.iter().map(|mark| mark.key.as_str()).collect();
        let mut savepoint = connection.begin().await?;
        let query = query_as::<Key>(sql.clone())
            .bind(keys)
            .fetch_all(&mut *savepoint);
        match query.await {
            Ok(keys) => {
                savepoint.commit().await?;
                found.extend(keys.into_iter().map(|Key { key }| key));
            }
            Err(error) if ends_round(&error) => return Err(error),
            Err(error) => {
                savepoint.rollback().await?;
                if part.len() == 1 || !patience.lasts(&error) {
                    let why = sentence(&error);
                    failed.extend(part.into_iter().map(|mark| (mark, why.clone())));
                } else {
                    let (first, second) = part.split_at(part.len() / 2);
                    parts.extend([second.to_vec(), first.to_vec()]);
                }
            }
        }
    }
    Ok((found, failed))
}

#[derive(FromRow)]
struct Key {
    key: i64,
}

/// The query of a source, with its keys as $1.
pub(crate) async fn with_keys(
    connection: &mut PgConnection,
    source: &Source,
    sql: &Sql,
) -> Result<String, Error> {
    let kind: Option<String> = sqlx::query_scalar(
        "SELECT format_type(atttypid, atttypmod) FROM pg_attribute
         WHERE attrelid = to_regclass($1) AND attname = $2 AND NOT attisdropped",
    )
    .bind(triggers::table(source))
    .bind(&source.key)
    .fetch_optional(connection)
    .await?;
    // Without the column, nothing is found, and the error says what is missing.
    let kind = kind.unwrap_or_else(|| "text".to_owned());
    let text = sql.text.replace(":keys", &format!("$1::text[]::{kind}[]"));
    Ok(format!(
        "SELECT DISTINCT k.key::bigint AS key FROM (\n{text}\n) AS k(key) WHERE k.key IS NOT NULL"
    ))
}
