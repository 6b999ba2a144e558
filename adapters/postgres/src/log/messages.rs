use aftermatch_ports::{
    Changes, Creation, Deleted, Draft, Guard, History, Messages, Stretch, Unavailable, Written,
    model::{Message, MessageId, RoomId, Seq, Text, Timestamp, UserId, rules::Whose},
};
use async_trait::async_trait;
use sqlx::Error;

use crate::{
    error::unavailable,
    log::{changes, edits, history, read_positions},
    retry::Attempt,
    store::Postgres,
};

const LAST_SEQ: &str = "SELECT last_seq FROM rooms WHERE id = $1";

#[async_trait]
impl Messages for Postgres {
    /// Has no span of its own: many creates share one statement, whose span is
    /// `db.message.insert_batch`.
    async fn create(
        &self,
        precondition: Guard,
        draft: Draft,
        at: Timestamp,
    ) -> Result<Written<Creation>, Unavailable> {
        let mut retry = self.retry();
        loop {
            match self.inserter.insert(precondition, &draft, at).await? {
                Attempt::Done(outcome) => {
                    edits::forget_after_conflict(self, precondition, &outcome);
                    return Ok(outcome);
                }
                Attempt::Locked => retry.wait().await?,
            }
        }
    }

    async fn edit(
        &self,
        precondition: Guard,
        id: MessageId,
        text: Text,
        at: Timestamp,
    ) -> Result<Written<Option<Seq>>, Unavailable> {
        edits::edit(self, precondition, id, &text, at).await
    }

    async fn delete(
        &self,
        precondition: Guard,
        ids: Vec<MessageId>,
        scope: Whose,
        at: Timestamp,
    ) -> Result<Written<Option<Deleted>>, Unavailable> {
        edits::delete(self, precondition, ids, scope, at).await
    }

    async fn last_seq(&self, room: RoomId) -> Result<Seq, Unavailable> {
        last_seq(self, room).await.map_err(unavailable)
    }

    async fn changes(&self, room: RoomId, since: Seq, most: usize) -> Result<Changes, Unavailable> {
        let changes = changes::since(self, room, since, most).await;
        changes.map_err(unavailable)
    }

    async fn history(
        &self,
        room: RoomId,
        range: Stretch,
        limit: usize,
    ) -> Result<History, Unavailable> {
        let page = history::page(self, room, range, limit).await;
        page.map_err(unavailable)
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
        read_positions::advance(self, room, user, seq).await
    }
}

#[tracing::instrument(
    name = "db.event.find_last",
    level = "debug",
    skip_all,
    fields(room.id = room.0)
)]
async fn last_seq(store: &Postgres, room: RoomId) -> Result<Seq, Error> {
    let query = sqlx::query_scalar::<_, i64>(LAST_SEQ).bind(room.0);
    let last = store
        .with_timeout(query.fetch_optional(&store.pool))
        .await?;
    Ok(last.map_or(Seq::ZERO, Seq))
}
