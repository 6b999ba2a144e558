use std::collections::HashSet;
use std::mem;
use std::sync::{Arc, Mutex};

use aftermatch_model::{Message, MessageId, Seq, rules::Whose};

use super::asked::{all, delete, done, edit_to, guard, last_seq, let_others_run, send, write};
use super::given::{ADMIN, ANNA, BORIS, OTHER, ROOM, talk, user};
use super::{Subject, Work};
use crate::{Created, Creation, Guard, Written};

/// The same text under the same client id is kept once: whoever sends it again is
/// answered with the message, and nothing has happened.
pub async fn a_repeat_is_answered_with_the_message<S: Subject>() {
    let subject = S::holding(talk(vec![])).await;
    let anna = guard(&subject, ROOM, ANNA).await;
    let first = created(&subject, anna, "hello", "a").await;
    let expected = all(&subject, ROOM).await;
    write(&subject, ROOM, BORIS).await;
    for _ in 0..3 {
        assert_eq!(repeated(&subject, anna, "hello", "a").await, expected[0]);
    }
    assert_eq!(last_seq(&subject, ROOM).await, 2);
    assert_eq!(all(&subject, ROOM).await[..1], expected);
    let next = created(&subject, anna, "hello", "b").await;
    assert_eq!(next.seq, Seq(3));
    assert_ne!(next.id, first.id);
}

/// Another text under a client id that is known is refused, however like the
/// first it looks.
pub async fn another_text_finds_its_client_id_taken<S: Subject>() {
    let subject = S::holding(talk(vec![])).await;
    let anna = guard(&subject, ROOM, ANNA).await;
    created(&subject, anna, "e\u{301}", "a").await;
    for text in ["e", "\u{e9}", "E\u{301}", "e\u{301} ", " e\u{301}"] {
        assert_taken(&subject, anna, text, "a").await;
    }
    assert_eq!(last_seq(&subject, ROOM).await, 1);
    repeated(&subject, anna, "e\u{301}", "a").await;
}

/// After an edit it is still the first text that is a repeat, and the answer is
/// the message as it is now.
pub async fn a_repeat_is_known_by_the_text_as_it_was_sent<S: Subject>() {
    let subject = S::holding(talk(vec![])).await;
    let anna = guard(&subject, ROOM, ANNA).await;
    let id = created(&subject, anna, "first", "a").await.id;
    for (text, last) in [("second", 2), ("third", 3)] {
        done(edit_to(&subject, anna, id, text).await).unwrap();
        let now = repeated(&subject, anna, "first", "a").await;
        assert_eq!(now.text.as_str(), text);
        assert_eq!(vec![now], all(&subject, ROOM).await);
        assert_taken(&subject, anna, text, "a").await;
        assert_eq!(last_seq(&subject, ROOM).await, last);
    }
    done(edit_to(&subject, anna, id, "first").await).unwrap();
    repeated(&subject, anna, "first", "a").await;
    assert_taken(&subject, anna, "second", "a").await;
}

/// The client id of a deleted message stays taken, whatever is sent under it.
pub async fn the_client_id_of_a_deleted_message_stays_taken<S: Subject>() {
    let subject = S::holding(talk(vec![])).await;
    let anna = guard(&subject, ROOM, ANNA).await;
    let admin = guard(&subject, ROOM, ADMIN).await;
    let plain = created(&subject, anna, "hello", "plain").await.id;
    let edited = created(&subject, anna, "hello", "edited").await.id;
    done(edit_to(&subject, anna, edited, "bye").await).unwrap();
    let ids = [plain, edited];
    done(delete(&subject, admin, &ids, Whose::Anyones).await).unwrap();
    for client_id in ["plain", "edited"] {
        for text in ["hello", "bye", "hello"] {
            assert_taken(&subject, anna, text, client_id).await;
        }
    }
    assert_eq!(last_seq(&subject, ROOM).await, 4);
    assert_eq!(all(&subject, ROOM).await, []);
}

/// A client id is of one author and one room; what others call theirs, or the
/// author elsewhere, is another.
pub async fn a_client_id_is_of_one_author_and_one_room<S: Subject>() {
    let subject = S::holding(talk(vec![])).await;
    let mut ids = HashSet::new();
    for room in [ROOM, OTHER] {
        for author in [ANNA, BORIS, ADMIN] {
            let guard = guard(&subject, room, author).await;
            for client_id in ["a", "A", "a.", "0"] {
                let new = created(&subject, guard, "hello", client_id).await;
                assert!(ids.insert(new.id), "{client_id} of {author} in {room}");
            }
        }
    }
    for room in [ROOM, OTHER] {
        for author in [ANNA, BORIS, ADMIN] {
            let guard = guard(&subject, room, author).await;
            let message = repeated(&subject, guard, "hello", "a").await;
            assert_eq!((message.author.id, message.room), (author, room));
        }
    }
}

/// The same text without a client id, or under another, is another message.
pub async fn without_a_client_id_nothing_is_a_repeat<S: Subject>() {
    let subject = S::holding(talk(vec![])).await;
    let anna = guard(&subject, ROOM, ANNA).await;
    for (client_id, seq) in [(None, 1), (Some("a"), 2), (None, 3), (Some("b"), 4)] {
        match done(send(&subject, anna, "hello", client_id).await) {
            Creation::Created(created) => assert_eq!(created.seq, Seq(seq)),
            other => panic!("{client_id:?} was never there: {other:?}"),
        }
    }
    assert_eq!(all(&subject, ROOM).await.len(), 4);
}

/// A stale guard is stale, whether or not the client id is known.
pub async fn a_repeat_with_a_stale_guard_is_stale<S: Subject>() {
    let subject = S::holding(talk(vec![])).await;
    let before = guard(&subject, ROOM, ANNA).await;
    created(&subject, before, "hello", "a").await;
    let mut anna = user(ANNA);
    anna.active = false;
    subject.put_user(anna).await;
    for (text, client_id) in [("hello", "a"), ("bye", "a"), ("hello", "b")] {
        let sent = send(&subject, before, text, Some(client_id)).await;
        assert_eq!(sent, Written::Stale, "{text} as {client_id}");
    }
    let now = guard(&subject, ROOM, ANNA).await;
    repeated(&subject, now, "hello", "a").await;
    created(&subject, now, "hello", "b").await;
}

/// However often it is sent at once, one message is kept, and everybody is
/// answered with that one; another text sent at the same time is refused, or was
/// first.
pub async fn many_retries_at_once_keep_one_message<S: Subject>() {
    const NAMES: [&str; 8] = ["a", "b", "c", "d", "e", "f", "g", "h"];
    let subject = Arc::new(S::holding(talk(vec![])).await);
    let anna = guard(&*subject, ROOM, ANNA).await;
    let answers = Arc::new(Mutex::new(Vec::new()));
    let mut work: Vec<Work> = Vec::new();
    for nth in 0..8 {
        let text = if nth % 4 == 3 { "bye" } else { "hello" };
        let (subject, answers) = (subject.clone(), answers.clone());
        work.push(Box::pin(async move {
            for name in NAMES {
                let answer = done(send(&*subject, anna, text, Some(name)).await);
                answers.lock().unwrap().push((name, text, answer));
                let_others_run().await;
            }
        }));
    }
    S::in_parallel(work).await;

    let answers = mem::take(&mut *answers.lock().unwrap());
    let kept = all(&*subject, ROOM).await;
    assert_eq!(kept.len(), NAMES.len());
    assert_eq!(last_seq(&*subject, ROOM).await, 8, "no number for a repeat");
    for message in kept {
        let name = message.client_id.clone().expect("all have one");
        let of_it = answers.iter().filter(|(of, ..)| *of == name.as_str());
        let mut creators: Vec<MessageId> = Vec::new();
        for (_, text, answer) in of_it {
            match answer {
                Creation::Created(created) => creators.push(created.id),
                Creation::Repeated(known) => assert_eq!(**known, message),
                Creation::Taken => assert_ne!(*text, message.text.as_str()),
            }
            let same = !matches!(answer, Creation::Taken);
            assert_eq!(same, *text == message.text.as_str(), "{answer:?}");
        }
        assert_eq!(creators, [message.id]);
    }
}

async fn created<S: Subject>(subject: &S, guard: Guard, text: &str, client_id: &str) -> Created {
    match done(send(subject, guard, text, Some(client_id)).await) {
        Creation::Created(created) => created,
        other => panic!("{client_id} was never there: {other:?}"),
    }
}

async fn repeated<S: Subject>(subject: &S, guard: Guard, text: &str, client_id: &str) -> Message {
    match done(send(subject, guard, text, Some(client_id)).await) {
        Creation::Repeated(message) => *message,
        other => panic!("{client_id} was sent with {text:?} before: {other:?}"),
    }
}

async fn assert_taken<S: Subject>(subject: &S, guard: Guard, text: &str, client_id: &str) {
    let answer = done(send(subject, guard, text, Some(client_id)).await);
    assert_eq!(answer, Creation::Taken, "{text:?} as {client_id}");
}
