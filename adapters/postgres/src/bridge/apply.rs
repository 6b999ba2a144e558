//! Brings what the queries return for some keys into our tables.
//!
//! Each is one statement, or a few, for all keys: it compares, writes what differs, and
//! removes what is no longer returned. What cannot be written yet is returned with the
//! reason.

mod brands;
mod halves;
mod messages;
mod participants;
mod profiles;
mod rooms;
mod users;

use std::collections::{BTreeMap, BTreeSet, HashSet};

use sqlx::{Error, PgConnection};

use self::halves::in_halves;
use super::{mapping::Target, sql::Bridge};

/// Keys of rows of ours, by what they are keys of.
pub(crate) type Batch = BTreeMap<Target, BTreeSet<i64>>;

/// What came of applying something.
#[derive(Debug, Default)]
pub(crate) struct Applied {
    /// What could not be applied, and why.
    pub(crate) waiting: Vec<(Target, i64, String)>,
    /// Rooms with new events.
    pub(crate) written: HashSet<i64>,
    /// Rooms that were added.
    added: Vec<i64>,
    /// Users that the platform no longer has.
    gone: Vec<i64>,
}

impl Applied {
    fn extend(&mut self, other: Self) {
        self.waiting.extend(other.waiting);
        self.written.extend(other.written);
        self.added.extend(other.added);
        self.gone.extend(other.gone);
    }
}

/// Applies a batch, rights first. `filling`: targets of which everything will be applied.
pub(crate) async fn all(
    bridge: &Bridge,
    connection: &mut PgConnection,
    mut batch: Batch,
    filling: &HashSet<Target>,
) -> Result<Applied, Error> {
    let mut all = Applied::default();
    for target in Target::ALL {
        let keys = batch.remove(&target).unwrap_or_default();
        if keys.is_empty() || bridge.mapping.query(target).is_none() {
            continue;
        }
        if let Some(profiles) = target.profiles() {
            batch.entry(profiles).or_default().extend(&keys);
        }
        let keys = keys.into_iter().collect();
        let mut applied = in_halves(bridge, connection, target, keys).await?;
        // A room that is there now has participants and messages that may have come before.
        let added = std::mem::take(&mut applied.added);
        for of_room in [Target::Participants, Target::History] {
            if !filling.contains(&of_room) && !added.is_empty() {
                batch.entry(of_room).or_default().extend(&added);
            }
        }
        all.extend(applied);
    }
    let gone = std::mem::take(&mut all.gone);
    if !gone.is_empty() {
        all.waiting
            .extend(users::remove(bridge, connection, &gone).await?);
    }
    Ok(all)
}

/// Applies rights of users alone.
pub(crate) async fn rights(
    bridge: &Bridge,
    connection: &mut PgConnection,
    users: BTreeSet<i64>,
) -> Result<(), Error> {
    let users = users.into_iter().collect();
    in_halves(bridge, connection, Target::Users, users).await?;
    Ok(())
}

/// Applies these keys of one target.
async fn one(
    bridge: &Bridge,
    connection: &mut PgConnection,
    target: Target,
    keys: &[i64],
) -> Result<Applied, Error> {
    match target {
        Target::Users => users::rights(bridge, connection, keys).await,
        Target::UserProfiles | Target::BrandProfiles => {
            profiles::apply(bridge, connection, target, keys).await
        }
        Target::Brands => brands::apply(bridge, connection, keys).await,
        Target::Rooms => rooms::apply(bridge, connection, keys).await,
        Target::Participants => participants::apply(bridge, connection, keys).await,
        Target::History | Target::Messages => {
            messages::apply(bridge, connection, target, keys).await
        }
    }
}
