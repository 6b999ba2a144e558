use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use aftermatch_model::{Message, Seq, rules::Whose};

use super::asked::{
    all, changes, create, delete, done, guard, history, let_others_run, mark_read, newest, send,
    write,
};
use super::given::{ANNA, ANNAS, BORIS, BORISS, NOWHERE, ROOM, message, room, talk};
use super::lived::lived;
use super::{Subject, Work};
use crate::{Creation, History, Stretch};

/// Page by page forwards, backwards or by number, of whatever length: the room is
/// the same, and is known to end where it does.
pub async fn all_ways_through_a_room_show_the_same<S: Subject>() {
    let room = lived::<S>(3, 90).await;
    let (subject, expected) = (&room.subject, room.now());
    for limit in [1, 2, 7, expected.len(), 1_000] {
        let mut forwards: Vec<Message> = Vec::new();
        let mut goes_on = true;
        while goes_on {
            let behind = forwards.last().map_or(Seq::ZERO, |last| last.seq);
            let page = history(subject, ROOM, Stretch::After(behind), limit).await;
            assert_eq!(page.older, !forwards.is_empty());
            assert!(!page.messages.is_empty() && page.messages.len() <= limit);
            forwards.extend(page.messages);
            goes_on = page.newer;
        }
        assert_eq!(forwards, expected, "forwards by {limit}");

        let mut backwards: Vec<Message> = Vec::new();
        let mut goes_on = true;
        while goes_on {
            let first = backwards.first();
            let stretch = first.map_or(Stretch::Newest, |first| Stretch::Before(first.seq));
            let page = history(subject, ROOM, stretch, limit).await;
            assert_eq!(page.newer, !backwards.is_empty());
            assert!(!page.messages.is_empty() && page.messages.len() <= limit);
            backwards.splice(0..0, page.messages);
            goes_on = page.older;
        }
        assert_eq!(backwards, expected, "backwards by {limit}");

        let mut numbered: Vec<Message> = Vec::new();
        while numbered.len() < expected.len() {
            let (count, page) = newest(subject, ROOM, numbered.len() as u64, limit).await;
            assert_eq!(count, expected.len() as u64);
            assert_eq!(page.len(), limit.min(expected.len() - numbered.len()));
            numbered.extend(page);
        }
        numbered.reverse();
        assert_eq!(numbered, expected, "by number, {limit} on each");
    }
}

/// A stretch begins or ends at any number, be it that of a message that is there,
/// of another change, or of none.
pub async fn a_stretch_begins_or_ends_at_any_number<S: Subject>() {
    let room = lived::<S>(4, 40).await;
    let (all, last) = (room.now(), room.last());
    let numbers = (-1..=last.0 + 2).chain([i64::MIN, i64::MAX]).map(Seq);
    for (seq, limit) in numbers.flat_map(|seq| [(seq, 2), (seq, 1_000)]) {
        let before = all.partition_point(|message| message.seq < seq);
        let after = all.partition_point(|message| message.seq <= seq);
        for (stretch, from, to) in [
            (Stretch::Before(seq), before.saturating_sub(limit), before),
            (Stretch::After(seq), after, (after + limit).min(all.len())),
        ] {
            let expected = History {
                messages: all[from..to].to_vec(),
                older: from < to && from > 0,
                newer: from < to && to < all.len(),
                last,
            };
            let stretched = history(&room.subject, ROOM, stretch, limit).await;
            assert_eq!(stretched, expected, "{stretch:?}, {limit}");
        }
    }
}

/// A stretch without messages goes on in neither direction, and tells the last
/// number all the same.
pub async fn a_stretch_of_nothing_goes_on_nowhere<S: Subject>() {
    let subject = S::holding(talk(vec![])).await;
    let empty = |last| History {
        messages: Vec::new(),
        older: false,
        newer: false,
        last: Seq(last),
    };
    let whole = [
        Stretch::Newest,
        Stretch::Before(Seq(99)),
        Stretch::After(Seq::ZERO),
    ];
    for stretch in whole {
        assert_eq!(history(&subject, ROOM, stretch, 9).await, empty(0));
    }
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(write(&subject, ROOM, ANNA).await.id);
    }
    for stretch in whole {
        assert_eq!(history(&subject, ROOM, stretch, 0).await, empty(3));
    }
    for stretch in [Stretch::Before(Seq(1)), Stretch::After(Seq(3))] {
        assert_eq!(history(&subject, ROOM, stretch, 9).await, empty(3));
    }
    assert_eq!(newest(&subject, ROOM, 0, 0).await, (3, vec![]));
    assert_eq!(newest(&subject, ROOM, u64::MAX, 9).await, (3, vec![]));

    let anna = guard(&subject, ROOM, ANNA).await;
    done(delete(&subject, anna, &ids, Whose::Anyones).await).unwrap();
    for stretch in whole {
        assert_eq!(history(&subject, ROOM, stretch, 9).await, empty(4));
    }
    assert_eq!(newest(&subject, ROOM, 0, 9).await, (0, vec![]));
}

/// Where there is no room there is nothing to read.
pub async fn where_there_is_no_room_there_is_nothing_to_read<S: Subject>() {
    let subject = S::holding(talk(vec![message::<S>(None, ROOM, ANNA)])).await;
    subject.remove_room(ROOM).await;
    for room in [NOWHERE, ROOM] {
        for stretch in [Stretch::Newest, Stretch::After(Seq::ZERO)] {
            let read = history(&subject, room, stretch, 9).await;
            assert_eq!((read.messages, read.last), (vec![], Seq::ZERO));
            assert!(!read.older && !read.newer);
        }
        assert_eq!(newest(&subject, room, 0, 9).await, (0, vec![]));
    }
}

/// Of a room that was removed nothing comes back with one of its number.
pub async fn nothing_of_a_removed_room_comes_back<S: Subject>() {
    let subject = S::holding(talk(vec![message::<S>(None, ROOM, BORIS)])).await;
    let anna = guard(&subject, ROOM, ANNA).await;
    done(send(&subject, anna, "hello", Some("known")).await);
    assert_eq!(mark_read(&subject, ROOM, ANNA, 2).await, 2);

    subject.remove_room(ROOM).await;
    subject.put_room(room(ROOM, &[ANNAS, BORISS])).await;
    assert_eq!(all(&subject, ROOM).await, []);
    let anna = guard(&subject, ROOM, ANNA).await;
    let sent = done(send(&subject, anna, "hello", Some("known")).await);
    assert!(matches!(sent, Creation::Created(_)), "{sent:?}");
    assert_eq!(mark_read(&subject, ROOM, ANNA, 0).await, 0);
}

/// What is read while others write is of one moment.
pub async fn what_is_read_is_of_one_moment<S: Subject>() {
    let subject = Arc::new(S::holding(talk(vec![])).await);
    let written = Arc::new(AtomicBool::new(false));
    let anna = guard(&*subject, ROOM, ANNA).await;
    let (writer, over) = (subject.clone(), written.clone());
    let mut work: Vec<Work> = vec![Box::pin(async move {
        for _ in 0..60 {
            done(create(&*writer, anna).await);
            let_others_run().await;
        }
        over.store(true, Ordering::SeqCst);
    })];
    for _ in 0..3 {
        let (subject, over) = (subject.clone(), written.clone());
        work.push(Box::pin(async move {
            // In a room of messages alone the last one has the last number.
            while !over.load(Ordering::SeqCst) {
                let read = history(&*subject, ROOM, Stretch::Newest, 2).await;
                let newest_one = read.messages.last().map_or(Seq::ZERO, |last| last.seq);
                assert_eq!(newest_one, read.last);
                assert!(!read.newer);
                let (count, read) = newest(&*subject, ROOM, 0, 1).await;
                let newest_one = read.last().map_or(0, |last| last.seq.0);
                assert_eq!(i64::try_from(count).unwrap(), newest_one);
                let told = changes(&*subject, ROOM, 0, 1_000).await;
                let living = told.net.unwrap().living.len();
                assert_eq!(i64::try_from(living).unwrap(), told.last.0);
                let_others_run().await;
            }
        }));
    }
    S::in_parallel(work).await;
}
