use std::collections::{HashMap, HashSet};
use std::mem;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use aftermatch_model::{MessageId, RoomId, access::DeleteScope, world::NewUser};

use super::fixtures::{
    ADMIN, ANNA, ANNA_BRAND, BORIS, BORIS_BRAND, ROOM, message, room, two_rooms, user, with_rooms,
};
use super::operations::{last_seq, let_others_run};
use super::subject::{Subject, Work};
use super::writes::{committed, create, delete, edit, precondition};
use crate::{Outcome, Precondition};

/// However many users write at once in however many rooms, the events of each room
/// are numbered from 1 without a gap, in the order in which each writer made them,
/// and no two messages have the same id.
pub async fn concurrent_writes_leave_no_gap_or_duplicate<S: Subject>() {
    const WRITERS: usize = 6;
    const ROUNDS: usize = 10;
    let rooms = [1, 2, 3, 4].map(RoomId);
    let world = rooms.map(|id| room(id, &[ANNA_BRAND, BORIS_BRAND]));
    let subject = Arc::new(S::with_world(with_rooms(world.to_vec())).await);
    let written = Arc::new(Mutex::new(Vec::new()));
    let mut work: Vec<Work> = Vec::new();
    for room in rooms {
        for author in [ANNA, BORIS, ADMIN].into_iter().cycle().take(WRITERS) {
            let (subject, written) = (subject.clone(), written.clone());
            let precondition = precondition(&*subject, room, author).await;
            work.push(Box::pin(async move {
                let own = several_writes(&*subject, precondition, ROUNDS).await;
                written.lock().unwrap().push((room, own));
            }));
        }
    }
    S::in_parallel(work).await;

    let written = mem::take(&mut *written.lock().unwrap());
    let mut ids = HashSet::new();
    for room in rooms {
        let mut seqs: Vec<i64> = Vec::new();
        for (_, (own, created)) in written.iter().filter(|(of, _)| *of == room) {
            assert!(own.is_sorted(), "the order of the writer: {own:?}");
            seqs.extend(own);
            assert!(created.iter().all(|&id| ids.insert(id)), "ids are unique");
        }
        seqs.sort_unstable();
        let last = last_seq(&*subject, room).await;
        assert_eq!(seqs.len(), WRITERS * ROUNDS * 4);
        assert!(seqs.iter().copied().eq(1..=last), "{room}: {seqs:?}");
    }
}

/// When deletions race, each message is deleted by exactly one of them, and a
/// deletion that finds nothing left takes no number.
pub async fn concurrent_deletions_delete_each_message_once<S: Subject>() {
    const MESSAGES: i64 = 60;
    let messages = (1..=MESSAGES).map(|id| message::<S>(Some(id), ROOM, ANNA));
    let subject = Arc::new(S::with_world(two_rooms(messages.collect())).await);
    let deleted = Arc::new(Mutex::new(Vec::new()));
    let mut work: Vec<Work> = Vec::new();
    for (by, scope) in [
        (ANNA, DeleteScope::OwnedBy(ANNA)),
        (ADMIN, DeleteScope::Any),
        (ANNA, DeleteScope::Any),
        (ADMIN, DeleteScope::OwnedBy(ANNA)),
    ] {
        let (subject, deleted) = (subject.clone(), deleted.clone());
        let precondition = precondition(&*subject, ROOM, by).await;
        work.push(Box::pin(async move {
            for id in 1..MESSAGES {
                // The second id is requested again in the next round.
                let ids = [id, id + 1].map(MessageId);
                if let Some(event) = committed(delete(&*subject, precondition, &ids, scope).await) {
                    deleted.lock().unwrap().push(event);
                }
                let_others_run().await;
            }
        }));
    }
    S::in_parallel(work).await;

    let deleted = mem::take(&mut *deleted.lock().unwrap());
    let mut ids: Vec<_> = deleted.iter().flat_map(|event| &event.ids).collect();
    ids.sort_unstable();
    let all = (1..=MESSAGES).map(MessageId);
    assert!(ids.iter().copied().copied().eq(all), "each once: {ids:?}");
    let mut seqs: Vec<_> = deleted.iter().map(|event| event.commit.seq.0).collect();
    seqs.sort_unstable();
    let last = last_seq(&*subject, ROOM).await;
    assert!(seqs.iter().copied().eq(MESSAGES + 1..=last), "{seqs:?}");
}

/// No edit of a message commits after its deletion.
pub async fn deleted_message_is_never_edited<S: Subject>() {
    const MESSAGES: i64 = 40;
    let messages = (1..=MESSAGES).map(|id| message::<S>(Some(id), ROOM, ANNA));
    let subject = Arc::new(S::with_world(two_rooms(messages.collect())).await);
    let edits = Arc::new(Mutex::new(Vec::new()));
    let deletions = Arc::new(Mutex::new(HashMap::new()));
    let anna = precondition(&*subject, ROOM, ANNA).await;
    let mut work: Vec<Work> = Vec::new();
    for _ in 0..3 {
        let (subject, edits, deletions) = (subject.clone(), edits.clone(), deletions.clone());
        work.push(Box::pin(async move {
            for id in (1..=MESSAGES).map(MessageId) {
                loop {
                    let deleted = deletions.lock().unwrap().contains_key(&id);
                    match committed(edit(&*subject, anna, id).await) {
                        Some(_) if deleted => panic!("{id} was edited after its deletion"),
                        Some(seq) => edits.lock().unwrap().push((id, seq)),
                        None => break,
                    }
                    let_others_run().await;
                }
            }
        }));
    }
    let (deleter, deleted) = (subject.clone(), deletions.clone());
    work.push(Box::pin(async move {
        for id in (1..=MESSAGES).map(MessageId) {
            let_others_run().await;
            let event = committed(delete(&*deleter, anna, &[id], DeleteScope::OwnedBy(ANNA)).await);
            deleted
                .lock()
                .unwrap()
                .insert(id, event.unwrap().commit.seq);
        }
    }));
    S::in_parallel(work).await;

    let deletions = mem::take(&mut *deletions.lock().unwrap());
    for &(id, edited) in edits.lock().unwrap().iter() {
        let deleted = deletions[&id];
        assert!(
            edited < deleted,
            "{id} edited by {edited}, deleted by {deleted}"
        );
    }
}

/// A write that races a change of its room commits before the change or is a
/// conflict: once the change is visible, the room gets no further event.
pub async fn write_never_commits_after_room_change<S: Subject>() {
    let subject = Arc::new(S::with_world(two_rooms(vec![])).await);
    for participants in [[BORIS_BRAND].as_slice(), &[ANNA_BRAND, BORIS_BRAND]].repeat(5) {
        let platform = subject.clone();
        let change = async move { platform.put_room(room(ROOM, participants)).await };
        race(&subject, Box::pin(change)).await;
    }
}

/// A write that races a change of its user commits before the change or is a
/// conflict: once the change is visible, the room gets no further event.
pub async fn write_never_commits_after_user_change<S: Subject>() {
    let subject = Arc::new(S::with_world(two_rooms(vec![])).await);
    for active in [false, true].repeat(5) {
        let platform = subject.clone();
        let anna = NewUser {
            active,
            ..user(ANNA)
        };
        let change = async move { platform.put_user(anna).await };
        race(&subject, Box::pin(change)).await;
    }
}

/// Creates two messages, edits one and deletes the other, `rounds` times. Returns
/// the numbers of these events, in the order of the writes, and the message ids.
async fn several_writes<S: Subject>(
    subject: &S,
    precondition: Precondition,
    rounds: usize,
) -> (Vec<i64>, Vec<MessageId>) {
    let mut seqs = Vec::new();
    let mut ids = Vec::new();
    for _ in 0..rounds {
        let first = committed(create(subject, precondition).await);
        let second = committed(create(subject, precondition).await);
        let edited = committed(edit(subject, precondition, first.id).await).unwrap();
        let scope = DeleteScope::OwnedBy(precondition.user);
        let deleted = committed(delete(subject, precondition, &[second.id], scope).await).unwrap();
        assert_eq!(deleted.ids, [second.id]);
        seqs.extend(
            [
                first.commit.seq,
                second.commit.seq,
                edited,
                deleted.commit.seq,
            ]
            .map(|seq| seq.0),
        );
        ids.extend([first.id, second.id]);
        let_others_run().await;
    }
    (seqs, ids)
}

/// Lets Anna write in the room, several times at once, until her precondition no
/// longer holds, while the platform makes `change`.
async fn race<S: Subject>(subject: &Arc<S>, change: Work) {
    let first = last_seq(&**subject, ROOM).await + 1;
    let anna = precondition(&**subject, ROOM, ANNA).await;
    let changed = Arc::new(AtomicBool::new(false));
    let seqs = Arc::new(Mutex::new(Vec::new()));
    let last = Arc::new(AtomicI64::new(0));
    let mut work: Vec<Work> = Vec::new();
    for _ in 0..4 {
        let (subject, changed, seqs) = (subject.clone(), changed.clone(), seqs.clone());
        work.push(Box::pin(async move {
            loop {
                let after = changed.load(Ordering::SeqCst);
                match create(&*subject, anna).await {
                    Outcome::Committed(_) if after => panic!("a write committed after the change"),
                    Outcome::Committed(created) => seqs.lock().unwrap().push(created.commit.seq.0),
                    Outcome::Conflict => break,
                }
                let_others_run().await;
            }
        }));
    }
    let (platform, own_seqs, last_seq_then) = (subject.clone(), seqs.clone(), last.clone());
    work.push(Box::pin(async move {
        // After these the other writers have started.
        for _ in 0..25 {
            let created = committed(create(&*platform, anna).await);
            own_seqs.lock().unwrap().push(created.commit.seq.0);
            let_others_run().await;
        }
        change.await;
        last_seq_then.store(last_seq(&*platform, ROOM).await, Ordering::SeqCst);
        changed.store(true, Ordering::SeqCst);
    }));
    S::in_parallel(work).await;

    let last = last.load(Ordering::SeqCst);
    let mut seqs = mem::take(&mut *seqs.lock().unwrap());
    seqs.sort_unstable();
    assert!(seqs.iter().copied().eq(first..=last), "{last}: {seqs:?}");
    assert_eq!(last_seq(&**subject, ROOM).await, last);
}
