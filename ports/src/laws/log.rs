use aftermatch_model::{
    EventKind, LoggedEvent, MessageId, RequestId, Seq,
    access::DeleteScope,
    world::{NewMessage, NewUser},
};

use super::fixtures::{
    ANNA, BORIS, ODD_TEXTS, OTHER, ROOM, UNKNOWN_MESSAGE, UNKNOWN_ROOM, inactive, message,
    odd_request_ids, profile, two_rooms, user,
};
use super::operations::{self, all_events, events, head};
use super::random_history::random_history;
use super::subject::Subject;
use super::writes::{
    committed, create, create_for, create_with, delete, delete_for, edit, edit_for, edit_to,
    precondition, write,
};
use crate::{CreateOutcome, Outcome};

/// From every number on and with any limit, the log has exactly the events that
/// were committed, as they were.
pub async fn log_has_every_event_as_it_was<S: Subject>() {
    for seed in [6, 7] {
        let room = random_history::<S>(seed, 120).await;
        let last_seq = room.last_seq();
        for after in 0..=last_seq.0 {
            let expected = &room.log[usize::try_from(after).unwrap()..];
            for limit in [1, 3, 1_000] {
                let page = events(&room.subject, ROOM, after, limit).await;
                assert_eq!(page.head.last_seq, last_seq);
                let expected = &expected[..limit.min(expected.len())];
                assert_eq!(page.events.unwrap(), expected, "after {after}");
            }
        }
    }
}

/// A read of the log can start at any number: below zero it starts with the first
/// event, and after the last event there is nothing.
pub async fn log_read_starts_at_any_number<S: Subject>() {
    let subject = S::with_world(two_rooms(vec![message::<S>(None, ROOM, ANNA)])).await;
    write(&subject, ROOM, ANNA).await;
    let all = all_events(&subject, ROOM).await;
    for (after, limit, expected) in [
        (i64::MIN, 1_000, &all[..]),
        (-1, 1, &all[..1]),
        (0, 1_000, &all[..]),
        (0, 0, &[]),
        (1, usize::MAX, &all[1..]),
        (2, 1_000, &[]),
        (3, 1_000, &[]),
        (i64::MAX, 1_000, &[]),
    ] {
        let page = events(&subject, ROOM, after, limit).await;
        assert_eq!(Some(page.head), head(&subject, ROOM).await);
        assert_eq!(page.events.unwrap(), expected, "{limit} after {after}");
    }
}

/// An imported message is in the log as a create by its author, at the time when it
/// was written and without a request id.
pub async fn imported_message_is_create_in_log<S: Subject>() {
    let later = NewMessage {
        created_at: S::t1(),
        ..message::<S>(Some(70), ROOM, BORIS)
    };
    let earlier = message::<S>(Some(8), ROOM, ANNA);
    let elsewhere = message::<S>(Some(9), OTHER, ANNA);
    let subject = S::with_world(two_rooms(vec![later, elsewhere, earlier])).await;
    let messages = operations::all_messages(&subject, ROOM).await;
    let expected = messages.into_iter().map(|message| LoggedEvent {
        seq: message.seq,
        by: message.author.id,
        at: message.created_at,
        request_id: RequestId::NONE,
        kind: EventKind::Created(message),
    });
    let expected: Vec<_> = expected.collect();
    assert_eq!(expected.len(), 2);
    assert_eq!([expected[0].at, expected[1].at], [S::t1(), S::t0()]);
    assert_eq!(all_events(&subject, ROOM).await, expected);
}

/// A deletion in the log has what was deleted, in the order of the request and
/// once each, and nothing else.
pub async fn deletion_in_log_keeps_request_order<S: Subject>() {
    let subject = S::with_world(two_rooms(vec![])).await;
    let mut created = Vec::new();
    for author in [ANNA, ANNA, BORIS, ANNA] {
        created.push(write(&subject, ROOM, author).await.id);
    }
    let [a, b, of_boris, c] = created[..] else {
        unreachable!()
    };
    let anna = precondition(&subject, ROOM, ANNA).await;
    let ids = [c, UNKNOWN_MESSAGE, a, of_boris, c, b, a];
    committed(delete(&subject, anna, &ids, DeleteScope::OwnedBy(ANNA)).await).unwrap();
    let deleted = EventKind::Deleted {
        ids: vec![c, a, b],
        missing: vec![],
    };
    assert_eq!(all_events(&subject, ROOM).await[4].kind, deleted);
}

/// The log shows each version of a message that was edited, also after it was
/// deleted.
pub async fn log_shows_each_version_of_message<S: Subject>() {
    let subject = S::with_world(two_rooms(vec![message::<S>(Some(5), ROOM, ANNA)])).await;
    let anna = precondition(&subject, ROOM, ANNA).await;
    let boris = precondition(&subject, ROOM, BORIS).await;
    let created = create_with(&subject, boris, ODD_TEXTS[0], None).await;
    let CreateOutcome::Created(created) = committed(created) else {
        panic!("it has no client message id");
    };
    let mut expected = vec![(5, "hello"), (created.id.0, ODD_TEXTS[0])];
    assert_eq!(versions(&subject).await, owned(&expected));
    // The same text twice is two versions, too.
    for text in ["second", ODD_TEXTS[1], ODD_TEXTS[1], "hello"] {
        for (by, id) in [(boris, created.id), (anna, MessageId(5))] {
            committed(edit_to(&subject, by, id, text).await).unwrap();
            expected.push((id.0, text));
            assert_eq!(versions(&subject).await, owned(&expected));
        }
    }
    for id in [MessageId(5), created.id] {
        committed(delete(&subject, anna, &[id], DeleteScope::Any).await).unwrap();
        assert_eq!(versions(&subject).await, owned(&expected));
    }
}

/// A room that does not exist has no log.
pub async fn missing_room_has_no_log<S: Subject>() {
    let subject = S::with_world(two_rooms(vec![message::<S>(None, ROOM, ANNA)])).await;
    subject.remove_room(ROOM).await;
    for room in [ROOM, UNKNOWN_ROOM] {
        assert_eq!(head(&subject, room).await, None);
        let page = subject.log().events(room, Seq::ZERO, 9).await;
        assert_eq!(page.unwrap(), None);
    }
}

/// Every kind of event has the request id that it was given, unchanged.
pub async fn request_ids_come_back_as_given<S: Subject>() {
    let subject = S::with_world(two_rooms(vec![])).await;
    let anna = precondition(&subject, ROOM, ANNA).await;
    let given = odd_request_ids();
    for request_id in &given {
        let request = || request_id.clone();
        let created = create_for(&subject, anna, "hello", None, request()).await;
        let CreateOutcome::Created(created) = committed(created) else {
            panic!("it has no client message id");
        };
        let id = created.id;
        committed(edit_for(&subject, anna, id, "hello", request()).await).unwrap();
        let scope = DeleteScope::Any;
        committed(delete_for(&subject, anna, &[id], scope, None, request()).await).unwrap();
    }
    let events = all_events(&subject, ROOM).await.into_iter();
    let read: Vec<_> = events.map(|event| event.request_id).collect();
    let expected = given.iter().flat_map(|id| [id, id, id]).cloned();
    assert_eq!(read, expected.collect::<Vec<_>>());
}

/// A write that is refused, changes nothing or repeats an earlier one is not in the
/// log.
pub async fn log_has_only_committed_events<S: Subject>() {
    let subject = S::with_world(two_rooms(vec![])).await;
    let anna = precondition(&subject, ROOM, ANNA).await;
    committed(create_with(&subject, anna, "hello", Some("a")).await);
    let of_boris = write(&subject, ROOM, BORIS).await.id;
    let before = all_events(&subject, ROOM).await;

    for text in ["hello", "other"] {
        committed(create_with(&subject, anna, text, Some("a")).await);
    }
    for id in [of_boris, UNKNOWN_MESSAGE] {
        assert_eq!(committed(edit(&subject, anna, id).await), None);
        let scope = DeleteScope::OwnedBy(ANNA);
        assert_eq!(committed(delete(&subject, anna, &[id], scope).await), None);
    }
    subject.put_user(inactive(ANNA)).await;
    assert_eq!(create(&subject, anna).await, Outcome::Conflict);
    assert_eq!(all_events(&subject, ROOM).await, before);
}

/// A created message in the log shows its author's profile as it is now.
pub async fn log_shows_author_as_of_now<S: Subject>() {
    let subject = S::with_world(two_rooms(vec![message::<S>(None, ROOM, ANNA)])).await;
    write(&subject, ROOM, ANNA).await;
    let renamed = NewUser {
        profile: profile(9),
        ..user(ANNA)
    };
    subject.put_user(renamed).await;
    for event in all_events(&subject, ROOM).await {
        let EventKind::Created(message) = event.kind else {
            panic!("both events are creates");
        };
        assert_eq!(message.author.profile, profile(9));
    }
}

/// The texts that the log of the room has, each with its message.
async fn versions<S: Subject>(subject: &S) -> Vec<(i64, String)> {
    let events = all_events(subject, ROOM).await.into_iter();
    let versions = events.filter_map(|event| match event.kind {
        EventKind::Created(message) => Some((message.id.0, message.text)),
        EventKind::Edited { id, text } => Some((id.0, text)),
        EventKind::Deleted { .. } => None,
    });
    versions
        .map(|(id, text)| (id, text.as_str().to_owned()))
        .collect()
}

fn owned(versions: &[(i64, &str)]) -> Vec<(i64, String)> {
    let versions = versions.iter();
    versions.map(|&(id, text)| (id, text.to_owned())).collect()
}
