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

/// What became of a message.
type Created = Result<Outcome<CreateOutcome>, StoreError>;

#[async_trait]
impl Messages for Postgres {
    /// Has no span of its own: many creates share one statement, whose span is
    /// `db.message.insert_batch`.
    async fn create(
        &self,
        precondition: Precondition,
        drafts: Vec<Draft>,
    ) -> Vec<Result<Outcome<CreateOutcome>, StoreError>> {
        let create = |draft| Create {
            precondition,
            draft,
        };
        let creates: Vec<_> = drafts.into_iter().map(create).collect();
        let mut outcomes = create_all(self, &creates).await;
        if outcomes.iter().any(is_written) {
            self.bridge.written.notify_one();
        }
        if outcomes.iter().any(is_conflict) {
            self.forget(&precondition);
        }
        keep_order(&mut outcomes);
        outcomes
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

/// Tries each message until it is decided.
async fn create_all(store: &Postgres, creates: &[Create]) -> Vec<Created> {
    let mut retry = store.retry();
    let deadline = store.writer.deadline();
    let mut outcomes: Vec<Option<Created>> = creates.iter().map(|_| None).collect();
    loop {
        let both = creates.iter().zip(&mut outcomes);
        let (left, places): (Vec<_>, Vec<_>) = both
            .filter(|(_, outcome)| outcome.is_none())
            .map(|(create, outcome)| (create.clone(), outcome))
            .unzip();
        if left.is_empty() {
            return outcomes.into_iter().flatten().collect();
        }
        let count = left.len();
        let written = store.writer.write(&Job::Create(left), deadline).await;
        let results = match written {
            Ok(Written::Create(results)) if results.len() == count => results,
            Ok(_) => vec![Err(mixed_up()); count],
            Err(error) => vec![Err(error); count],
        };
        let mut is_locked = false;
        for (place, result) in places.into_iter().zip(results) {
            match result {
                Ok(Attempt::Done(outcome)) => *place = Some(Ok(outcome)),
                Ok(Attempt::Locked) => is_locked = true,
                Err(error) => *place = Some(Err(error)),
            }
        }
        if is_locked && let Err(error) = retry.wait().await {
            let error = StoreError::from(error);
            for outcome in &mut outcomes {
                outcome.get_or_insert_with(|| Err(error.clone()));
            }
        }
    }
}

/// A message that was there before can meet a change of the room that came after the messages
/// behind it were written. It is not to be created again with them.
fn keep_order(outcomes: &mut [Created]) {
    let written = outcomes.iter().rposition(is_written).unwrap_or_default();
    for outcome in outcomes.iter_mut().take(written) {
        if is_conflict(outcome) {
            *outcome = Err(StoreError::transient(
                "the room or the user has just changed",
            ));
        }
    }
}

fn is_written(outcome: &Created) -> bool {
    matches!(outcome, Ok(Outcome::Committed(_)))
}

fn is_conflict(outcome: &Created) -> bool {
    matches!(outcome, Ok(Outcome::Conflict))
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
    let mut retry = store.retry();
    let deadline = store.writer.deadline();
    loop {
        match store.writer.write(&job, deadline).await? {
            Written::Change(Attempt::Done(outcome)) => {
                store.bridge.written.notify_one();
                if matches!(outcome, Outcome::Conflict) {
                    store.forget(&precondition);
                }
                return Ok(outcome);
            }
            Written::Change(Attempt::Locked) => retry.wait().await?,
            Written::Create(_) | Written::Nothing => return Err(mixed_up()),
        }
    }
}

impl Postgres {
    /// After a conflict: the next authorization reads both from the database, and so cannot
    /// repeat it.
    fn forget(&self, precondition: &Precondition) {
        self.rooms.forget(&precondition.room);
        self.users.forget(&precondition.user);
    }
}

fn mixed_up() -> StoreError {
    StoreError::permanent("a write with the answer of another one")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_waits_for_another_authorization_before_what_is_written() {
        let taken = || Ok(Outcome::Committed(CreateOutcome::IdConflict));
        let conflict = || Ok(Outcome::Conflict);
        let mut outcomes = [conflict(), taken(), conflict(), taken(), conflict()];
        keep_order(&mut outcomes);
        let is_unavailable = |outcome: &Created| {
            let error = outcome.as_ref().err();
            error.is_some_and(StoreError::is_transient)
        };
        let unavailable: Vec<_> = outcomes.iter().map(is_unavailable).collect();
        assert_eq!(unavailable, [true, false, true, false, false]);
        assert!(is_conflict(&outcomes[4]));

        let mut none = [conflict(), conflict()];
        keep_order(&mut none);
        assert!(none.iter().all(is_conflict));
    }
}
