use std::collections::{HashMap, HashSet};
use std::mem;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use aftermatch_model::{MessageId, RoomId, rules::Whose, world::NewUser};

use super::asked::{create, delete, done, edit, guard, last_seq, let_others_run};
use super::given::{
    ADMIN, ANNA, ANNAS, BORIS, BORISS, ROOM, message, people_and, room, talk, user,
};
use super::{Subject, Work};
use crate::{Guard, Written};

/// However many write at once in however many rooms, each room's changes are
/// numbered from 1 without a gap, in the order in which each writer made them,
/// and no two messages share an id.
pub async fn many_writers_leave_no_gap_and_share_no_id<S: Subject>() {
    const WRITERS: usize = 6;
    const ROUNDS: usize = 10;
    let rooms = [1, 2, 3, 4].map(RoomId);
    let world = people_and(rooms.map(|id| room(id, &[ANNAS, BORISS])).to_vec());
    let subject = Arc::new(S::holding(world).await);
    let wrote = Arc::new(Mutex::new(Vec::new()));
    let mut work: Vec<Work> = Vec::new();
    for room in rooms {
        for author in [ANNA, BORIS, ADMIN].into_iter().cycle().take(WRITERS) {
            let (subject, wrote) = (subject.clone(), wrote.clone());
            let guard = guard(&*subject, room, author).await;
            work.push(Box::pin(async move {
                let mine = several_writes(&*subject, guard, ROUNDS).await;
                wrote.lock().unwrap().push((room, mine));
            }));
        }
    }
    S::in_parallel(work).await;

    let wrote = mem::take(&mut *wrote.lock().unwrap());
    let mut ids = HashSet::new();
    for room in rooms {
        let mut seqs: Vec<i64> = Vec::new();
        for (_, (mine, created)) in wrote.iter().filter(|(of, _)| *of == room) {
            assert!(mine.is_sorted(), "a writer's own order: {mine:?}");
            seqs.extend(mine);
            assert!(created.iter().all(|&id| ids.insert(id)), "an id twice");
        }
        seqs.sort_unstable();
        let last = last_seq(&*subject, room).await;
        assert_eq!(seqs.len(), WRITERS * ROUNDS * 4);
        assert!(seqs.iter().copied().eq(1..=last), "{room}: {seqs:?}");
    }
}

/// Of racing deletions each message is deleted by exactly one, and those left
/// with nothing take no number.
pub async fn racing_deletions_delete_every_message_once<S: Subject>() {
    const MESSAGES: i64 = 60;
    let messages = (1..=MESSAGES).map(|id| message::<S>(Some(id), ROOM, ANNA));
    let subject = Arc::new(S::holding(talk(messages.collect())).await);
    let deleted = Arc::new(Mutex::new(Vec::new()));
    let mut work: Vec<Work> = Vec::new();
    for (by, whose) in [
        (ANNA, Whose::Of(ANNA)),
        (ADMIN, Whose::Anyones),
        (ANNA, Whose::Anyones),
        (ADMIN, Whose::Of(ANNA)),
    ] {
        let (subject, deleted) = (subject.clone(), deleted.clone());
        let guard = guard(&*subject, ROOM, by).await;
        work.push(Box::pin(async move {
            for id in 1..MESSAGES {
                // The second half of what is asked is asked for again next time.
                let ids = [id, id + 1].map(MessageId);
                if let Some(gone) = done(delete(&*subject, guard, &ids, whose).await) {
                    deleted.lock().unwrap().push(gone);
                }
                let_others_run().await;
            }
        }));
    }
    S::in_parallel(work).await;

    let deleted = mem::take(&mut *deleted.lock().unwrap());
    let mut ids: Vec<_> = deleted.iter().flat_map(|gone| &gone.ids).collect();
    ids.sort_unstable();
    let all = (1..=MESSAGES).map(MessageId);
    assert!(ids.iter().copied().copied().eq(all), "each once: {ids:?}");
    let mut seqs: Vec<_> = deleted.iter().map(|gone| gone.seq.0).collect();
    seqs.sort_unstable();
    let last = last_seq(&*subject, ROOM).await;
    assert!(seqs.iter().copied().eq(MESSAGES + 1..=last), "{seqs:?}");
}

/// A message is not edited behind its deletion.
pub async fn nothing_is_edited_behind_its_deletion<S: Subject>() {
    const MESSAGES: i64 = 40;
    let messages = (1..=MESSAGES).map(|id| message::<S>(Some(id), ROOM, ANNA));
    let subject = Arc::new(S::holding(talk(messages.collect())).await);
    let edits = Arc::new(Mutex::new(Vec::new()));
    let deletions = Arc::new(Mutex::new(HashMap::new()));
    let anna = guard(&*subject, ROOM, ANNA).await;
    let mut work: Vec<Work> = Vec::new();
    for _ in 0..3 {
        let (subject, edits, gone) = (subject.clone(), edits.clone(), deletions.clone());
        work.push(Box::pin(async move {
            for id in (1..=MESSAGES).map(MessageId) {
                loop {
                    let behind = gone.lock().unwrap().contains_key(&id);
                    match done(edit(&*subject, anna, id).await) {
                        Some(_) if behind => panic!("{id} was edited behind its deletion"),
                        Some(seq) => edits.lock().unwrap().push((id, seq)),
                        None => break,
                    }
                    let_others_run().await;
                }
            }
        }));
    }
    let (deleter, gone) = (subject.clone(), deletions.clone());
    work.push(Box::pin(async move {
        for id in (1..=MESSAGES).map(MessageId) {
            let_others_run().await;
            let deleted = done(delete(&*deleter, anna, &[id], Whose::Of(ANNA)).await);
            gone.lock().unwrap().insert(id, deleted.unwrap().seq);
        }
    }));
    S::in_parallel(work).await;

    let deletions = mem::take(&mut *deletions.lock().unwrap());
    for &(id, edited) in edits.lock().unwrap().iter() {
        let deleted = deletions[&id];
        assert!(
            edited < deleted,
            "{id} edited at {edited}, gone at {deleted}"
        );
    }
}

/// A write that races a change of its room comes before it or is stale: the room's
/// last change is the same from then on.
pub async fn no_write_passes_a_change_of_its_room<S: Subject>() {
    let subject = Arc::new(S::holding(talk(vec![])).await);
    for participants in [[BORISS].as_slice(), &[ANNAS, BORISS]].repeat(5) {
        let platform = subject.clone();
        let change = async move { platform.put_room(room(ROOM, participants)).await };
        race(&subject, Box::pin(change)).await;
    }
}

/// A write that races a change of its user comes before it or is stale: the room's
/// last change is the same from then on.
pub async fn no_write_passes_a_change_of_its_user<S: Subject>() {
    let subject = Arc::new(S::holding(talk(vec![])).await);
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

/// Creates two messages, edits one and deletes the other, so many times over.
/// The numbers of these changes, in the order in which they were made, and the
/// ids of the messages.
async fn several_writes<S: Subject>(
    subject: &S,
    guard: Guard,
    rounds: usize,
) -> (Vec<i64>, Vec<MessageId>) {
    let mut seqs = Vec::new();
    let mut ids = Vec::new();
    for _ in 0..rounds {
        let stays = done(create(subject, guard).await);
        let goes = done(create(subject, guard).await);
        let edited = done(edit(subject, guard, stays.id).await).unwrap();
        let whose = Whose::Of(guard.user);
        let gone = done(delete(subject, guard, &[goes.id], whose).await).unwrap();
        assert_eq!(gone.ids, [goes.id]);
        seqs.extend([stays.seq, goes.seq, edited, gone.seq].map(|seq| seq.0));
        ids.extend([stays.id, goes.id]);
        let_others_run().await;
    }
    (seqs, ids)
}

/// Lets Anna write in the room until she is stale, several times at once, while
/// the platform makes `change`.
async fn race<S: Subject>(subject: &Arc<S>, change: Work) {
    let first = last_seq(&**subject, ROOM).await + 1;
    let anna = guard(&**subject, ROOM, ANNA).await;
    let changed = Arc::new(AtomicBool::new(false));
    let kept = Arc::new(Mutex::new(Vec::new()));
    let last = Arc::new(AtomicI64::new(0));
    let mut work: Vec<Work> = Vec::new();
    for _ in 0..4 {
        let (subject, changed, kept) = (subject.clone(), changed.clone(), kept.clone());
        work.push(Box::pin(async move {
            loop {
                let behind = changed.load(Ordering::SeqCst);
                match create(&*subject, anna).await {
                    Written::Done(_) if behind => panic!("a write passed the change"),
                    Written::Done(created) => kept.lock().unwrap().push(created.seq.0),
                    Written::Stale => break,
                }
                let_others_run().await;
            }
        }));
    }
    let (platform, mine, behind) = (subject.clone(), kept.clone(), last.clone());
    work.push(Box::pin(async move {
        // By the time these are written the others are at it.
        for _ in 0..25 {
            let created = done(create(&*platform, anna).await);
            mine.lock().unwrap().push(created.seq.0);
            let_others_run().await;
        }
        change.await;
        behind.store(last_seq(&*platform, ROOM).await, Ordering::SeqCst);
        changed.store(true, Ordering::SeqCst);
    }));
    S::in_parallel(work).await;

    let last = last.load(Ordering::SeqCst);
    let mut seqs = mem::take(&mut *kept.lock().unwrap());
    seqs.sort_unstable();
    assert!(seqs.iter().copied().eq(first..=last), "{last}: {seqs:?}");
    assert_eq!(last_seq(&**subject, ROOM).await, last);
}
