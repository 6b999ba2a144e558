use std::sync::Arc;

use aftermatch_model::{Seq, UserId, world::NewUser};

use super::fixtures::{ANNA, ANNA_BRAND, BORIS, BORIS_BRAND, ROOM, profile, room, two_rooms, user};
use super::operations::{all_messages, last_seq, let_others_run};
use super::subject::{Subject, Work};
use super::writes::{create, create_all, draft, precondition};
use crate::{CreateOutcome, Draft, Outcome};

/// Messages that are created by one call are numbered in its order, however many they are.
pub async fn creates_of_one_call_are_numbered_in_order<S: Subject>() {
    let subject = S::with_world(two_rooms(vec![])).await;
    let anna = precondition(&subject, ROOM, ANNA).await;
    let mut expected = Vec::new();
    for count in [1, 2, 70, 600] {
        let texts: Vec<_> = (0..count).map(|nth| format!("{nth} of {count}")).collect();
        let drafts = texts.iter().map(|text| draft(text, None)).collect();
        let outcomes = create_all(&subject, anna, drafts).await;
        expected.extend(texts);
        assert_eq!(outcomes.len(), count);
        let first = expected.len() - count + 1;
        for (seq, outcome) in (first..).zip(outcomes) {
            let Outcome::Committed(CreateOutcome::Created(created)) = outcome else {
                panic!("it is new: {outcome:?}");
            };
            assert_eq!(created.commit.seq, Seq(i64::try_from(seq).unwrap()));
        }
    }
    assert_eq!(texts(&subject).await, expected);
    assert!(create_all(&subject, anna, vec![]).await.is_empty());
}

/// A client message id that was used before, in this call or an earlier one, concerns its
/// message alone.
pub async fn creates_of_one_call_have_own_outcomes<S: Subject>() {
    let subject = S::with_world(two_rooms(vec![])).await;
    let anna = precondition(&subject, ROOM, ANNA).await;
    create_all(&subject, anna, vec![draft("first", Some("a"))]).await;
    let drafts = [
        ("new", None),
        ("first", Some("a")),
        ("second", Some("b")),
        ("second", Some("b")),
        ("other", Some("a")),
        ("other", Some("b")),
        ("last", None),
    ];
    let drafts = drafts.map(|(text, id)| draft(text, id)).into();
    let outcomes = create_all(&subject, anna, drafts).await.into_iter();
    let outcomes = outcomes.map(|outcome| match outcome {
        Outcome::Committed(CreateOutcome::Created(created)) => format!("{}", created.commit.seq.0),
        Outcome::Committed(CreateOutcome::Duplicate(first)) => format!("as {}", first.seq.0),
        Outcome::Committed(CreateOutcome::IdConflict) => "taken".to_owned(),
        Outcome::Conflict => "conflict".to_owned(),
    });
    let expected = ["2", "as 1", "3", "as 3", "taken", "taken", "4"];
    assert_eq!(outcomes.collect::<Vec<_>>(), expected);
    assert_eq!(texts(&subject).await, ["first", "new", "second", "last"]);
}

/// If the precondition of a call no longer holds, each of its messages is a conflict, and
/// none is written.
pub async fn creates_after_room_change_write_nothing<S: Subject>() {
    let subject = S::with_world(two_rooms(vec![])).await;
    let anna = precondition(&subject, ROOM, ANNA).await;
    subject.put_room(room(ROOM, &[ANNA_BRAND])).await;
    let drafts = vec![draft("a", None), draft("b", Some("b")), draft("c", None)];
    let outcomes = create_all(&subject, anna, drafts).await;
    assert_eq!(outcomes, [const { Outcome::Conflict }; 3]);
    assert_eq!(last_seq(&subject, ROOM).await, 0);
}

/// Whatever others write meanwhile, and however often the room and the author change, the
/// messages of a call keep their order: from the first conflict on, nothing of it is written.
pub async fn concurrent_creates_stay_in_order_of_their_call<S: Subject>() {
    const CALLS: usize = 12;
    const EACH: usize = 7;
    let subject = Arc::new(S::with_world(two_rooms(vec![])).await);
    let mut work: Vec<Work> = Vec::new();
    for (writer, author) in [ANNA, ANNA, BORIS].into_iter().enumerate() {
        let subject = subject.clone();
        work.push(Box::pin(async move {
            for call in 0..CALLS {
                let text = |nth| format!("{writer} {}", call * EACH + nth);
                let drafts = (0..EACH).map(|nth| draft(&text(nth), None)).collect();
                create_until_committed(&*subject, author, drafts).await;
            }
        }));
    }
    let changing = subject.clone();
    work.push(Box::pin(async move {
        for nth in 0..2 * CALLS {
            let mut brands = vec![ANNA_BRAND, BORIS_BRAND];
            brands.rotate_left(nth % 2);
            changing.put_room(room(ROOM, &brands)).await;
            let_others_run().await;
            let changed = NewUser {
                profile: profile(i64::try_from(nth).unwrap()),
                ..user(ANNA)
            };
            changing.put_user(changed).await;
            let_others_run().await;
        }
    }));
    S::in_parallel(work).await;

    let texts = texts(&*subject).await;
    for writer in 0..3 {
        let own = texts.iter().filter_map(|text| {
            let (by, nth) = text.split_once(' ')?;
            (by == writer.to_string()).then(|| nth.parse::<usize>().unwrap())
        });
        assert!(own.eq(0..CALLS * EACH), "{texts:?}");
    }
    let boris = precondition(&*subject, ROOM, BORIS).await;
    assert!(matches!(
        create(&*subject, boris).await,
        Outcome::Committed(_)
    ));
}

/// Creates what is left until nothing is.
async fn create_until_committed<S: Subject>(subject: &S, author: UserId, mut left: Vec<Draft>) {
    while !left.is_empty() {
        let precondition = precondition(subject, ROOM, author).await;
        let outcomes = create_all(subject, precondition, left.clone()).await;
        assert_eq!(outcomes.len(), left.len());
        let is_conflict = |outcome: &Outcome<_>| *outcome == Outcome::Conflict;
        let done = outcomes.iter().position(is_conflict);
        let done = done.unwrap_or(left.len());
        assert!(outcomes[done..].iter().all(is_conflict), "{outcomes:?}");
        left.drain(..done);
        let_others_run().await;
    }
}

async fn texts<S: Subject>(subject: &S) -> Vec<String> {
    let messages = all_messages(subject, ROOM).await.into_iter();
    messages
        .map(|message| message.text.as_str().to_owned())
        .collect()
}
