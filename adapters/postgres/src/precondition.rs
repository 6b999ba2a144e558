//! The precondition of a write, and every row lock that a write takes on users
//! and rooms.
//!
//! A write was authorized by a user and a room at certain revisions. It may
//! commit only while both are still at these revisions.
//!
//! # Invariants
//! 1. **Checked and locked together.** A write commits only if it holds the row of
//!    its room (`FOR NO KEY UPDATE`) and the row of its user (`FOR SHARE`), both at
//!    the expected revisions, from the check until the commit. So the platform
//!    cannot change either in between: its `UPDATE` or `DELETE` waits for the
//!    commit, which is one statement away.
//! 2. **One write of a room at a time.** The room's lock excludes other writes of
//!    the room. So `last_seq + 1`, read under this lock, is the next number. The
//!    user's lock is shared: one user can write in several rooms at once.
//! 3. **The newest row.** A lock at `READ COMMITTED` reads the newest committed
//!    version of the row and checks the `WHERE` clause again on it. The snapshot
//!    of the statement may be older; `last_seq` and the revisions are not.
//! 4. **No waiting.** `SKIP LOCKED` leaves a row out that another transaction has
//!    locked. No write waits for a lock on a room or a user, so writes cannot
//!    deadlock with each other or with the platform.
//! 5. **Absent is not refused.** A row that is missing from a lock is stale or
//!    locked. A write that gets no row reads the revisions without a lock. It reports
//!    a conflict only if they differ; else it is tried again.
//! 6. **Times in the order of numbers.** The time of an event is the clock of the
//!    database once the room is locked, and never before the room's previous event:
//!    `last_at` has that, should the clock have been set back. It is read outside of
//!    the query with the lock, because columns of that query are computed before the
//!    row is locked. A `last_at` that no event can have had, such as `infinity`, does not
//!    count: the room's next event corrects it.

use aftermatch_ports::{Precondition, model::Epoch};
use sqlx::{
    FromRow,
    postgres::{PgArguments, PgRow},
    query::QueryAs,
};

/// What a row of a query becomes.
pub(crate) trait OfRow: for<'r> FromRow<'r, PgRow> + Send + Unpin {}

impl<T: for<'r> FromRow<'r, PgRow> + Send + Unpin> OfRow for T {}

pub(crate) type Query<'q, T> = QueryAs<'q, sqlx::Postgres, T, PgArguments>;

/// The time of the next event of a room with this `last_at`: invariant 6.
macro_rules! next_at {
    ($now:literal) => {
        concat!(
            "GREATEST(",
            $now,
            ", CASE WHEN last_at < '9999-12-31Z' THEN last_at END)"
        )
    };
}
pub(crate) use next_at;

/// The lock of one write: $1 room, $2 its revision, $3 user, $4 its revision. One
/// row, or none: `seq` and `at`, the number and the time of the next event. Invariants
/// 1 to 4 and 6.
macro_rules! lock {
    () => {
        concat!(
            "SELECT seq, ",
            $crate::precondition::next_at!("clock_timestamp()"),
            " AS at FROM (
            SELECT last_seq + 1 AS seq, last_at FROM rooms, users
            WHERE rooms.id = $1 AND rooms.revision = $2
              AND users.id = $3 AND users.revision = $4
            FOR NO KEY UPDATE OF rooms SKIP LOCKED FOR SHARE OF users SKIP LOCKED
         ) locked"
        )
    };
}
pub(crate) use lock;

/// Whether the precondition of [`lock`] holds, read without a lock: invariant 5.
/// Null without the room or the user.
macro_rules! holds {
    () => {
        "(SELECT revision FROM rooms WHERE id = $1) = $2
         AND (SELECT revision FROM users WHERE id = $3) = $4"
    };
}
pub(crate) use holds;

/// Locks those of the rooms `$ids` that can be locked, in the order of their ids, and
/// reads the time `at` of their next events (invariant 6). The revisions are compared
/// afterwards, on the rows that this returns.
macro_rules! lock_rooms {
    ($ids:literal) => {
        concat!(
            "SELECT id, revision, last_seq, ",
            $crate::precondition::next_at!("clock_timestamp()"),
            " AS at FROM (
                SELECT id, revision, last_seq, last_at FROM rooms WHERE id = ANY (",
            $ids,
            ")  ORDER BY id FOR NO KEY UPDATE SKIP LOCKED
             ) locked_rooms"
        )
    };
}
pub(crate) use lock_rooms;

/// Locks those of the users `$ids` that can be locked, in the order of their ids.
macro_rules! lock_users {
    ($ids:literal) => {
        concat!(
            "SELECT id, revision FROM users WHERE id = ANY (",
            $ids,
            ") ORDER BY id FOR SHARE SKIP LOCKED"
        )
    };
}
pub(crate) use lock_users;

/// Joins a list `a` of writes with the rooms `r` and the users `u` of those whose
/// preconditions hold. `locked`: `r` and `u` are results of [`lock_rooms`] and
/// [`lock_users`]. `unlocked`: they are the tables, for invariant 5.
macro_rules! join_held {
    (locked) => {
        $crate::precondition::join_held!("r", "u")
    };
    (unlocked) => {
        $crate::precondition::join_held!("rooms r", "users u")
    };
    ($rooms:literal, $users:literal) => {
        concat!(
            " JOIN ",
            $rooms,
            " ON r.id = a.room_id AND r.revision = a.room_revision JOIN ",
            $users,
            " ON u.id = a.user_id AND u.revision = a.user_revision "
        )
    };
}
pub(crate) use join_held;

/// Keeps the room $1 and the user $2 from being deleted, where `$if` is true: two
/// queries `r` and `u` with one row each. A foreign key would take the same locks
/// by itself, but wait for them. Invariant 4.
macro_rules! lock_parents {
    ($if:literal) => {
        concat!(
            "r AS MATERIALIZED (
                SELECT FROM rooms WHERE id = $1 AND ",
            $if,
            " FOR KEY SHARE SKIP LOCKED
             ), u AS MATERIALIZED (
                SELECT FROM users WHERE id = $2 AND ",
            $if,
            " FOR KEY SHARE SKIP LOCKED
             )"
        )
    };
}
pub(crate) use lock_parents;

/// The epoch of a write whose precondition held, over a connection to `store`.
pub(crate) fn epoch(precondition: Precondition, store: u32) -> Epoch {
    Epoch {
        store,
        room: precondition.room_epoch,
    }
}

/// A statement for one write, with its precondition as $1 to $4.
pub(crate) fn query_as<'q, T>(sql: &'static str, precondition: Precondition) -> Query<'q, T>
where
    T: for<'r> FromRow<'r, PgRow>,
{
    sqlx::query_as(sql)
        .bind(precondition.room.0)
        .bind(precondition.room_revision.0)
        .bind(precondition.user.0)
        .bind(precondition.user_revision.0)
}
