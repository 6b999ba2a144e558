use sqlx::{Connection, Error, PgConnection};

use super::{Applied, one};
use crate::bridge::{
    mapping::Target,
    sql::{Bridge, Patience, ends_round, sentence},
};

/// Applies the keys in one statement. If that fails, tries halves of them, until the keys
/// that make it fail are found: invariant 6.
pub(super) async fn in_halves(
    bridge: &Bridge,
    connection: &mut PgConnection,
    target: Target,
    keys: Vec<i64>,
) -> Result<Applied, Error> {
    let mut all = Applied::default();
    let (mut parts, mut patience) = (vec![keys], Patience::new());
    while let Some(keys) = parts.pop() {
        let mut savepoint = connection.begin().await?;
        match one(bridge, &mut savepoint, target, &keys).await {
            Ok(applied) => {
                savepoint.commit().await?;
                all.extend(applied);
            }
            Err(error) if ends_round(&error) => return Err(error),
            Err(error) => {
                savepoint.rollback().await?;
                if keys.len() == 1 || !patience.lasts(&error) {
                    let why = sentence(&error);
                    let failed = keys.into_iter().map(|key| (target, key, why.clone()));
                    all.waiting.extend(failed);
                } else {
                    let (first, second) = keys.split_at(keys.len() / 2);
                    parts.extend([second.to_vec(), first.to_vec()]);
                }
            }
        }
    }
    Ok(all)
}
