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
            let change = permit.change(session, tag, deleted.seq, what);
            self.tell(change).await;
            return Ok(());
        }
    }
}

/// Those of `asked` that are not among `deleted`, once each.
fn missing(asked: Vec<MessageId>, deleted: &[MessageId]) -> Vec<MessageId> {
    let mut seen: HashSet<_> = deleted.iter().copied().collect();
    asked.into_iter().filter(|id| seen.insert(*id)).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use aftermatch_ports::{
        Chat, Deleted, Read,
        model::{Change, Seq, User, rules::Whose},
    };
    use mockall::predicate::eq;
    use pollster::block_on;

    use super::*;
    use crate::testing::{
        Mocks, admin, ann, at, guard, refusal, room, room_without_business, session_of,
    };

    fn ids<const N: usize>(ids: [i64; N]) -> Vec<MessageId> {
        ids.map(MessageId).to_vec()
    }

    fn delete(mocks: Mocks, user: &User, ids: Vec<MessageId>) -> Result<(), ChatError> {
        let session = session_of(user);
        block_on(mocks.chat().delete_messages(&session, ids, Tag::new("7")))
    }

    #[test]
    fn a_deletion_reaches_whose_messages_it_may_and_is_told() {
        for (user, whose) in [(ann(), Whose::Of(ann().id)), (admin(), Whose::Anyones)] {
            let mut mocks = Mocks::new().finding(Read::Cached, &user, room());
            mocks
                .messages
                .expect_delete()
                .with(
                    eq(guard(&user, &room())),
                    eq(ids([8, 9])),
                    eq(whose),
                    eq(at(10)),
                )
                .once()
                .returning(|_, ids, _, _| Ok(Written::Done(Some(Deleted { ids, seq: Seq(43) }))));
            let change = Change {
                seq: Seq(43),
                room: Arc::new(room()).at(at(10)),
                asker: Some(session_of(&user).id),
                tag: Tag::new("7"),
                what: What::Deleted {
                    ids: ids([8, 9]),
                    missing: vec![],
                },
            };
            mocks.expect_told(move |told| *told == change);
            let answer = delete(mocks, &user, ids([8, 9]));
            assert!(answer.is_ok(), "{answer:?}");
        }
    }

    #[test]
    fn what_was_not_deleted_is_named_as_asked_and_once() {
        for (asked, deleted, missing) in [
            (ids([9, 5, 7, 9, 5]), ids([7]), ids([9, 5])),
            (ids([7, 7, 8]), ids([7]), ids([8])),
            (ids([7, 7]), ids([7]), vec![]),
            (ids([8, 400, 7]), ids([8, 7]), ids([400])),
        ] {
            let mut mocks = Mocks::new().finding(Read::Cached, &ann(), room());
            let what = What::Deleted {
                ids: deleted.clone(),
                missing,
            };
            let deleted = Deleted {
                ids: deleted,
                seq: Seq(43),
            };
            let store = mocks.messages.expect_delete().once();
            store.returning(move |_, _, _, _| Ok(Written::Done(Some(deleted.clone()))));
            mocks.expect_told(move |told| told.what == what);
            let answer = delete(mocks, &ann(), asked);
            assert!(answer.is_ok(), "{answer:?}");
        }
    }

    #[test]
    fn a_deletion_of_nothing_is_refused_and_not_told() {
        for asked in [vec![], ids([8, 9])] {
            let mut mocks = Mocks::new().finding(Read::Cached, &ann(), room());
            let store = mocks.messages.expect_delete();
            store.returning(|_, _, _, _| Ok(Written::Done(None)));
            let refusal = refusal(delete(mocks, &ann(), asked));
            assert_eq!(refusal, Refusal::MessageNotFound);
        }
    }

    #[test]
    fn who_may_not_delete_is_not_told_that_nothing_was_named() {
        let closed = room_without_business();
        let mocks = Mocks::new()
            .finding(Read::Cached, &admin(), closed.clone())
            .finding(Read::Fresh, &admin(), closed);
        let refusal = refusal(delete(mocks, &admin(), vec![]));
        assert_eq!(refusal, Refusal::BusinessRequired);
    }
}
