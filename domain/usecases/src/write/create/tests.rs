use std::sync::{Arc, mpsc};

use aftermatch_ports::{
    Chat, MockSignatures, Read, StoreError,
    model::{Attachment, ClientMsgId, MessageId, RequestId, RoomEvent, Seq},
};
use mockall::predicate::eq;
use pollster::block_on;

use super::*;
use crate::testing::{
    self, EPOCH, Mocks, ROOM, SESSION, admin, ann, at, commit, create, create_all, precondition,
    refusal, room, session_of, submission, text,
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
            request_id: RequestId::new("7"),
        };
        mocks
            .messages
            .expect_create()
            .with(eq(precondition(&user, &room())), eq(vec![draft]))
            .once()
            .returning(move |_, _| {
                let commit = commit(41);
                let created = Created { id, commit };
                vec![Ok(Outcome::Committed(CreateOutcome::Created(created)))]
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
        let message = Submission {
            client_msg_id,
            ..submission(" hello\n")
        };
        assert_eq!(create(&chat, &session, message).unwrap(), None);
    }
}

/// Ann sends "hello", and the store answers with `outcome`. Nothing is
/// published.
fn create_with(outcome: CreateOutcome) -> CreateAnswer {
    let mut mocks = Mocks::new().finding(Read::Cached, &ann(), room());
    let call = mocks.messages.expect_create().once();
    call.returning(move |_, _| vec![Ok(Outcome::Committed(outcome.clone()))]);
    let message = Submission {
        client_msg_id: client_msg_id("a-1"),
        ..submission("hello")
    };
    create(&mocks.chat(), &session_of(&ann()), message)
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

/// The answers in the order of the requests, and what was published.
#[test]
fn messages_created_together_are_answered_in_turn() {
    let mut mocks =
        Mocks::new()
            .finding(Read::Cached, &ann(), room())
            .finding(Read::Fresh, &ann(), room());
    let created = |seq| {
        let (id, commit) = (MessageId(seq), commit(seq));
        Ok(Outcome::Committed(CreateOutcome::Created(Created {
            id,
            commit,
        })))
    };
    let mut rounds = [
        // Of "a", "taken" and "broken"; room or author have changed before "b".
        vec![
            created(41),
            Ok(Outcome::Committed(CreateOutcome::IdConflict)),
            Err(StoreError::permanent("it is broken")),
            Ok(Outcome::Conflict),
            Ok(Outcome::Conflict),
        ],
        vec![created(43), created(44)],
    ]
    .into_iter();
    let (asked, texts) = mpsc::sync_channel(9);
    mocks.messages.expect_create().returning(move |_, drafts| {
        let texts = drafts.iter().map(|draft| draft.text.as_str().to_owned());
        asked.send(texts.collect::<Vec<_>>()).unwrap();
        rounds.next().unwrap()
    });
    let (published, events) = mpsc::sync_channel(9);
    mocks.relay.expect_publish().return_const(());
    mocks.inbox.expect_event().return_const(());
    let broadcast = mocks.broadcast.expect_broadcast();
    broadcast.returning(move |event| published.send(event.seq.0).unwrap());

    let messages = ["", "a", "taken", "\0", "broken", "b", " ", "c", "d\0"];
    let messages = messages.map(submission).into();
    let (chat, session) = (mocks.chat(), session_of(&ann()));
    let mut answers = Vec::new();
    let log = &mut answers;
    block_on(
        chat.create_messages(&session, messages, &mut move |answer| {
            log.push(match answer {
                Ok(None) => format!("event {}", events.try_recv().unwrap()),
                Ok(Some(_)) => "duplicate".to_owned(),
                Err(error) => error.to_string(),
            });
        }),
    );
    assert_eq!(
        answers,
        [
            "refused: TextBlank",
            "event 41",
            "refused: ClientMsgIdTaken",
            "refused: TextHasNul",
            "failed",
            "event 43",
            "refused: TextBlank",
            "event 44",
            "refused: TextHasNul",
        ]
    );
    let asked: Vec<_> = texts.try_iter().collect();
    assert_eq!(
        asked,
        [vec!["a", "taken", "broken", "b", "c"], vec!["b", "c"]]
    );
}

#[test]
fn messages_outside_of_a_room_are_each_refused() {
    let messages = ["a", "", "b"].map(submission).into();
    let chat = Mocks::seated_in(None).chat();
    let answers = create_all(&chat, &session_of(&ann()), messages);
    let refusals = answers.into_iter().map(refusal);
    assert!(refusals.eq([const { Refusal::NotInRoom }; 3]));
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
fn send(mut mocks: Mocks, text: &str, attachments: Vec<SignedAttachment>) -> CreateAnswer {
    let mut signatures = MockSignatures::new();
    signatures
        .expect_is_valid()
        .returning(|user, _, signature| user == ann().id && signature == "ann");
    mocks.signatures = Some(signatures);
    create(
        &mocks.chat(),
        &session_of(&ann()),
        attached(text, attachments),
    )
}

fn attached(text: &str, attachments: Vec<SignedAttachment>) -> Submission {
    Submission {
        attachments,
        ..submission(text)
    }
}

#[test]
fn create_with_attachments_needs_no_text() {
    for (given, stored) in [("hello", "hello"), ("", ""), (" \n", "")] {
        let mut mocks = Mocks::new().finding(Read::Cached, &ann(), room());
        let call = mocks.messages.expect_create().once();
        call.returning(move |_, drafts| {
            let draft = drafts.into_iter().next().expect("a message");
            assert_eq!(draft.text.as_str(), stored);
            let json = draft.attachments.expect("attachments");
            assert_eq!(json.as_str(), r#"[{"id":"b"},{"id":"a"}]"#);
            let (id, commit) = (MessageId(18), commit(41));
            let created = CreateOutcome::Created(Created { id, commit });
            vec![Ok(Outcome::Committed(created))]
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
    let result = create(&chat, &session, attached("hello", attachments));
    assert_eq!(refusal(result), Refusal::AttachmentsUnknown);
}
