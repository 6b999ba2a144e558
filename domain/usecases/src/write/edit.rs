use aftermatch_ports::{
    ChatError, Outcome,
    model::{EventKind, MessageId, Refusal, RequestId, Session, Text},
};

use super::{attempt::WriteAttempt, publish::publish};
use crate::Ports;

pub(crate) async fn run(
    ports: &Ports,
    session: &Session,
    id: MessageId,
    text: &str,
    request_id: RequestId,
) -> Result<(), ChatError> {
    let mut attempt = WriteAttempt::begin(ports, session)?;
    let text = Text::or_blank(text, ports.max_text_chars)?;
    loop {
        let permit = attempt.permit().await?;
        let write = ports
            .messages
            .edit(permit.precondition, id, text.clone(), request_id.clone());
        let Outcome::Committed(edited) = write.await? else {
            continue;
        };
        // A blank text is for messages with attachments. Which of two things is wrong with
        // another message is not said: the text is what its author can change.
        let refusal = if text.is_blank() {
            Refusal::TextBlank
        } else {
            Refusal::MessageNotFound
        };
        let commit = edited.ok_or(refusal)?;
        let kind = EventKind::Edited { id, text };
        let event = permit.event(session, request_id, commit, kind);
        publish(ports, event, permit.author.revision).await;
        return Ok(());
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use aftermatch_ports::{
        Chat, Read,
        model::{RoomEvent, Seq},
    };
    use mockall::predicate::eq;
    use pollster::block_on;

    use super::*;
    use crate::testing::{
        EPOCH, Mocks, ann, at, commit, precondition, refusal, room, room_without_business,
        session_of, text,
    };

    const ID: MessageId = MessageId(18);

    #[test]
    fn edit_commits_and_publishes_text_unchanged() {
        for room in [room(), room_without_business()] {
            let session = session_of(&ann());
            let mut mocks = Mocks::new().finding(Read::Cached, &ann(), room.clone());
            mocks
                .messages
                .expect_edit()
                .with(
                    eq(precondition(&ann(), &room)),
                    eq(ID),
                    eq(text(" b\n")),
                    eq(RequestId::new("7")),
                )
                .once()
                .returning(|_, _, _, _| Ok(Outcome::Committed(Some(commit(42)))));
            let expected = RoomEvent {
                seq: Seq(42),
                epoch: EPOCH,
                at: at(15),
                by: ann().id,
                room: Arc::new(room).at(at(15)),
                requester: Some(session.id),
                request_id: RequestId::new("7"),
                kind: EventKind::Edited {
                    id: ID,
                    text: text(" b\n"),
                },
            };
            mocks.expect_published(move |event| *event == expected);

            let chat = mocks.chat();
            let result = block_on(chat.edit_message(&session, ID, " b\n", RequestId::new("7")));
            assert!(result.is_ok(), "{result:?}");
        }
    }

    #[test]
    fn edit_missing_message_is_refused_not_published() {
        let mut mocks = Mocks::new().finding(Read::Cached, &ann(), room());
        let edit = mocks.messages.expect_edit().once();
        edit.returning(|_, _, _, _| Ok(Outcome::Committed(None)));
        let chat = mocks.chat();
        let session = session_of(&ann());
        let result = block_on(chat.edit_message(&session, ID, "b", RequestId::new("7")));
        assert_eq!(refusal(result), Refusal::MessageNotFound);
    }

    #[test]
    fn edit_to_blank_text_needs_attachments() {
        for (found, accepted) in [(Some(commit(42)), true), (None, false)] {
            let mut mocks = Mocks::new().finding(Read::Cached, &ann(), room());
            let edit = mocks.messages.expect_edit().once();
            edit.withf(|_, _, text, _| text.as_str().is_empty())
                .returning(move |_, _, _, _| Ok(Outcome::Committed(found)));
            if accepted {
                mocks.expect_published(|_| true);
            }
            let (chat, session) = (mocks.chat(), session_of(&ann()));
            let result = block_on(chat.edit_message(&session, ID, " \n", RequestId::new("7")));
            if accepted {
                assert!(result.is_ok(), "{result:?}");
            } else {
                assert_eq!(refusal(result), Refusal::TextBlank);
            }
        }
    }
}
