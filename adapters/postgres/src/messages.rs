use std::collections::HashSet;

use aftermatch_ports::{
    Changes, Creation, Deleted, Draft, Guard, History, Messages, Stretch, Unavailable, Written,
    model::{Message, MessageId, RoomId, Seq, Text, Timestamp, UserId, rules::Whose},
};
use async_trait::async_trait;
use sqlx::FromRow;
use time::OffsetDateTime;

use crate::{Postgres, changes, error::unavailable, history, patience::Attempt, reading};

/// Begins a change of one room under a guard: $1 room, $2 its revision, $3 user,
/// $4 its revision. `good` has one row, with the number of the change, if the
/// guard holds and nobody else has room or user locked.
macro_rules! guarded {
    ($change:literal) => {
        concat!(
            "WITH guarded AS (
                SELECT (SELECT revision FROM rooms WHERE id = $1) = $2
                   AND (SELECT revision FROM users WHERE id = $3) = $4 AS holds
             ), u AS MATERIALIZED (
                SELECT revision FROM users WHERE id = $3 FOR SHARE SKIP LOCKED
             ), r AS MATERIALIZED (
                SELECT revision, last_seq FROM rooms WHERE id = $1
                FOR NO KEY UPDATE SKIP LOCKED
             ), good AS MATERIALIZED (
                SELECT r.last_seq + 1 AS seq FROM r, u
                WHERE r.revision = $2 AND u.revision = $4
             ), ",
            $change,
            ", moved AS (
                UPDATE rooms SET last_seq = good.seq FROM good
                WHERE rooms.id = $1 AND EXISTS (SELECT FROM changed)
             )
             SELECT COALESCE((SELECT holds FROM guarded), false) AS holds,
                    (SELECT seq FROM good) AS seq,
                    ARRAY(SELECT id FROM changed) AS ids"
        )
    };
}

const EDIT: &str = guarded!(
    "changed AS (
        UPDATE messages
        SET text = $6, edited_at = $7, changed_seq = good.seq, sent_sha256 = CASE
            WHEN client_msg_id IS NOT NULL
            THEN COALESCE(sent_sha256, sha256(convert_to(text, 'UTF8')))
        END
        FROM good
        WHERE id = $5 AND room_id = $1 AND user_id = $3 AND deleted_at IS NULL
        RETURNING id
    )"
);

const DELETE: &str = guarded!(
    "changed AS (
        UPDATE messages
        SET text = NULL, sent_sha256 = NULL, deleted_at = $7, deleted_by = $3,
            changed_seq = good.seq
        FROM good
        WHERE id = ANY ($5) AND room_id = $1 AND deleted_at IS NULL
          AND ($6::bigint IS NULL OR user_id = $6)
        RETURNING id
    )"
);

const LAST_SEQ: &str = "SELECT last_seq FROM rooms WHERE id = $1";

/// What a guarded change came to.
#[derive(FromRow)]
struct Change {
    /// Whether the guard held when the statement began.
    holds: bool,
    /// The number of the change. `None`: the guard does not hold, or not for
    /// sure, because somebody else is changing room or user.
    seq: Option<i64>,
    /// The messages that were changed.
    ids: Vec<i64>,
}

#[async_trait]
impl Messages for Postgres {
    async fn create(
        &self,
        guard: Guard,
        draft: Draft,
        at: Timestamp,
    ) -> Result<Written<Creation>, Unavailable> {
        let mut patience = self.patience();
        loop {
            match self.writer.create(guard, &draft, at).await? {
                Attempt::Done(written) => {
                    self.forget_if_stale(guard, &written);
                    return Ok(written);
                }
                Attempt::Busy => patience.wait().await?,
            }
        }
    }

    async fn edit(
        &self,
        guard: Guard,
        id: MessageId,
        text: Text,
        at: Timestamp,
    ) -> Result<Written<Option<Seq>>, Unavailable> {
        let written = self
            .change(guard, || {
                guarded_query(EDIT, guard)
                    .bind(id.0)
                    .bind(text.as_str())
                    .bind(OffsetDateTime::from(at))
            })
            .await?;
        Ok(match written {
            Written::Done((seq, ids)) => Written::Done((!ids.is_empty()).then_some(seq)),
            Written::Stale => Written::Stale,
        })
    }

    async fn delete(
        &self,
        guard: Guard,
        ids: Vec<MessageId>,
        whose: Whose,
        at: Timestamp,
    ) -> Result<Written<Option<Deleted>>, Unavailable> {
        let asked: Vec<_> = ids.iter().map(|id| id.0).collect();
        let author = match whose {
            Whose::Of(author) => Some(author.0),
            Whose::Anyones => None,
        };
        let written = self
            .change(guard, || {
                guarded_query(DELETE, guard)
                    .bind(asked.clone())
                    .bind(author)
                    .bind(OffsetDateTime::from(at))
            })
            .await?;
        Ok(match written {
            Written::Stale => Written::Stale,
            Written::Done((_, deleted)) if deleted.is_empty() => Written::Done(None),
            Written::Done((seq, deleted)) => {
                let mut deleted: HashSet<_> = deleted.into_iter().collect();
                let ids = ids.into_iter().filter(|id| deleted.remove(&id.0)).collect();
                Written::Done(Some(Deleted { ids, seq }))
            }
        })
    }

    async fn last_seq(&self, room: RoomId) -> Result<Seq, Unavailable> {
        let query = sqlx::query_scalar::<_, i64>(LAST_SEQ).bind(room.0);
        let last = self.in_time(query.fetch_optional(&self.pool)).await;
        Ok(last.map_err(unavailable)?.map_or(Seq::ZERO, Seq))
    }

    async fn changes(&self, room: RoomId, since: Seq, most: usize) -> Result<Changes, Unavailable> {
        let changes = changes::since(self, room, since, most).await;
        changes.map_err(unavailable)
    }

    async fn history(
        &self,
        room: RoomId,
        stretch: Stretch,
        limit: usize,
    ) -> Result<History, Unavailable> {
        let history = history::stretch(self, room, stretch, limit).await;
        history.map_err(unavailable)
    }

    async fn newest(
        &self,
        room: RoomId,
        skip: u64,
        limit: usize,
    ) -> Result<(u64, Vec<Message>), Unavailable> {
        let newest = history::newest(self, room, skip, limit).await;
        newest.map_err(unavailable)
    }

    async fn mark_read(&self, room: RoomId, user: UserId, seq: Seq) -> Result<Seq, Unavailable> {
        reading::mark(self, room, user, seq).await
    }
}

type Query<'q> = sqlx::query::QueryAs<'q, sqlx::Postgres, Change, sqlx::postgres::PgArguments>;

fn guarded_query<'q>(sql: &'static str, guard: Guard) -> Query<'q> {
    sqlx::query_as(sql)
        .bind(guard.room.0)
        .bind(guard.room_revision.0)
        .bind(guard.user.0)
        .bind(guard.user_revision.0)
}

impl Postgres {
    /// Makes a guarded change; returns its number and the messages it changed.
    async fn change<'q>(
        &self,
        guard: Guard,
        query: impl Fn() -> Query<'q> + Send,
    ) -> Result<Written<(Seq, Vec<i64>)>, Unavailable> {
        let mut patience = self.patience();
        loop {
            let query = query();
            let change = self.in_time(query.fetch_one(&self.pool)).await;
            let change = change.map_err(unavailable)?;
            let written = match change.seq {
                Some(seq) => Written::Done((Seq(seq), change.ids)),
                None if change.holds => {
                    patience.wait().await?;
                    continue;
                }
                None => Written::Stale,
            };
            self.forget_if_stale(guard, &written);
            return Ok(written);
        }
    }

    /// What a verdict was founded on is no longer so.
    fn forget_if_stale<T>(&self, guard: Guard, written: &Written<T>) {
        if matches!(written, Written::Stale) {
            self.rooms.forget(&guard.room);
            self.users.forget(&guard.user);
        }
    }
}
