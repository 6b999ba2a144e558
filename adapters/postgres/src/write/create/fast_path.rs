//! The fast path of a batch: all of its messages, or none.
//!
//! Nearly always every precondition of a batch holds and nobody else has locked
//! one of its rooms. Then it is enough to compare two lists of revisions, once for
//! the batch, where `partial` joins, sorts and counts for each message.

use sqlx::{Error, FromRow, PgConnection};

use super::batch::{Inserted, any_attached, column, unique};
use crate::{moment::Moment, precondition, write::job::Create};

/// Inserts all messages, or none. $1 are the rooms, ascending, $2 their revisions
/// and $3 how many messages each gets; $4 the users, ascending, and $5 their
/// revisions. The others have an element for each message: $6 the position of its
/// room in $1, $7 its position among the messages of the room, then its columns.
///
/// A room or user that is stale, locked or missing makes the lists differ:
/// `locked` is then empty, and nothing is inserted. One time serves all messages.
///
/// `$column`, `$value` and `$list` are those of the attachments, if one of the messages has
/// some: $12.
macro_rules! all {
    ($column:literal, $value:literal, $list:literal) => {
        concat!(
            "WITH locked AS MATERIALIZED (
                SELECT r.seqs, r.at FROM (
                    SELECT array_agg(revision) AS revisions, array_agg(last_seq) AS seqs,
                           max(at) AS at
                    FROM (",
            precondition::lock_rooms!("$1"),
            ") locked_rooms
                ) r
                WHERE r.revisions = $2 AND $5 = (
                    SELECT array_agg(revision) FROM (",
            precondition::lock_users!("$4"),
            ") locked_users
                )
            ), moved AS (
                -- width_bucket: the position of the room in $1, by bisection. Not FROM locked:
                -- that would carry its arrays along with each room.
                UPDATE rooms
                SET last_seq = last_seq + ($3::bigint[])[width_bucket(id, $1::bigint[])],
                    last_at = (SELECT at FROM locked)
                WHERE id = ANY ($1) AND EXISTS (SELECT FROM locked)
            )
            INSERT INTO messages (room_id, user_id, text, created_at, seq, changed_seq,
                                  client_msg_id, request_id",
            $column,
            ")
            SELECT ($1::bigint[])[a.room], a.user_id, a.text, locked.at, n.seq, n.seq,
                   a.client_msg_id, a.request_id",
            $value,
            "
            FROM locked,
                 UNNEST($6::bigint[], $7::bigint[], $8::bigint[], $9::text[], $10::text[],
                        $11::text[]",
            $list,
            ")
                     AS a(room, nth, user_id, text, client_msg_id, request_id",
            $column,
            "),
                 LATERAL (SELECT locked.seqs[a.room] + a.nth AS seq) n
            RETURNING room_id, seq, id, created_at"
        )
    };
}

const ALL: &str = all!("", "", "");
const ALL_ATTACHED: &str = all!(", attachments", ", a.attachments::json", ", $12::text[]");

#[derive(FromRow)]
struct MessageRow {
    room_id: i64,
    seq: i64,
    id: i64,
    created_at: Moment,
}

/// Inserts all `jobs`. `None`: none was inserted, and only `partial` shows which
/// of them can be.
pub(super) async fn try_insert(
    connection: &mut PgConnection,
    jobs: &[Create],
) -> Result<Option<Vec<Inserted>>, Error> {
    let preconditions = || jobs.iter().map(|job| job.precondition);
    let rooms = revisions(preconditions().map(|p| (p.room.0, p.room_revision.0)));
    let users = revisions(preconditions().map(|p| (p.user.0, p.user_revision.0)));
    let (Some((rooms, room_revisions)), Some((users, user_revisions))) = (rooms, users) else {
        return Ok(None);
    };
    // Invariant 6.
    if unique(jobs).1.len() < jobs.len() {
        return Ok(None);
    }
    // Room by room. The sort is stable: invariant 7.
    let mut sorted: Vec<_> = (1_i64..).zip(jobs).collect();
    sorted.sort_by_key(|(_, job)| job.precondition.room);
    let (positions, sorted): (Vec<_>, Vec<_>) = sorted.into_iter().unzip();
    let Numbering { room, nth, counts } = Numbering::of(&sorted);
    let attached = any_attached(&sorted);
    let sql = if attached { ALL_ATTACHED } else { ALL };
    let mut query = sqlx::query_as::<_, MessageRow>(sql)
        .bind(rooms)
        .bind(room_revisions)
        .bind(counts)
        .bind(users)
        .bind(user_revisions)
        .bind(room)
        .bind(nth)
        .bind(column(&sorted, |job| job.precondition.user.0))
        .bind(column(&sorted, |job| job.draft.text.as_str()))
        .bind(column(&sorted, Create::client_msg_id))
        .bind(column(&sorted, Create::stored_request_id));
    if attached {
        query = query.bind(column(&sorted, Create::attachments));
    }
    let mut rows = match query.fetch_all(connection).await {
        Ok(rows) if rows.is_empty() => return Ok(None),
        Ok(rows) => rows,
        // Invariant 6: a client message id exists already; all rolled back.
        Err(Error::Database(error)) if error.is_unique_violation() => return Ok(None),
        Err(error) => return Err(error),
    };
    // SQL does not promise the order of the rows. By room and number it is the
    // order of `positions`.
    rows.sort_unstable_by_key(|row| (row.room_id, row.seq));
    let inserted = positions.into_iter().zip(rows);
    let inserted = inserted.map(|(position, row)| Inserted {
        position,
        id: row.id,
        seq: row.seq,
        created_at: row.created_at,
    });
    Ok(Some(inserted.collect()))
}

/// How jobs that are sorted by room are numbered.
struct Numbering {
    /// Of each job: the position of its room among the rooms.
    room: Vec<i64>,
    /// Of each job: its position among the jobs of its room.
    nth: Vec<i64>,
    /// Of each room: the number of its jobs.
    counts: Vec<i64>,
}

impl Numbering {
    fn of(sorted: &[&Create]) -> Self {
        let (mut room, mut nth, mut counts) = (Vec::new(), Vec::new(), Vec::new());
        let rooms = sorted.chunk_by(|a, b| a.precondition.room == b.precondition.room);
        for (position, jobs) in (1_i64..).zip(rooms) {
            let mut count = 0_i64;
            for _ in jobs {
                count += 1;
                room.push(position);
                nth.push(count);
            }
            counts.push(count);
        }
        Self { room, nth, counts }
    }
}

/// The ids, ascending, each once, and their revisions. `None`: two jobs expect
/// different revisions of one row.
fn revisions(pairs: impl Iterator<Item = (i64, i64)>) -> Option<(Vec<i64>, Vec<i64>)> {
    let mut pairs: Vec<_> = pairs.collect();
    pairs.sort_unstable();
    pairs.dedup();
    pairs
        .is_sorted_by(|(a, _), (b, _)| a < b)
        .then(|| pairs.into_iter().unzip())
}
