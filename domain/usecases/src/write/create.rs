use aftermatch_ports::{
    ChatError, Commit, CreateOutcome, Created, Draft, Outcome,
    model::{
        Author, ClientMsgId, EventKind, Message, Refusal, RequestId, RoomEvent, Session, Text,
    },
};

use super::{
    attempt::{WriteAttempt, WritePermit},
    publish::publish,
};
use crate::Ports;

pub(crate) async fn run(
    ports: &Ports,
    session: &Session,
    text: &str,
    client_msg_id: Option<ClientMsgId>,
    request_id: RequestId,
) -> Result<Option<RoomEvent>, ChatError> {
    let mut attempt = WriteAttempt::begin(ports, session)?;
    let text = Text::new(text, ports.max_text_chars)?;
    let draft = Draft {
        text,
        client_msg_id,
    };
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
        Chat, Read,
        model::{MessageId, Seq},
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
                    created_at: at(15),
                    edited_at: None,
                    client_msg_id: client_msg_id.clone(),
                    seq,
                    changed_seq: seq,
                }),
            };
            mocks.expect_published(move |event| *event == expected);

            let chat = mocks.chat();
            let create =
                chat.create_message(&session, " hello\n", client_msg_id, RequestId::new("7"));
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
        block_on(chat.create_message(&session, "hello", client_msg_id("a-1"), request_id))
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
}
