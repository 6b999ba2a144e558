use aftermatch_ports::{
    CreateOutcome, Deleted, Draft, Messages, Outcome, Precondition, StoreError,
    model::{MessageId, Seq, Text, Timestamp, access::DeleteScope},
};
use async_trait::async_trait;

use crate::{log::edits, retry::Attempt, store::Postgres};

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
