use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use aftermatch_model::{Message, Seq, Text, access::DeleteScope, world::NewMessage};

use super::fixtures::{
    ANNA, ANNA_BRAND, BORIS, BORIS_BRAND, ROOM, UNKNOWN_ROOM, message, room, two_rooms,
};
use super::operations::{all_messages, delta_since, history, let_others_run, mark_read, page};
use super::random_history::random_history;
use super::subject::{Subject, Work};
use super::writes::{committed, create, create_with, delete, precondition, write};
use crate::{CreateOutcome, HistoryPage, HistoryRange, MAX_PAGED, PIECE_BYTES};

/// Page by page forwards, backwards or by position, and with any page size, the
/// same messages are read and the end of the room is recognized.
pub async fn every_paging_direction_shows_same_messages<S: Subject>() {
    let room = random_history::<S>(3, 90).await;
    let (subject, expected) = (&room.subject, room.now());
    for limit in [1, 2, 7, expected.len(), 1_000] {
        let mut forwards: Vec<Message> = Vec::new();
        let mut has_more = true;
        while has_more {
            let last = forwards.last().map_or(Seq::ZERO, |last| last.seq);
            let page = history(subject, ROOM, HistoryRange::After(last), limit).await;
            assert_eq!(page.has_older, !forwards.is_empty());
            assert!(!page.messages.is_empty() && page.messages.len() <= limit);
            forwards.extend(page.messages);
            has_more = page.has_newer;
        }
        assert_eq!(forwards, expected, "forwards, {limit} a page");

        let mut backwards: Vec<Message> = Vec::new();
        let mut has_more = true;
        while has_more {
            let first = backwards.first();
            let range = first.map_or(HistoryRange::Newest, |first| {
                HistoryRange::Before(first.seq)
            });
            let page = history(subject, ROOM, range, limit).await;
            assert_eq!(page.has_newer, !backwards.is_empty());
            assert!(!page.messages.is_empty() && page.messages.len() <= limit);
            backwards.splice(0..0, page.messages);
            has_more = page.has_older;
        }
        assert_eq!(backwards, expected, "backwards, {limit} a page");

        let mut by_position: Vec<Message> = Vec::new();
        while by_position.len() < expected.len() {
            let (count, page) = page(subject, ROOM, by_position.len() as u64, limit).await;
            assert_eq!(count, expected.len() as u64);
            assert_eq!(page.len(), limit.min(expected.len() - by_position.len()));
            by_position.extend(page);
        }
        by_position.reverse();
        assert_eq!(by_position, expected, "by position, {limit} a page");
    }
}

/// A range may start or end at any number: that of an existing message, of another
/// event, or of no event.
pub async fn history_range_accepts_any_number<S: Subject>() {
    let room = random_history::<S>(4, 40).await;
    let (all, last_seq) = (room.now(), room.last_seq());
    let numbers = (-1..=last_seq.0 + 2).chain([i64::MIN, i64::MAX]).map(Seq);
    for (seq, limit) in numbers.flat_map(|seq| [(seq, 2), (seq, 1_000)]) {
        let before = all.partition_point(|message| message.seq < seq);
        let after = all.partition_point(|message| message.seq <= seq);
        for (range, from, to) in [
            (
                HistoryRange::Before(seq),
                before.saturating_sub(limit),
                before,
            ),
            (
                HistoryRange::After(seq),
                after,
                (after + limit).min(all.len()),
            ),
        ] {
            let expected = HistoryPage {
                messages: all[from..to].to_vec(),
                has_older: from < to && from > 0,
                has_newer: from < to && to < all.len(),
                last_seq,
            };
            let page = history(&room.subject, ROOM, range, limit).await;
            assert_eq!(page, expected, "{range:?}, {limit}");
        }
    }
}

/// A page without messages has neither older nor newer ones, and still carries the
/// number of the last event.
pub async fn empty_page_has_no_neighbours<S: Subject>() {
    let subject = S::with_world(two_rooms(vec![])).await;
    let empty = |last_seq| HistoryPage {
        messages: Vec::new(),
        has_older: false,
        has_newer: false,
        last_seq: Seq(last_seq),
    };
    let ranges = [
        HistoryRange::Newest,
        HistoryRange::Before(Seq(99)),
        HistoryRange::After(Seq::ZERO),
    ];
    for range in ranges {
        assert_eq!(history(&subject, ROOM, range, 9).await, empty(0));
    }
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(write(&subject, ROOM, ANNA).await.id);
    }
    for range in ranges {
        assert_eq!(history(&subject, ROOM, range, 0).await, empty(3));
    }
    for range in [HistoryRange::Before(Seq(1)), HistoryRange::After(Seq(3))] {
        assert_eq!(history(&subject, ROOM, range, 9).await, empty(3));
    }
    assert_eq!(page(&subject, ROOM, 0, 0).await, (3, vec![]));
    assert_eq!(page(&subject, ROOM, u64::MAX, 9).await, (3, vec![]));

    let anna = precondition(&subject, ROOM, ANNA).await;
    committed(delete(&subject, anna, &ids, DeleteScope::Any).await).unwrap();
    for range in ranges {
        assert_eq!(history(&subject, ROOM, range, 9).await, empty(4));
    }
    assert_eq!(page(&subject, ROOM, 0, 9).await, (0, vec![]));
}

/// A page with long texts has fewer messages than `limit`, at least one, and says that
/// there are more.
pub async fn page_has_bounded_text<S: Subject>() {
    let messages = (1..=5).map(|id| NewMessage {
        text: Text::stored("é".repeat(if id == 3 {
            PIECE_BYTES
        } else {
            PIECE_BYTES / 4
        })),
        ..message::<S>(Some(id), ROOM, ANNA)
    });
    let subject = S::with_world(two_rooms(messages.collect())).await;
    let ids = |messages: &[Message]| messages.iter().map(|each| each.id.0).collect::<Vec<_>>();
    for (range, expected, has_older, has_newer) in [
        (HistoryRange::Newest, vec![4, 5], true, false),
        (HistoryRange::Before(Seq(4)), vec![3], true, true),
        (HistoryRange::Before(Seq(3)), vec![1, 2], false, true),
        (HistoryRange::After(Seq(0)), vec![1, 2], false, true),
        (HistoryRange::After(Seq(1)), vec![2], true, true),
        (HistoryRange::After(Seq(2)), vec![3], true, true),
        (HistoryRange::After(Seq(3)), vec![4, 5], true, false),
    ] {
        let read = history(&subject, ROOM, range, 9).await;
        assert_eq!(ids(&read.messages), expected, "{range:?}");
        assert_eq!(
            (read.has_older, read.has_newer),
            (has_older, has_newer),
            "{range:?}"
        );
    }
    for (skip, expected) in [(0, vec![5, 4]), (1, vec![4]), (2, vec![3]), (3, vec![2, 1])] {
        let (count, read) = page(&subject, ROOM, skip, 9).await;
        assert_eq!((count, ids(&read)), (5, expected), "without {skip}");
    }
}

/// Of a room with more than [`MAX_PAGED`] messages, pages count and show the newest
/// ones alone.
pub async fn pages_end_at_maximum<S: Subject>() {
    let all = i64::try_from(MAX_PAGED).unwrap() + 1;
    let messages = (1..=all).map(|id| message::<S>(Some(id), ROOM, ANNA));
    let subject = S::with_world(two_rooms(messages.collect())).await;
    let counted = MAX_PAGED as u64;
    let (count, last) = page(&subject, ROOM, counted - 1, 9).await;
    assert_eq!(count, counted);
    assert!(last.iter().map(|message| message.seq).eq([Seq(2)]));
    assert_eq!(page(&subject, ROOM, counted, 9).await, (counted, vec![]));
}

/// A room that does not exist has no messages.
pub async fn missing_room_has_no_messages<S: Subject>() {
    let subject = S::with_world(two_rooms(vec![message::<S>(None, ROOM, ANNA)])).await;
    subject.remove_room(ROOM).await;
    for room in [UNKNOWN_ROOM, ROOM] {
        for range in [HistoryRange::Newest, HistoryRange::After(Seq::ZERO)] {
            let read = history(&subject, room, range, 9).await;
            assert_eq!((read.messages, read.last_seq), (vec![], Seq::ZERO));
            assert!(!read.has_older && !read.has_newer);
        }
        assert_eq!(page(&subject, room, 0, 9).await, (0, vec![]));
    }
}

/// A room that was removed and added again under the same id has no messages,
/// client message ids or read positions of the first one.
pub async fn recreated_room_starts_empty<S: Subject>() {
    let subject = S::with_world(two_rooms(vec![message::<S>(None, ROOM, BORIS)])).await;
    let anna = precondition(&subject, ROOM, ANNA).await;
    committed(create_with(&subject, anna, "hello", Some("known")).await);
    assert_eq!(mark_read(&subject, ROOM, ANNA, 2).await, 2);

    subject.remove_room(ROOM).await;
    subject
        .put_room(room(ROOM, &[ANNA_BRAND, BORIS_BRAND]))
        .await;
    assert_eq!(all_messages(&subject, ROOM).await, []);
    let anna = precondition(&subject, ROOM, ANNA).await;
    let sent = committed(create_with(&subject, anna, "hello", Some("known")).await);
    assert!(matches!(sent, CreateOutcome::Created(_)), "{sent:?}");
    assert_eq!(mark_read(&subject, ROOM, ANNA, 0).await, 0);
}

/// A read that runs while others write shows the room at one moment.
pub async fn concurrent_read_shows_one_moment<S: Subject>() {
    let subject = Arc::new(S::with_world(two_rooms(vec![])).await);
    let finished = Arc::new(AtomicBool::new(false));
    let anna = precondition(&*subject, ROOM, ANNA).await;
    let (writer, flag) = (subject.clone(), finished.clone());
    let mut work: Vec<Work> = vec![Box::pin(async move {
        for _ in 0..60 {
            committed(create(&*writer, anna).await);
            let_others_run().await;
        }
        flag.store(true, Ordering::SeqCst);
    })];
    for _ in 0..3 {
        let (subject, finished) = (subject.clone(), finished.clone());
        work.push(Box::pin(async move {
            // All events are creations, so the newest message has the last number.
            while !finished.load(Ordering::SeqCst) {
                let read = history(&*subject, ROOM, HistoryRange::Newest, 2).await;
                let newest = read.messages.last().map_or(Seq::ZERO, |last| last.seq);
                assert_eq!(newest, read.last_seq);
                assert!(!read.has_newer);
                let (count, read) = page(&*subject, ROOM, 0, 1).await;
                let newest = read.last().map_or(0, |last| last.seq.0);
                assert_eq!(i64::try_from(count).unwrap(), newest);
                let since = delta_since(&*subject, ROOM, 0, 1_000).await;
                let upserted = since.delta.unwrap().upserted.len();
                assert_eq!(
                    i64::try_from(upserted).unwrap(),
                    since.head.unwrap().last_seq.0
                );
                let_others_run().await;
            }
        }));
    }
    S::in_parallel(work).await;
}
