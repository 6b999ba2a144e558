use aftermatch_ports::{
    CreateOutcome, Deleted, DeltaSince, Draft, History, HistoryPage, HistoryRange, Messages,
    Outcome, Precondition, ReadPositions, StoreError,
    model::{Message, MessageId, RoomId, Seq, Text, Timestamp, UserId, access::DeleteScope},
};
use async_trait::async_trait;
use sqlx::Error;

use crate::{
    error::unavailable,
    log::{delta, edits, history, read_positions},
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
        precondition: Precondition,
        draft: Draft,
        at: Timestamp,
    ) -> Result<Outcome<CreateOutcome>, StoreError> {
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
        precondition: Precondition,
        id: MessageId,
        text: Text,
        at: Timestamp,
    ) -> Result<Outcome<Option<Seq>>, StoreError> {
        edits::edit(self, precondition, id, &text, at).await
    }

    async fn delete(
        &self,
        precondition: Precondition,
        ids: Vec<MessageId>,
        scope: DeleteScope,
        at: Timestamp,
    ) -> Result<Outcome<Option<Deleted>>, StoreError> {
        edits::delete(self, precondition, ids, scope, at).await
    }
}

#[async_trait]
impl History for Postgres {
    async fn last_seq(&self, room: RoomId) -> Result<Seq, StoreError> {
        last_seq(self, room).await.map_err(unavailable)
    }

    async fn delta_since(
        &self,
        room: RoomId,
        since: Seq,
        limit: usize,
    ) -> Result<DeltaSince, StoreError> {
        let delta = delta::since(self, room, since, limit).await;
        delta.map_err(unavailable)
    }

    async fn history(
        &self,
        room: RoomId,
        range: HistoryRange,
        limit: usize,
    ) -> Result<HistoryPage, StoreError> {
        let page = history::range(self, room, range, limit).await;
        page.map_err(unavailable)
    }

    async fn page(
        &self,
        room: RoomId,
        skip: u64,
        limit: usize,
    ) -> Result<(u64, Vec<Message>), StoreError> {
        let page = history::page(self, room, skip, limit).await;
        page.map_err(unavailable)
    }
}

#[async_trait]
impl ReadPositions for Postgres {
    async fn mark_read(&self, room: RoomId, user: UserId, seq: Seq) -> Result<Seq, StoreError> {
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
