use std::collections::HashSet;

use aftermatch_ports::{
    ChatError, Outcome,
    model::{EventKind, MessageId, Reason, Refusal, RequestId, RequestedId, Session, access},
};

use super::{attempt::WriteAttempt, publish::publish};
use crate::Ports;

pub(crate) async fn run(
    ports: &Ports,
    session: &Session,
    requested: Vec<RequestedId>,
    reason: Option<Reason>,
    request_id: RequestId,
) -> Result<(), ChatError> {
    let mut attempt = WriteAttempt::begin(ports, session)?;
    if requested.len() > access::MAX_IDS {
        let (count, max) = (requested.len(), access::MAX_IDS);
        return Err(Refusal::TooManyIds { count, max }.into());
    }
    let ids: Vec<_> = requested.iter().filter_map(RequestedId::message).collect();
    loop {
        let permit = attempt.permit().await?;
        let scope = access::delete_scope(permit.viewer, session.user);
        let (ids, reason, request) = (ids.clone(), reason.clone(), request_id.clone());
        let delete = ports
            .messages
            .delete(permit.precondition, ids, scope, reason, request);
        let Outcome::Committed(deleted) = delete.await? else {
            continue;
        };
        let deleted = deleted.ok_or(Refusal::MessageNotFound)?;
        let missing = missing(requested, &deleted.ids);
        let kind = EventKind::Deleted {
            ids: deleted.ids,
            missing,
        };
        let event = permit.event(session, request_id, deleted.commit, kind);
        publish(ports, event, permit.author.revision).await;
        return Ok(());
    }
}

/// Those of `requested` that are not among `deleted`, once each.
fn missing(requested: Vec<RequestedId>, deleted: &[MessageId]) -> Vec<RequestedId> {
    let mut seen: HashSet<_> = deleted.iter().copied().map(RequestedId::from).collect();
    requested
        .into_iter()
        .filter(|id| seen.insert(id.clone()))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use aftermatch_ports::{
        Chat, Deleted, Read,
        model::{RoomEvent, Seq, User, access::DeleteScope},
    };
    use mockall::predicate::eq;
    use pollster::block_on;

    use super::*;
    use crate::testing::{
        EPOCH, Mocks, admin, ann, at, commit, precondition, refusal, room, room_without_business,
        session_of,
    };

    fn ids<const N: usize>(ids: [i64; N]) -> Vec<MessageId> {
        ids.map(MessageId).to_vec()
    }

    fn requested(ids: Vec<MessageId>) -> Vec<RequestedId> {
        ids.into_iter().map(RequestedId::from).collect()
    }

    fn delete(mocks: Mocks, user: &User, ids: Vec<MessageId>) -> Result<(), ChatError> {
        let (chat, session) = (mocks.chat(), session_of(user));
        let reason = Some(Reason::stored("spam"));
        block_on(chat.delete_messages(&session, requested(ids), reason, RequestId::new("7")))
    }

    #[test]
    fn delete_scope_follows_role() {
        for (user, scope) in [
            (ann(), DeleteScope::OwnedBy(ann().id)),
            (admin(), DeleteScope::Any),
        ] {
            let mut mocks = Mocks::new().finding(Read::Cached, &user, room());
            mocks
                .messages
                .expect_delete()
                .with(
                    eq(precondition(&user, &room())),
                    eq(ids([8, 9])),
                    eq(scope),
                    eq(Some(Reason::stored("spam"))),
                    eq(RequestId::new("7")),
                )
                .once()
                .returning(|_, ids, _, _, _| {
                    Ok(Outcome::Committed(Some(Deleted {
                        ids,
                        commit: commit(43),
                    })))
                });
            let expected = RoomEvent {
                seq: Seq(43),
                epoch: EPOCH,
                at: at(15),
                by: user.id,
                room: Arc::new(room()).at(at(15)),
                requester: Some(session_of(&user).id),
                request_id: RequestId::new("7"),
                kind: EventKind::Deleted {
                    ids: ids([8, 9]),
                    missing: vec![],
                },
            };
            mocks.expect_published(move |event| *event == expected);
            let result = delete(mocks, &user, ids([8, 9]));
            assert!(result.is_ok(), "{result:?}");
        }
    }

    #[test]
    fn delete_reports_missing_ids_once_in_order() {
        for (asked, deleted, missing) in [
            (ids([9, 5, 7, 9, 5]), ids([7]), ids([9, 5])),
            (ids([7, 7, 8]), ids([7]), ids([8])),
            (ids([7, 7]), ids([7]), vec![]),
            (ids([8, 400, 7]), ids([8, 7]), ids([400])),
        ] {
            let mut mocks = Mocks::new().finding(Read::Cached, &ann(), room());
            let kind = EventKind::Deleted {
                ids: deleted.clone(),
                missing: requested(missing),
            };
            let deleted = Deleted {
                ids: deleted,
                commit: commit(43),
            };
            let delete_call = mocks.messages.expect_delete().once();
            delete_call
                .returning(move |_, _, _, _, _| Ok(Outcome::Committed(Some(deleted.clone()))));
            mocks.expect_published(move |event| event.kind == kind);
            let result = delete(mocks, &ann(), asked);
            assert!(result.is_ok(), "{result:?}");
        }
    }

    #[test]
    fn delete_names_id_beyond_64_bits() {
        let beyond = || RequestedId::OfNothing("1000000000000000000000".into());
        let mut mocks = Mocks::new().finding(Read::Cached, &ann(), room());
        let delete_call = mocks.messages.expect_delete().once();
        delete_call
            .withf(|_, stored, _, _, _| *stored == ids([7]))
            .returning(|_, ids, _, _, _| {
                let commit = commit(43);
                Ok(Outcome::Committed(Some(Deleted { ids, commit })))
            });
        mocks.expect_published(move |event| {
            let missing = vec![beyond()];
            let ids = ids([7]);
            event.kind == EventKind::Deleted { ids, missing }
        });
        let asked = vec![beyond(), MessageId(7).into(), beyond()];
        let (chat, session) = (mocks.chat(), session_of(&ann()));
        let result = block_on(chat.delete_messages(&session, asked, None, RequestId::new("7")));
        assert!(result.is_ok(), "{result:?}");
    }

    #[test]
    fn delete_nothing_is_refused_not_published() {
        for requested in [vec![], ids([8, 9])] {
            let mut mocks = Mocks::new().finding(Read::Cached, &ann(), room());
            let delete_call = mocks.messages.expect_delete();
            delete_call.returning(|_, _, _, _, _| Ok(Outcome::Committed(None)));
            let refusal = refusal(delete(mocks, &ann(), requested));
            assert_eq!(refusal, Refusal::MessageNotFound);
        }
    }

    #[test]
    fn delete_forbidden_is_refused_before_empty() {
        let closed = room_without_business();
        let mocks = Mocks::new()
            .finding(Read::Cached, &admin(), closed.clone())
            .finding(Read::Fresh, &admin(), closed);
        let refusal = refusal(delete(mocks, &admin(), vec![]));
        assert_eq!(refusal, Refusal::BusinessRequired);
    }
}
