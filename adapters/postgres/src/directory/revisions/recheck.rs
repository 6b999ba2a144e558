use std::collections::HashSet;

use parking_lot::Mutex;
use sqlx::{Error, PgConnection};

use super::{
    base::Bases,
    changed::{self, Change, Changed},
    now::Now,
};

/// What the rechecks so far have seen. `None`: the next one cannot know what changed.
#[derive(Default)]
pub(crate) struct LastRecheck(Mutex<Option<Seen>>);

pub(super) struct Seen {
    now: Now,
    bases: Bases,
    /// The changes that the last recheck found. While the base stays, the next one finds
    /// them again.
    found: HashSet<Change>,
}

/// What a recheck found.
pub(super) struct Found {
    /// What has changed since the last recheck.
    pub(super) new: Changed,
    /// The same, with what the last recheck found already.
    pub(super) all: Changed,
}

impl LastRecheck {
    /// Invariant 4: while it is taken out, nothing is there.
    pub(super) fn take(&self) -> Option<Seen> {
        self.0.lock().take()
    }

    pub(super) fn put(&self, seen: Seen) {
        *self.0.lock() = Some(seen);
    }
}

/// What the database is now, and what has changed since `previous`, if that can be
/// known.
pub(super) async fn recheck(
    connection: &mut PgConnection,
    previous: Option<Seen>,
) -> Result<(Seen, Option<Found>), Error> {
    // Invariant 3.
    let now = Now::read(connection).await?;
    let Some(Seen {
        now: before,
        mut bases,
        found: known,
    }) = previous.filter(|seen| now.follows(&seen.now))
    else {
        return Ok((first(connection, now).await?, None));
    };
    let changes = match bases.base() {
        Some(base) => changed::since(connection, base, &now).await?,
        None => None,
    };
    bases.advance(before.numbers, now.oldest, now.next);
    let store = now.store()?;
    let found = changes.as_ref().map(|changes| Found {
        new: Changed::of(changes.difference(&known), store),
        all: Changed::of(changes, store),
    });
    let found = found.filter(|_| now.shows_changes_since(&before));
    let seen = Seen {
        now,
        bases,
        found: changes.unwrap_or_default(),
    };
    Ok((seen, found))
}

/// A recheck without a previous one is two: if nothing is in flight, the next one has a
/// base.
async fn first(connection: &mut PgConnection, before: Now) -> Result<Seen, Error> {
    let now = Now::read(connection).await?;
    let mut bases = Bases::default();
    if now.follows(&before) {
        bases.advance(before.numbers, now.oldest, now.next);
    }
    Ok(Seen {
        now,
        bases,
        found: HashSet::new(),
    })
}
