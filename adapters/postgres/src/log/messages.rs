use aftermatch_ports::{
    Commit, CreateOutcome, Deleted, Draft, Messages, Outcome, Precondition, StoreError,
    model::{MessageId, Reason, RequestId, Text, access::DeleteScope},
};
use async_trait::async_trait;

use crate::{
    retry::Attempt,
    store::Postgres,
    write::{Change, Create, Job, What, Written},
};

#[async_trait]
impl Messages for Postgres {
    /// Has no span of its own: many creates share one statement, whose span is
    /// `db.message.insert_batch`.
    async fn create(
        &self,
        precondition: Precondition,
        draft: Draft,
        request_id: RequestId,
    ) -> Result<Outcome<CreateOutcome>, StoreError> {
        let job = Job::Create(Create {
            precondition,
            draft,
            request_id,
        });
        Ok(match write(self, job).await? {
            Outcome::Committed(Written::Create(outcome)) => Outcome::Committed(outcome),
            Outcome::Committed(_) => return Err(mixed_up()),
            Outcome::Conflict => Outcome::Conflict,
        })
    }

    async fn edit(
        &self,
        precondition: Precondition,
        id: MessageId,
        text: Text,
        request_id: RequestId,
    ) -> Result<Outcome<Option<Commit>>, StoreError> {
        let what = What::Edit { id, text };
        Ok(match change(self, precondition, request_id, what).await? {
            Outcome::Committed(edited) => Outcome::Committed(edited.map(|edited| edited.commit)),
            Outcome::Conflict => Outcome::Conflict,
        })
    }

    async fn delete(
        &self,
        precondition: Precondition,
        ids: Vec<MessageId>,
        scope: DeleteScope,
        reason: Option<Reason>,
        request_id: RequestId,
    ) -> Result<Outcome<Option<Deleted>>, StoreError> {
        let author = match scope {
            DeleteScope::OwnedBy(author) => Some(author),
            DeleteScope::Any => None,
        };
        let what = What::Delete {
            ids: ids.into(),
            author,
            reason,
        };
        change(self, precondition, request_id, what).await
    }
}

async fn change(
    store: &Postgres,
    precondition: Precondition,
    request_id: RequestId,
    what: What,
) -> Result<Outcome<Option<Deleted>>, StoreError> {
    let job = Job::Change(Change {
        precondition,
        request_id,
        what,
    });
    Ok(match write(store, job).await? {
        Outcome::Committed(Written::Change(changed)) => Outcome::Committed(changed),
        Outcome::Committed(_) => return Err(mixed_up()),
        Outcome::Conflict => Outcome::Conflict,
    })
}

/// Writes until it is decided.
async fn write(store: &Postgres, job: Job) -> Result<Outcome<Written>, StoreError> {
    let mut retry = store.retry();
    let deadline = store.writer.deadline();
    loop {
        match store.writer.write(&job, deadline).await? {
            Attempt::Done(outcome) => {
                if matches!(outcome, Outcome::Conflict)
                    && let Some(precondition) = job.precondition()
                {
                    // The next authorization reads both from the database, and so
                    // cannot repeat the conflict.
                    store.rooms.forget(&precondition.room);
                    store.users.forget(&precondition.user);
                }
                return Ok(outcome);
            }
            Attempt::Locked => retry.wait().await?,
        }
    }
}

fn mixed_up() -> StoreError {
    StoreError::permanent("a write with the answer of another one")
}
