use std::collections::HashSet;
use std::mem;
use std::sync::{Arc, Mutex};

use aftermatch_model::{Message, MessageId, Seq, access::DeleteScope};

use super::fixtures::{ADMIN, ANNA, BORIS, OTHER, ROOM, inactive, two_rooms};
use super::operations::{all_messages, last_seq, let_others_run};
use super::subject::{Subject, Work};
use super::writes::{committed, create_with, delete, edit_to, precondition, write};
use crate::{CreateOutcome, Created, Outcome, Precondition};

/// The same text with the same client message id is created once: a repeat returns
/// the message and is no event.
pub async fn repeated_create_returns_first_message<S: Subject>() {
    let subject = S::with_world(two_rooms(vec![])).await;
    let anna = precondition(&subject, ROOM, ANNA).await;
    let first = created(&subject, anna, "hello", "a").await;
    let expected = all_messages(&subject, ROOM).await;
    write(&subject, ROOM, BORIS).await;
    for _ in 0..3 {
        assert_eq!(duplicate(&subject, anna, "hello", "a").await, expected[0]);
    }
    assert_eq!(last_seq(&subject, ROOM).await, 2);
    assert_eq!(all_messages(&subject, ROOM).await[..1], expected);
    let next = created(&subject, anna, "hello", "b").await;
    assert_eq!(next.commit.seq, Seq(3));
    assert_ne!(next.id, first.id);
}

/// Another text with a client message id that was used before is refused, however
/// similar the texts look.
pub async fn client_msg_id_with_other_text_conflicts<S: Subject>() {
    let subject = S::with_world(two_rooms(vec![])).await;
    let anna = precondition(&subject, ROOM, ANNA).await;
    created(&subject, anna, "e\u{301}", "a").await;
    for text in ["e", "\u{e9}", "E\u{301}", "e\u{301} ", " e\u{301}"] {
        assert_id_conflict(&subject, anna, text, "a").await;
    }
    assert_eq!(last_seq(&subject, ROOM).await, 1);
    duplicate(&subject, anna, "e\u{301}", "a").await;
}

/// After an edit, a repeat is still recognized by the first text, and returns the
/// message as it is now.
pub async fn edited_message_still_matches_first_text<S: Subject>() {
    let subject = S::with_world(two_rooms(vec![])).await;
    let anna = precondition(&subject, ROOM, ANNA).await;
    let id = created(&subject, anna, "first", "a").await.id;
    for (text, last) in [("second", 2), ("third", 3)] {
        committed(edit_to(&subject, anna, id, text).await).unwrap();
        let now = duplicate(&subject, anna, "first", "a").await;
        assert_eq!(now.text.as_str(), text);
        assert_eq!(vec![now], all_messages(&subject, ROOM).await);
        assert_id_conflict(&subject, anna, text, "a").await;
        assert_eq!(last_seq(&subject, ROOM).await, last);
    }
    committed(edit_to(&subject, anna, id, "first").await).unwrap();
    duplicate(&subject, anna, "first", "a").await;
    assert_id_conflict(&subject, anna, "second", "a").await;
}

/// The client message id of a deleted message stays in use: every text with it is
/// refused.
pub async fn deleted_message_keeps_its_client_msg_id<S: Subject>() {
    let subject = S::with_world(two_rooms(vec![])).await;
    let anna = precondition(&subject, ROOM, ANNA).await;
    let admin = precondition(&subject, ROOM, ADMIN).await;
    let plain = created(&subject, anna, "hello", "plain").await.id;
    let edited = created(&subject, anna, "hello", "edited").await.id;
    committed(edit_to(&subject, anna, edited, "bye").await).unwrap();
    let ids = [plain, edited];
    committed(delete(&subject, admin, &ids, DeleteScope::Any).await).unwrap();
    for client_msg_id in ["plain", "edited"] {
        for text in ["hello", "bye", "hello"] {
            assert_id_conflict(&subject, anna, text, client_msg_id).await;
        }
    }
    assert_eq!(last_seq(&subject, ROOM).await, 4);
    assert_eq!(all_messages(&subject, ROOM).await, []);
}

/// A client message id belongs to one author in one room; the same id of another
/// author or in another room is another message.
pub async fn client_msg_id_elsewhere_is_another_message<S: Subject>() {
    let subject = S::with_world(two_rooms(vec![])).await;
    let mut ids = HashSet::new();
    for room in [ROOM, OTHER] {
        for author in [ANNA, BORIS, ADMIN] {
            let precondition = precondition(&subject, room, author).await;
            for client_msg_id in ["a", "A", "a.", "0"] {
                let new = created(&subject, precondition, "hello", client_msg_id).await;
                assert!(ids.insert(new.id), "{client_msg_id} of {author} in {room}");
            }
        }
    }
    for room in [ROOM, OTHER] {
        for author in [ANNA, BORIS, ADMIN] {
            let precondition = precondition(&subject, room, author).await;
            let message = duplicate(&subject, precondition, "hello", "a").await;
            assert_eq!((message.author.id, message.room), (author, room));
        }
    }
}

/// The same text without a client message id, or with another one, is another
/// message.
pub async fn create_without_client_msg_id_always_creates<S: Subject>() {
    let subject = S::with_world(two_rooms(vec![])).await;
    let anna = precondition(&subject, ROOM, ANNA).await;
    for (client_msg_id, seq) in [(None, 1), (Some("a"), 2), (None, 3), (Some("b"), 4)] {
        match committed(create_with(&subject, anna, "hello", client_msg_id).await) {
            CreateOutcome::Created(created) => assert_eq!(created.commit.seq, Seq(seq)),
            other => panic!("{client_msg_id:?} is new: {other:?}"),
        }
    }
    assert_eq!(all_messages(&subject, ROOM).await.len(), 4);
}

/// A precondition that no longer holds is a conflict, whether or not the client
/// message id was used before.
pub async fn repeated_create_with_old_precondition_conflicts<S: Subject>() {
    let subject = S::with_world(two_rooms(vec![])).await;
    let before = precondition(&subject, ROOM, ANNA).await;
    created(&subject, before, "hello", "a").await;
    subject.put_user(inactive(ANNA)).await;
    for (text, client_msg_id) in [("hello", "a"), ("bye", "a"), ("hello", "b")] {
        let sent = create_with(&subject, before, text, Some(client_msg_id)).await;
        assert_eq!(sent, Outcome::Conflict, "{text} as {client_msg_id}");
    }
    let now = precondition(&subject, ROOM, ANNA).await;
    duplicate(&subject, now, "hello", "a").await;
    created(&subject, now, "hello", "b").await;
}

/// However many times a message is sent at once, one message is created and every
/// sender gets that one; another text sent at the same time is refused, unless it
/// was first.
pub async fn concurrent_retries_create_one_message<S: Subject>() {
    const IDS: [&str; 8] = ["a", "b", "c", "d", "e", "f", "g", "h"];
    let subject = Arc::new(S::with_world(two_rooms(vec![])).await);
    let anna = precondition(&*subject, ROOM, ANNA).await;
    let outcomes = Arc::new(Mutex::new(Vec::new()));
    let mut work: Vec<Work> = Vec::new();
    for nth in 0..8 {
        let text = if nth % 4 == 3 { "bye" } else { "hello" };
        let (subject, outcomes) = (subject.clone(), outcomes.clone());
        work.push(Box::pin(async move {
            for id in IDS {
                let outcome = committed(create_with(&*subject, anna, text, Some(id)).await);
                outcomes.lock().unwrap().push((id, text, outcome));
                let_others_run().await;
            }
        }));
    }
    S::in_parallel(work).await;

    let outcomes = mem::take(&mut *outcomes.lock().unwrap());
    let messages = all_messages(&*subject, ROOM).await;
    assert_eq!(messages.len(), IDS.len());
    assert_eq!(
        last_seq(&*subject, ROOM).await,
        8,
        "a repeat takes no number"
    );
    for message in messages {
        let id = message.client_msg_id.clone().expect("all have one");
        let of_message = outcomes.iter().filter(|(of, ..)| *of == id.as_str());
        let mut creators: Vec<MessageId> = Vec::new();
        for (_, text, outcome) in of_message {
            match outcome {
                CreateOutcome::Created(created) => creators.push(created.id),
                CreateOutcome::Duplicate(first) => assert_eq!(**first, message),
                CreateOutcome::IdConflict => assert_ne!(*text, message.text.as_str()),
            }
            let same_text = !matches!(outcome, CreateOutcome::IdConflict);
            assert_eq!(same_text, *text == message.text.as_str(), "{outcome:?}");
        }
        assert_eq!(creators, [message.id]);
    }
}

async fn created<S: Subject>(
    subject: &S,
    precondition: Precondition,
    text: &str,
    client_msg_id: &str,
) -> Created {
    match committed(create_with(subject, precondition, text, Some(client_msg_id)).await) {
        CreateOutcome::Created(created) => created,
        other => panic!("{client_msg_id} is new: {other:?}"),
    }
}

async fn duplicate<S: Subject>(
    subject: &S,
    precondition: Precondition,
    text: &str,
    client_msg_id: &str,
) -> Message {
    match committed(create_with(subject, precondition, text, Some(client_msg_id)).await) {
        CreateOutcome::Duplicate(message) => *message,
        other => panic!("{client_msg_id} was sent with {text:?}: {other:?}"),
    }
}

async fn assert_id_conflict<S: Subject>(
    subject: &S,
    precondition: Precondition,
    text: &str,
    client_msg_id: &str,
) {
    let outcome = committed(create_with(subject, precondition, text, Some(client_msg_id)).await);
    assert_eq!(
        outcome,
        CreateOutcome::IdConflict,
        "{text:?} as {client_msg_id}"
    );
}
