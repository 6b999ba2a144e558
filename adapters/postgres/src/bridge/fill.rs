//! Applies everything of a target, in portions of its keys: at the installation, after a
//! `TRUNCATE`, and when a trigger was gone. A mark without a key stands for it, with how far
//! it has come, and goes when the last portion is applied.

use sqlx::{Connection, Error, FromRow, PgConnection};

use super::{
    apply::Batch,
    everything,
    mapping::Target,
    marks::Tried,
    objects::named,
    round,
    sql::{Bridge, ends_round, lock, query, query_as, sentence},
};

/// Keys of one portion.
const PORTION: i64 = 5_000;

/// Rooms whose messages are numbered together.
const ROOMS: i64 = 100;

/// $1 the targets in their order.
const NEXT: &str = "
    SELECT id, target, upto FROM {moved}
    WHERE target IS NOT NULL AND key IS NULL AND after <= now()
    ORDER BY array_position($1::text[], target), upto IS NULL, id LIMIT 1";

const FAILED: &str = "
    UPDATE {moved} SET tries = tries + 1, error = $2,
        after = now() + LEAST(interval '1 min', interval '0.4 s' * 2 ^ LEAST(tries, 10))
    WHERE id = $1";

#[derive(FromRow)]
struct Fill {
    id: i64,
    target: String,
    upto: Option<i64>,
}

/// A portion that was applied.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Portion {
    pub(crate) target: Target,
    pub(crate) keys: usize,
}

/// Applies the next portion. `None`: nothing is to be filled now, or another process has
/// the lock.
pub(crate) async fn portion(
    bridge: &Bridge,
    connection: &mut PgConnection,
    wait: bool,
) -> Result<Option<Portion>, Error> {
    let mut transaction = bridge.begin(connection).await?;
    if !lock(&mut transaction, wait).await? {
        return Ok(None);
    }
    let next: Option<Fill> = query_as(named(bridge, NEXT))
        .bind(Target::ALL.map(Target::name))
        .fetch_optional(&mut *transaction)
        .await?;
    let Some(fill) = next else {
        return Ok(None);
    };
    let Some(target) = Target::of_name(&fill.target) else {
        return Ok(None);
    };
    let mut savepoint = transaction.begin().await?;
    let size = if target == Target::History {
        ROOMS
    } else {
        PORTION
    };
    let after = fill.upto.unwrap_or(i64::MIN);
    let keys = match window(bridge, &mut savepoint, target, after, size).await {
        Err(error) if !ends_round(&error) => {
            savepoint.rollback().await?;
            query(named(bridge, FAILED))
                .bind(fill.id)
                .bind(sentence(&error))
                .execute(&mut *transaction)
                .await?;
            transaction.commit().await?;
            return Ok(Some(Portion { target, keys: 0 }));
        }
        keys => keys?,
    };
    savepoint.commit().await?;
    match keys.last() {
        None => {
            let done = query(named(bridge, "DELETE FROM {moved} WHERE id = $1"));
            done.bind(fill.id).execute(&mut *transaction).await?;
        }
        Some(last) => {
            let upto = "UPDATE {moved} SET upto = $2, tries = 0, error = NULL WHERE id = $1";
            let upto = query(named(bridge, upto)).bind(fill.id).bind(last);
            upto.execute(&mut *transaction).await?;
        }
    }
    let portion = Portion {
        target,
        keys: keys.len(),
    };
    let filling = everything::targets(bridge, &mut transaction).await?;
    let batch = Batch::from([(target, keys.into_iter().collect())]);
    round::apply(bridge, &mut transaction, batch, &filling, &Tried::new()).await?;
    transaction.commit().await?;
    Ok(Some(portion))
}

/// The next keys of a target, of rows there or here.
pub(crate) async fn window(
    bridge: &Bridge,
    connection: &mut PgConnection,
    target: Target,
    after: i64,
    size: i64,
) -> Result<Vec<i64>, Error> {
    let here = |table: &str| {
        let table = bridge.ours(table);
        format!("(SELECT id FROM {table} WHERE id > $1 ORDER BY id LIMIT $2)")
    };
    let there = |table: &str| {
        format!(
            "SELECT id FROM (
                (SELECT q.id::bigint AS id FROM (\n{}\n) q WHERE q.id > $1 ORDER BY q.id LIMIT $2)
                UNION {}
             ) k ORDER BY id LIMIT $2",
            bridge.text(target),
            here(table)
        )
    };
    let sql = match target {
        Target::Users | Target::UserProfiles => there("users"),
        Target::Brands | Target::BrandProfiles => there("brands"),
        Target::Rooms => there("rooms"),
        Target::Messages => there("messages"),
        Target::Participants | Target::History => here("rooms"),
    };
    let keys: Vec<(i64,)> = query_as(sql)
        .bind(after)
        .bind(size)
        .fetch_all(connection)
        .await?;
    Ok(keys.into_iter().map(|(key,)| key).collect())
}
