//! What is still to be pushed.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use aftermatch_model::{Candidate, EventKind, Message, RoomId, Seq, access::DeleteScope};

use super::{
    fixtures::{
        ADMIN, ANNA, ANNA_BRAND, BORIS, BORIS_BRAND, OTHER, ROOM, inactive, message, room,
        two_rooms,
    },
    operations::{all_events, let_others_run, mark_read},
    subject::{Subject, Work},
    writes::{committed, create_with, delete, edit_to, precondition, write},
};
use crate::{Backlog, DuePush, PushLimits, Settled};

const HOUR: Duration = Duration::from_secs(60 * 60);

/// Everything is due at once, however old it is.
const AT_ONCE: PushLimits = PushLimits {
    delay: Duration::ZERO,
    max_age: Duration::from_secs(1_000_000_000),
};

/// Two rooms, of which everything was found.
async fn begun<S: Subject>() -> S {
    let subject = S::with_world(two_rooms(vec![message::<S>(None, ROOM, ANNA)])).await;
    find(&subject).await;
    subject
}

async fn find<S: Subject>(subject: &S) -> Backlog {
    let found = subject.pushes().find(AT_ONCE).await.unwrap();
    found.expect("nobody else reads this store")
}

async fn due<S: Subject>(subject: &S) -> Vec<DuePush> {
    find(subject).await;
    subject.pushes().due(100).await.unwrap()
}

/// The only room that is due.
async fn only_due<S: Subject>(subject: &S) -> DuePush {
    let due = due(subject).await;
    assert_eq!(due.len(), 1, "{due:?}");
    due[0]
}

async fn messages<S: Subject>(subject: &S, due: DuePush, limit: usize) -> Vec<Message> {
    let page = subject.pushes().read(due, limit).await.unwrap();
    page.messages
        .into_iter()
        .map(|(message, _)| message)
        .collect()
}

async fn settle<S: Subject>(subject: &S, due: DuePush, settled: Settled) {
    subject.pushes().settle(due, settled).await.unwrap();
}

fn seqs(messages: &[Message]) -> Vec<i64> {
    messages.iter().map(|message| message.seq.0).collect()
}

/// What was written before the first `find` is not pushed.
pub async fn first_find_begins_with_next_message<S: Subject>() {
    let subject: S = begun().await;
    assert_eq!(due(&subject).await, []);
    write(&subject, ROOM, ANNA).await;
    write(&subject, ROOM, BORIS).await;
    let due = only_due(&subject).await;
    assert_eq!((due.room, due.after, due.upto), (ROOM, Seq(1), Seq(3)));
    assert_eq!(seqs(&messages(&subject, due, 1).await), [2]);
    assert_eq!(seqs(&messages(&subject, due, 9).await), [2, 3]);
    assert_eq!(find(&subject).await.rooms, 1);
    settle(&subject, due, Settled::Done(Seq(3))).await;
    assert_eq!(find(&subject).await.rooms, 0);
    write(&subject, ROOM, ANNA).await;
    let due = only_due(&subject).await;
    assert_eq!(seqs(&messages(&subject, due, 9).await), [4]);
}

/// While many write, each message is read once, in the order of `seq` in its room, if it is
/// settled when it is read.
pub async fn each_message_is_pushed_once_in_order<S: Subject>() {
    const WRITERS: usize = 4;
    const MESSAGES: usize = 15;
    let subject: Arc<S> = Arc::new(begun().await);
    let writing = Arc::new(AtomicUsize::new(WRITERS));
    let mut work: Vec<Work> = Vec::new();
    for writer in 0..WRITERS {
        let (subject, writing) = (subject.clone(), writing.clone());
        work.push(Box::pin(async move {
            let author = [ANNA, BORIS][writer % 2];
            for nth in 0..MESSAGES {
                let place = [ROOM, OTHER][(writer + nth) % 2];
                let created = write(&*subject, place, author).await;
                if nth % 5 == 0 {
                    let precondition = precondition(&*subject, place, author).await;
                    edit_to(&*subject, precondition, created.id, "edited").await;
                }
            }
            writing.fetch_sub(1, Ordering::SeqCst);
        }));
    }
    let reader = subject.clone();
    work.push(Box::pin(async move {
        let mut read: HashMap<RoomId, Vec<i64>> = HashMap::new();
        loop {
            let is_last = writing.load(Ordering::SeqCst) == 0;
            let due = due(&*reader).await;
            let nothing = due.is_empty();
            for due in due {
                let page = messages(&*reader, due, 3).await;
                let done = page.last().map_or(due.upto, |last| last.seq);
                read.entry(due.room).or_default().extend(seqs(&page));
                settle(&*reader, due, Settled::Done(done)).await;
            }
            if nothing && is_last {
                break;
            }
            let_others_run().await;
        }
        for place in [ROOM, OTHER] {
            let events = all_events(&*reader, place).await.into_iter();
            let created = events.filter(|event| matches!(event.kind, EventKind::Created(_)));
            let mut created: Vec<_> = created.map(|event| event.seq.0).collect();
            if place == ROOM {
                created.remove(0);
            }
            assert_eq!(read.remove(&place).unwrap_or_default(), created, "{place}");
        }
    }));
    S::in_parallel(work).await;
}

/// A message is read as it is now; one that was deleted is left out.
pub async fn pushed_message_is_as_it_is_now<S: Subject>() {
    let subject: S = begun().await;
    let first = write(&subject, ROOM, ANNA).await;
    let second = write(&subject, ROOM, ANNA).await;
    let author = precondition(&subject, ROOM, ANNA).await;
    committed(edit_to(&subject, author, first.id, "edited").await);
    let due = only_due(&subject).await;
    committed(delete(&subject, author, &[second.id], DeleteScope::Any).await);
    let read = messages(&subject, due, 9).await;
    assert_eq!(seqs(&read), [2]);
    assert_eq!(read[0].text.as_str(), "edited");
    // Edits and deletions alone push nothing.
    settle(&subject, due, Settled::Done(due.upto)).await;
    committed(edit_to(&subject, author, first.id, "again").await);
    for due in self::due(&subject).await {
        assert_eq!(messages(&subject, due, 9).await, []);
    }
}

/// After a failed attempt a room is due later, or when it is hastened, with one failure more.
pub async fn failed_push_waits_until_hastened<S: Subject>() {
    let subject: S = begun().await;
    write(&subject, ROOM, ANNA).await;
    let first = only_due(&subject).await;
    assert_eq!(first.failures, 0);
    let failed = Settled::Failed {
        again_in: HOUR,
        reason: "it answers 500".to_owned(),
    };
    settle(&subject, first, failed).await;
    assert_eq!(due(&subject).await, []);
    // What comes after it waits, too.
    write(&subject, ROOM, ANNA).await;
    assert_eq!(due(&subject).await, []);
    subject.pushes().hasten().await.unwrap();
    let again = only_due(&subject).await;
    assert_eq!((again.failures, again.after), (1, Seq(1)));
    assert_eq!(seqs(&messages(&subject, again, 9).await), [2, 3]);
    settle(&subject, again, Settled::Done(Seq(2))).await;
    let next = only_due(&subject).await;
    assert_eq!((next.failures, next.after), (0, Seq(2)));
    settle(&subject, next, Settled::Waits(HOUR)).await;
    assert_eq!(due(&subject).await, []);
    subject.pushes().hasten().await.unwrap();
    assert_eq!(due(&subject).await, [], "nothing has failed");
}

/// A message that is given up is counted, and the room goes on.
pub async fn given_up_push_lets_room_go_on<S: Subject>() {
    let subject: S = begun().await;
    let first = write(&subject, ROOM, ANNA).await;
    write(&subject, ROOM, ANNA).await;
    let due = only_due(&subject).await;
    let failed = Settled::Failed {
        again_in: Duration::ZERO,
        reason: "it answers 500".to_owned(),
    };
    settle(&subject, due, failed).await;
    let due = only_due(&subject).await;
    let given_up = Settled::GivenUp {
        id: first.id,
        seq: first.commit.seq,
    };
    settle(&subject, due, given_up).await;
    let due = only_due(&subject).await;
    assert_eq!(due.failures, 0);
    assert_eq!(seqs(&messages(&subject, due, 9).await), [3]);
    assert_eq!(find(&subject).await.dead_letters, 1);
}

/// What is settled after the room has moved on changes nothing.
pub async fn outdated_settlement_has_no_effect<S: Subject>() {
    let subject: S = begun().await;
    for _ in 0..3 {
        write(&subject, ROOM, ANNA).await;
    }
    let first = only_due(&subject).await;
    settle(&subject, first, Settled::Done(Seq(2))).await;
    for settled in [
        Settled::Done(Seq(4)),
        Settled::Waits(HOUR),
        Settled::Failed {
            again_in: HOUR,
            reason: "it answers 500".to_owned(),
        },
    ] {
        settle(&subject, first, settled).await;
        let due = only_due(&subject).await;
        assert_eq!((due.after, due.failures), (Seq(2), 0));
    }
}

/// A message that is too old when it is found is left out, and those after it are not.
pub async fn old_message_is_not_found<S: Subject>() {
    let subject: S = begun().await;
    write(&subject, ROOM, ANNA).await;
    write(&subject, ROOM, ANNA).await;
    let nothing = PushLimits {
        max_age: Duration::ZERO,
        ..AT_ONCE
    };
    subject.pushes().find(nothing).await.unwrap();
    for due in subject.pushes().due(9).await.unwrap() {
        let read = messages(&subject, due, 9).await;
        assert!(read.is_empty(), "{read:?}");
        settle(&subject, due, Settled::Done(due.upto)).await;
    }
    write(&subject, ROOM, ANNA).await;
    let due = only_due(&subject).await;
    assert_eq!(seqs(&messages(&subject, due, 9).await), [4]);
}

/// A room that was removed has nothing to push; one that is made again begins with its first
/// message.
pub async fn recreated_room_is_pushed_again<S: Subject>() {
    let subject: S = begun().await;
    write(&subject, OTHER, ANNA).await;
    let old = only_due(&subject).await;
    subject.remove_room(OTHER).await;
    assert_eq!(messages(&subject, old, 9).await, []);
    settle(&subject, old, Settled::Done(old.upto)).await;
    assert_eq!(due(&subject).await, []);
    subject
        .put_room(room(OTHER, &[ANNA_BRAND, BORIS_BRAND]))
        .await;
    write(&subject, OTHER, BORIS).await;
    let new = only_due(&subject).await;
    assert_ne!(new.epoch, old.epoch);
    assert_eq!(seqs(&messages(&subject, new, 9).await), [1]);
    assert_eq!(messages(&subject, old, 9).await, [], "of another log");
    settle(&subject, old, Settled::Done(Seq(1))).await;
    assert_eq!(due(&subject).await, [new]);
}

/// The candidates are the users of the participants, with what decides about them.
pub async fn candidates_are_users_of_participants<S: Subject>() {
    let subject: S = begun().await;
    let author = precondition(&subject, ROOM, ADMIN).await;
    committed(create_with(&subject, author, "hello", None).await);
    mark_read(&subject, ROOM, BORIS, 2).await;
    subject.put_user(inactive(ANNA)).await;
    let due = only_due(&subject).await;
    let page = subject.pushes().read(due, 9).await.unwrap();
    let candidate = |user, brand, is_active, read_seq| Candidate {
        user,
        brand,
        is_active,
        read_seq,
    };
    let expected = [
        candidate(ANNA, ANNA_BRAND, false, Seq::ZERO),
        candidate(BORIS, BORIS_BRAND, true, Seq(2)),
    ];
    assert_eq!(page.candidates, expected);
    assert!(page.messages[0].1.is_some(), "it has an age");
}
