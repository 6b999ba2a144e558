//! What has changed in the database, and what it does not hold as expected.
//!
//! A *recheck* asks what has changed since the previous ones. Three kinds of numbers
//! show that, each found by an index: the revisions of users and rooms, those of
//! `removed`, and the ids of messages and events. All come from two sequences.
//!
//! | file | what it does |
//! |---|---|
//! | `recheck` | one recheck, and what those before it have seen |
//! | `now` | what a recheck reads of the database itself |
//! | `base` | after which numbers the next recheck reads |
//! | `changed` | what has newer numbers |
//! | `compare` | compares everything, by what it is |
//! | `removed` | forgets what was removed long ago |
//!
//! # Invariants
//! 1. **A number can come late.** A transaction takes its numbers when it writes,
//!    and they are seen when it commits, after higher ones. So a recheck reads from a
//!    *base*: every number up to there belongs to a transaction that had ended before
//!    the previous recheck, which therefore reported it.
//! 2. **How that is known.** Each recheck remembers the next transaction id. If the
//!    oldest transaction in flight now is not below that, all that were in flight at
//!    that recheck have ended. The upper end of a snapshot would not do: it is only one
//!    above the last transaction that *ended*, and others are in flight above it. The
//!    base is then what the sequences had reached *one recheck further back*, because
//!    a transaction takes its first number a moment before it gets its id. (If it
//!    takes one, and writes nothing until two rechecks later, that is not found: the
//!    writes of this service and the triggers do not.)
//! 3. **First the database, then the changes,** over one connection. What ended
//!    before the first read is seen by the second.
//! 4. **When in doubt, everything.** `Unknown` is the answer while there is no base;
//!    after an error or a dropped call, because the state is taken out for the time
//!    of a recheck; after the store was replaced, or its numbers went back; after a
//!    change of the files of the platform's tables (`TRUNCATE`), or of their
//!    triggers; while a trigger that moves revisions is not always enabled; if too
//!    much has changed; and when the listener is uncertain. It is asked first: what
//!    makes it uncertain later is for the next recheck.
//! 5. **The caches are never older than the answer.** What is reported is forgotten,
//!    and everything is with `Unknown`.
//! 6. **Reported once.** While the base stays, rechecks find the same changes again.
//!    What the last one found in the same state is not reported again. The caches do
//!    forget it again, because a read that began before a change can end after it.

mod base;
mod changed;
mod compare;
mod now;
pub(crate) mod recheck;
mod removed;

pub(crate) use self::{
    base::{Bases, Numbers},
    compare::compare,
    removed::purge as purge_removed,
};

use aftermatch_ports::Changes;
use sqlx::Error;

use self::recheck::{Found, recheck};
use crate::store::Postgres;

/// The highest revision that a row has, found by indexes. The sequence `revisions` must
/// not be lower.
pub(crate) const HIGHEST_REVISION: &str = "
    GREATEST((SELECT max(revision) FROM users), (SELECT max(revision) FROM rooms),
             (SELECT max(revision) FROM removed))";

/// What has changed since the previous call that returned `Ok`.
#[tracing::instrument(name = "db.change.list", level = "debug", skip_all)]
pub(crate) async fn changes(store: &Postgres) -> Result<Changes, Error> {
    // Invariant 4: both before anything is read.
    let uncertain = store.notifications.is_uncertain();
    let previous = store.last_recheck.take();
    let recheck = async {
        let mut connection = store.pool.acquire().await?;
        recheck(&mut connection, previous).await
    };
    let (seen, found) = store.with_timeout(recheck).await?;
    store.last_recheck.put(seen);
    Ok(match found.filter(|_| !uncertain) {
        Some(found) => known(store, found),
        None => {
            store.users.forget_all();
            store.rooms.forget_all();
            Changes::Unknown
        }
    })
}

/// Invariant 5.
fn known(store: &Postgres, Found { new, all }: Found) -> Changes {
    for user in &all.users {
        store.users.forget(user);
    }
    for room in &all.rooms {
        store.rooms.forget(room);
    }
    Changes::Known {
        users: new.users,
        rooms: new.rooms,
        logs: new.logs,
    }
}
