use aftermatch_ports::{
    ChatError, Commit, CreateOutcome, Created, Draft, Outcome,
    model::{
        AttachmentFault, Attachments, Author, ClientMsgId, EventKind, Message, Refusal, RequestId,
        RoomEvent, Session, SignedAttachment, Text, UserId,
    },
};

use super::{
    attempt::{WriteAttempt, WritePermit},
    publish::publish,
};
use crate::Ports;

/// What a client gives a message.
pub(crate) struct Given<'a> {
    pub(crate) text: &'a str,
    pub(crate) attachments: Vec<SignedAttachment>,
    pub(crate) client_msg_id: Option<ClientMsgId>,
}

pub(crate) async fn run(
    ports: &Ports,
    session: &Session,
    given: Given<'_>,
    request_id: RequestId,
) -> Result<Option<RoomEvent>, ChatError> {
    let mut attempt = WriteAttempt::begin(ports, session)?;
    let draft = draft(ports, session.user, given)?;
    loop {
        let permit = attempt.permit().await?;
        let write = ports
            .messages
            .create(permit.precondition, draft.clone(), request_id.clone());
        let created = match write.await? {
            Outcome::Conflict => continue,
            Outcome::Committed(CreateOutcome::IdConflict) => {
                return Err(Refusal::ClientMsgIdTaken.into());
            }
            Outcome::Committed(CreateOutcome::Duplicate(message)) => {
                let commit = Commit {
                    seq: message.seq,
                    at: permit.now,
                    epoch: permit.room.epoch,
                };
                let kind = EventKind::Created(*message);
                return Ok(Some(permit.event(session, request_id, commit, kind)));
            }
            Outcome::Committed(CreateOutcome::Created(created)) => created,
        };
        let kind = EventKind::Created(message(draft, created, &permit));
        let event = permit.event(session, request_id, created.commit, kind);
        publish(ports, event, permit.author.revision).await;
        return Ok(None);
    }
}

fn draft(ports: &Ports, user: UserId, given: Given<'_>) -> Result<Draft, Refusal> {
    let attachments = signed(ports, user, given.attachments)?;
    let text = match attachments {
        Some(_) => Text::or_blank(given.text, ports.max_text_chars)?,
        None => Text::new(given.text, ports.max_text_chars)?,
    };
    Ok(Draft {
        text,
        attachments,
        client_msg_id: given.client_msg_id,
    })
}

/// The attachments, if the platform has signed each of them for this user.
fn signed(
    ports: &Ports,
    user: UserId,
    list: Vec<SignedAttachment>,
) -> Result<Option<Attachments>, Refusal> {
    if list.is_empty() {
        return Ok(None);
    }
    let signatures = ports.signatures.as_ref();
    let signatures = signatures.ok_or(Refusal::AttachmentsUnknown)?;
    let (list, given): (Vec<_>, Vec<_>) = list
        .into_iter()
        .map(|each| (each.attachment, each.signature))
        .unzip();
    // First, so that there are not too many to verify.
    let attachments = Attachments::new(&list)?;
    let mut both = list.iter().zip(given);
    let invalid = both.position(|(each, given)| !signatures.is_valid(user, each.id(), &given));
    match invalid {
        Some(index) => Err(Refusal::AttachmentInvalid {
            index,
            fault: AttachmentFault::SignatureInvalid,
        }),
        None => Ok(attachments),
    }
}

/// The message that the draft has become.
fn message(draft: Draft, created: Created, permit: &WritePermit) -> Message {
    let author = &permit.author;
    Message {
        id: created.id,
        room: permit.precondition.room,
        author: Author {
            id: author.id,
            profile: author.profile.clone(),
        },
        text: draft.text,
        attachments: draft.attachments,
        created_at: created.commit.at,
        edited_at: None,
        client_msg_id: draft.client_msg_id,
        seq: created.commit.seq,
        changed_seq: created.commit.seq,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use aftermatch_ports::{
        Chat, MockSignatures, Read,
        model::{Attachment, MessageId, Seq},
    };
    use mockall::predicate::eq;
    use pollster::block_on;

    use super::*;
    use crate::testing::{
        self, EPOCH, Mocks, ROOM, SESSION, admin, ann, at, commit, precondition, refusal, room,
        session_of, text,
    };

    fn client_msg_id(id: &str) -> Option<ClientMsgId> {
        Some(ClientMsgId::new(id).unwrap())
    }

    #[test]
    fn create_commits_and_publishes_text_unchanged() {
        for (user, client_msg_id) in [(ann(), client_msg_id("a-1")), (admin(), None)] {
            let session = session_of(&user);
            let mut mocks = Mocks::new().finding(Read::Cached, &user, room());
            let (id, seq) = (MessageId(18), Seq(41));
            let draft = Draft {
                text: text(" hello\n"),
                attachments: None,
                client_msg_id: client_msg_id.clone(),
            };
            mocks
                .messages
                .expect_create()
                .with(
                    eq(precondition(&user, &room())),
                    eq(draft),
                    eq(RequestId::new("7")),
                )
                .once()
                .returning(move |_, _, _| {
                    let commit = commit(41);
                    let created = Created { id, commit };
                    Ok(Outcome::Committed(CreateOutcome::Created(created)))
                });
            let expected = RoomEvent {
                seq,
                epoch: EPOCH,
                at: at(15),
                by: user.id,
                room: Arc::new(room()).at(at(15)),
                requester: Some(session.id),
                request_id: RequestId::new("7"),
                kind: EventKind::Created(Message {
                    id,
                    room: ROOM,
                    author: Author {
                        id: user.id,
                        profile: user.profile,
                    },
                    text: text(" hello\n"),
                    attachments: None,
                    created_at: at(15),
                    edited_at: None,
                    client_msg_id: client_msg_id.clone(),
                    seq,
                    changed_seq: seq,
                }),
            };
            mocks.expect_published(move |event| *event == expected);

            let chat = mocks.chat();
            let request_id = RequestId::new("7");
            let create =
                chat.create_message(&session, " hello\n", vec![], client_msg_id, request_id);
            assert_eq!(block_on(create).unwrap(), None);
        }
    }

    /// Ann sends "hello", and the store answers with `outcome`. Nothing is
    /// published.
    fn create_with(outcome: CreateOutcome) -> Result<Option<RoomEvent>, ChatError> {
        let mut mocks = Mocks::new().finding(Read::Cached, &ann(), room());
        let create = mocks.messages.expect_create().once();
        create.returning(move |_, _, _| Ok(Outcome::Committed(outcome.clone())));
        let (chat, session) = (mocks.chat(), session_of(&ann()));
        let request_id = RequestId::new("7");
        block_on(chat.create_message(&session, "hello", vec![], client_msg_id("a-1"), request_id))
    }

    #[test]
    fn create_duplicate_is_answered_not_published() {
        let stored = Message {
            text: text("edited"),
            edited_at: Some(at(5)),
            client_msg_id: client_msg_id("a-1"),
            changed_seq: Seq(39),
            ..testing::message(38)
        };
        let expected = RoomEvent {
            seq: Seq(38),
            epoch: EPOCH,
            at: at(10),
            by: ann().id,
            room: Arc::new(room()).at(at(10)),
            requester: Some(SESSION),
            request_id: RequestId::new("7"),
            kind: EventKind::Created(stored.clone()),
        };
        let result = create_with(CreateOutcome::Duplicate(Box::new(stored)));
        assert_eq!(result.unwrap(), Some(expected));
    }

    #[test]
    fn create_conflicting_id_is_refused_not_published() {
        let result = create_with(CreateOutcome::IdConflict);
        assert_eq!(refusal(result), Refusal::ClientMsgIdTaken);
    }

    fn signed(id: &str, signature: &str) -> SignedAttachment {
        SignedAttachment {
            attachment: Attachment::new(id.into(), format!(r#"{{"id":"{id}"}}"#)).unwrap(),
            signature: signature.into(),
        }
    }

    /// Ann sends this, and the platform has signed everything with "ann".
    fn send(
        mut mocks: Mocks,
        text: &str,
        attachments: Vec<SignedAttachment>,
    ) -> Result<Option<RoomEvent>, ChatError> {
        let mut signatures = MockSignatures::new();
        signatures
            .expect_is_valid()
            .returning(|user, _, signature| user == ann().id && signature == "ann");
        mocks.signatures = Some(signatures);
        let (chat, session) = (mocks.chat(), session_of(&ann()));
        let request_id = RequestId::new("7");
        block_on(chat.create_message(&session, text, attachments, None, request_id))
    }

    #[test]
    fn create_with_attachments_needs_no_text() {
        for (given, stored) in [("hello", "hello"), ("", ""), (" \n", "")] {
            let mut mocks = Mocks::new().finding(Read::Cached, &ann(), room());
            let create = mocks.messages.expect_create().once();
            create.returning(move |_, draft, _| {
                assert_eq!(draft.text.as_str(), stored);
                let json = draft.attachments.expect("attachments");
                assert_eq!(json.as_str(), r#"[{"id":"b"},{"id":"a"}]"#);
                let (id, commit) = (MessageId(18), commit(41));
                let created = CreateOutcome::Created(Created { id, commit });
                Ok(Outcome::Committed(created))
            });
            mocks.expect_published(move |event| match &event.kind {
                EventKind::Created(message) => message.bytes() == stored.len() + 23,
                _ => false,
            });
            let result = send(mocks, given, vec![signed("b", "ann"), signed("a", "ann")]);
            assert_eq!(result.unwrap(), None);
        }
    }

    #[test]
    fn create_with_wrong_attachments_stores_nothing() {
        let invalid = |index, fault| Refusal::AttachmentInvalid { index, fault };
        let eleven = (0..11).map(|nth| signed(&nth.to_string(), "of nobody"));
        let (count, max) = (11, 10);
        for (attachments, expected) in [
            (
                vec![signed("a", "ann"), signed("b", "bob")],
                invalid(1, AttachmentFault::SignatureInvalid),
            ),
            (
                vec![signed("a", "ann"), signed("a", "ann")],
                invalid(1, AttachmentFault::Repeated),
            ),
            (eleven.collect(), Refusal::TooManyAttachments { count, max }),
        ] {
            let result = send(Mocks::untouched(), "hello", attachments);
            assert_eq!(refusal(result), expected);
        }
        let attachments = vec![signed("a", "ann")];
        let result = send(Mocks::untouched(), "a\0", attachments.clone());
        assert_eq!(refusal(result), Refusal::TextHasNul);
        let (chat, session) = (Mocks::untouched().chat(), session_of(&ann()));
        let request_id = RequestId::new("7");
        let create = chat.create_message(&session, "hello", attachments, None, request_id);
        assert_eq!(refusal(block_on(create)), Refusal::AttachmentsUnknown);
    }
}
