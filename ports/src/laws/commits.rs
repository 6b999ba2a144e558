use std::mem;
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use aftermatch_model::{EventKind, RoomId, Seq, Text, access::DeleteScope};

use super::fixtures::{
    ADMIN, ANNA, ANNA_BRAND, BORIS, BORIS_BRAND, OTHER, ROOM, message, room, two_rooms,
};
use super::operations::{self, all_events, delta_since, events, head, let_others_run};
use super::subject::{Subject, Work};
use super::writes::{committed, create, delete, edit_to, precondition, write};
use crate::Commit;

/// Within a room, a later event never has an earlier time, however many writers
/// there are, and each writer is given the number, the time and the log that its
/// event has there.
pub async fn time_never_goes_back_within_room<S: Subject>() {
    let subject = Arc::new(S::with_world(two_rooms(vec![])).await);
    let commits = Arc::new(Mutex::new(Vec::new()));
    let mut work: Vec<Work> = Vec::new();
    for author in [ANNA, BORIS, ADMIN].repeat(2) {
        let (subject, commits) = (subject.clone(), commits.clone());
        work.push(Box::pin(async move {
            let own = precondition(&*subject, ROOM, author).await;
            for _ in 0..15 {
                let created = committed(create(&*subject, own).await);
                let edited = committed(edit_to(&*subject, own, created.id, "edited").await);
                let ids = [created.id];
                let deleted = committed(delete(&*subject, own, &ids, DeleteScope::Any).await);
                let written = [created.commit, edited.unwrap(), deleted.unwrap().commit];
                commits.lock().unwrap().extend(written);
                let_others_run().await;
            }
        }));
    }
    S::in_parallel(work).await;

    let mut commits: Vec<Commit> = mem::take(&mut *commits.lock().unwrap());
    commits.sort_by_key(|commit| commit.seq);
    assert!(commits.iter().all(|commit| commit.at > S::t1()));
    assert!(commits.is_sorted_by_key(|commit| commit.at), "{commits:?}");
    let now = head(&*subject, ROOM).await.unwrap();
    assert!(commits.iter().all(|commit| commit.epoch == now.epoch));
    let logged = all_events(&*subject, ROOM).await;
    let logged = logged.iter().map(|event| (event.seq, event.at));
    assert!(logged.eq(commits.iter().map(|commit| (commit.seq, commit.at))));
}

/// After every write, the head of the log, the head of a delta and the room agree
/// with what the writer was given; each room has a log of its own.
pub async fn head_is_last_commit_everywhere<S: Subject>() {
    let subject = S::with_world(two_rooms(vec![])).await;
    for _ in 0..2 {
        for place in [ROOM, OTHER] {
            let anna = precondition(&subject, place, ANNA).await;
            let created = write(&subject, place, ANNA).await;
            assert_is_last(&subject, place, created.commit).await;
            let edited = committed(edit_to(&subject, anna, created.id, "edited").await);
            assert_is_last(&subject, place, edited.unwrap()).await;
            let ids = [created.id];
            let deleted = committed(delete(&subject, anna, &ids, DeleteScope::Any).await);
            assert_is_last(&subject, place, deleted.unwrap().commit).await;
        }
    }
    // A change of a room does not change its log.
    let before = head(&subject, ROOM).await;
    subject.put_room(room(ROOM, &[BORIS_BRAND])).await;
    assert_eq!(head(&subject, ROOM).await, before);
    let now = operations::room(&subject, ROOM).await;
    assert_eq!(now.epoch, before.unwrap().epoch);
}

/// A room that was removed and added again has another log of the same store, and
/// that one is empty.
pub async fn recreated_room_has_another_log<S: Subject>() {
    let subject = S::with_world(two_rooms(vec![message::<S>(None, ROOM, ANNA)])).await;
    let mut epochs = Vec::new();
    for _ in 0..3 {
        let written = write(&subject, ROOM, ANNA).await.commit;
        assert_eq!(head(&subject, ROOM).await.unwrap().epoch, written.epoch);
        assert!(!epochs.contains(&written.epoch), "{:?}", written.epoch);
        epochs.push(written.epoch);
        subject.remove_room(ROOM).await;
        subject
            .put_room(room(ROOM, &[ANNA_BRAND, BORIS_BRAND]))
            .await;
        let now = head(&subject, ROOM).await.unwrap();
        assert_eq!(now.last_seq, Seq::ZERO);
        assert_eq!(now.epoch.store, written.epoch.store);
        assert!(!epochs.contains(&now.epoch), "{:?}", now.epoch);
        assert_eq!(all_events(&subject, ROOM).await, []);
    }
}

/// A read of the log that runs while others write shows the log at one moment.
pub async fn concurrent_log_read_shows_one_moment<S: Subject>() {
    let subject = Arc::new(S::with_world(two_rooms(vec![])).await);
    let finished = Arc::new(AtomicBool::new(false));
    let anna = precondition(&*subject, ROOM, ANNA).await;
    let (writer, flag) = (subject.clone(), finished.clone());
    let mut work: Vec<Work> = vec![Box::pin(async move {
        for nth in 0..30 {
            let id = committed(create(&*writer, anna).await).id;
            let text = format!("edit {nth}");
            committed(edit_to(&*writer, anna, id, &text).await).unwrap();
            committed(delete(&*writer, anna, &[id], DeleteScope::Any).await).unwrap();
            let_others_run().await;
        }
        flag.store(true, Ordering::SeqCst);
    })];
    for _ in 0..3 {
        let (subject, finished) = (subject.clone(), finished.clone());
        work.push(Box::pin(async move {
            let mut after = Seq::ZERO;
            while !finished.load(Ordering::SeqCst) {
                let page = events(&*subject, ROOM, after.0, 1_000).await;
                let read = page.events.expect("nothing was purged");
                let numbers = read.iter().map(|event| event.seq.0);
                assert!(numbers.eq(after.0 + 1..=page.head.last_seq.0));
                for event in read {
                    assert_eq!(is_right(event.seq, event.kind), Ok(()));
                }
                // Rereads the newest events, which may change their place now.
                after = Seq((page.head.last_seq.0 - 5).max(0));
                let_others_run().await;
            }
        }));
    }
    S::in_parallel(work).await;
}

/// Whether the event `seq` of the law above is what was written. A round is a
/// create, an edit and a deletion.
fn is_right(seq: Seq, kind: EventKind) -> Result<(), String> {
    let (round, step) = ((seq.0 - 1) / 3, (seq.0 - 1) % 3);
    let right = match (step, &kind) {
        (0, EventKind::Created(message)) => message.text == Text::stored("hello"),
        (1, EventKind::Edited { text, .. }) => *text == Text::stored(format!("edit {round}")),
        (2, EventKind::Deleted { ids, .. }) => ids.len() == 1,
        _ => false,
    };
    right.then_some(()).ok_or(format!("{seq}: {kind:?}"))
}

async fn assert_is_last<S: Subject>(subject: &S, place: RoomId, commit: Commit) {
    let now = head(subject, place).await.unwrap();
    assert_eq!((now.epoch, now.last_seq), (commit.epoch, commit.seq));
    let room = operations::room(subject, place).await;
    assert_eq!(room.epoch, commit.epoch);
    for since in [-1, 0, commit.seq.0] {
        let delta = delta_since(subject, place, since, 9).await;
        assert_eq!(delta.head, Some(now));
    }
}
