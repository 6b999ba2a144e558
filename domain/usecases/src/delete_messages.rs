use std::collections::HashSet;

use aftermatch_ports::{
    ChatError, Written,
    model::{MessageId, Refusal, Session, Tag, What, rules},
};

use crate::UseCases;

impl UseCases {
    pub(crate) async fn delete_messages(
        &self,
        session: &Session,
        ids: Vec<MessageId>,
        tag: Tag,
    ) -> Result<(), ChatError> {
        let mut judging = self.judge(session)?;
        if ids.len() > rules::MAX_IDS {
            return Err(ChatError::Refused(Refusal::TooManyIds {
                count: ids.len(),
                max: rules::MAX_IDS,
            }));
        }
        loop {
            let permit = judging.permit().await?;
            if ids.is_empty() {
                return Err(Refusal::MessageNotFound.into());
            }
            let whose = rules::deletable(permit.viewer, session.user);
            let written = self
                .messages
                .delete(permit.guard, ids.clone(), whose, permit.now);
            let Written::Done(deleted) = written.await? else {
                continue;
            };
            let deleted = deleted.ok_or(Refusal::MessageNotFound)?;
            let missing = missing(ids, &deleted.ids);
            let what = What::Deleted {
                ids: deleted.ids,
                missing,
            };
            self.tell(session, permit, tag, deleted.seq, what).await;
            return Ok(());
        }
    }
}

/// Those of `asked` that are not among `deleted`, once each.
fn missing(asked: Vec<MessageId>, deleted: &[MessageId]) -> Vec<MessageId> {
    let mut seen: HashSet<_> = deleted.iter().copied().collect();
    asked.into_iter().filter(|id| seen.insert(*id)).collect()
}
