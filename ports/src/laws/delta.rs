use std::collections::BTreeMap;

use aftermatch_model::{
    EventKind, Message, MessageId, RoomDelta, Seq, Text,
    access::{DeleteScope, MAX_IDS},
};

use super::fixtures::{ADMIN, ANNA, BORIS, OTHER, ROOM, UNKNOWN_ROOM, message, two_rooms};
use super::operations::{delta_since, head};
use super::random_history::random_history;
use super::subject::Subject;
use super::writes::{committed, create, delete, edit, precondition, write};
use crate::{DeltaSince, MAX_DELETED};

/// The delta since any event of the past is exactly what differs, and its events
/// turn the room of then into the room of now.
pub async fn delta_since_any_event_reproduces_room<S: Subject>() {
    for seed in [1, 2] {
        let room = random_history::<S>(seed, 120).await;
        for since in 0..=room.last_seq().0 {
            let DeltaSince { head, delta } = delta_since(&room.subject, ROOM, since, 1_000).await;
            assert_eq!(head.unwrap().last_seq, room.last_seq());
            let mut delta = delta.expect("far fewer messages than the limit");
            delta.upserted.sort_by_key(|message| message.seq);

            let since = Seq(since);
            let now = room.now().iter();
            let upserted = now.filter(|message| message.changed_seq > since);
            let deleted = room.deleted.iter();
            let deleted = deleted.filter(|(_, from, to)| *from <= since && since < *to);
            let mut deleted: Vec<_> = deleted.map(|(id, _, to)| (*id, *to)).collect();
            deleted.sort_unstable();
            let expected = RoomDelta {
                upserted: upserted.cloned().collect(),
                deleted,
                next: None,
            };
            assert_eq!(delta, expected, "since {since}");

            let earlier = &room.states[usize::try_from(since.0).unwrap()];
            let later = replay(earlier, delta.events(since));
            assert_eq!(later, texts(room.now()), "since {since}");
        }
    }
}

/// A message that was created and deleted since is not in the delta.
pub async fn delta_omits_messages_created_and_deleted_since<S: Subject>() {
    let subject = S::with_world(two_rooms(vec![message::<S>(Some(5), ROOM, ANNA)])).await;
    let anna = precondition(&subject, ROOM, ANNA).await;
    let id = committed(create(&subject, anna).await).id;
    committed(edit(&subject, anna, id).await).unwrap();
    committed(delete(&subject, anna, &[id], DeleteScope::OwnedBy(ANNA)).await).unwrap();
    for (since, deleted) in [
        (1, vec![]),
        (2, vec![(id, Seq(4))]),
        (3, vec![(id, Seq(4))]),
    ] {
        let delta = delta_since(&subject, ROOM, since, 9).await.delta;
        assert_eq!(delta, only_deleted(deleted));
    }
}

/// The delta lists deleted messages by ascending id, each with the number of the
/// event that deleted it.
pub async fn delta_lists_deleted_messages_by_id<S: Subject>() {
    let ids = [50, 30, 40, 20].map(MessageId);
    let messages = ids.map(|id| message::<S>(Some(id.0), ROOM, ANNA));
    let subject = S::with_world(two_rooms(messages.to_vec())).await;
    let [a, b, c, d] = ids;
    let admin = precondition(&subject, ROOM, ADMIN).await;
    for ids in [vec![c, b], vec![a]] {
        committed(delete(&subject, admin, &ids, DeleteScope::Any).await).unwrap();
    }
    write(&subject, ROOM, BORIS).await;
    let (first, second) = (Seq(5), Seq(6));
    for (since, deleted) in [
        (4, vec![(b, first), (c, first), (a, second)]),
        (5, vec![(a, second)]),
        (2, vec![(b, first), (a, second)]),
        (1, vec![(a, second)]),
        (6, vec![]),
    ] {
        let delta = delta_since(&subject, ROOM, since, 9).await.delta.unwrap();
        assert_eq!(delta.deleted, deleted, "since {since}");
    }
    committed(delete(&subject, admin, &[d], DeleteScope::Any).await).unwrap();
    let delta = delta_since(&subject, ROOM, 2, 9).await.delta.unwrap();
    let expected = [(b, first), (a, second)];
    assert_eq!(delta.deleted, expected, "d was created later");
}

/// The delta since the last event is empty.
pub async fn delta_since_last_event_is_empty<S: Subject>() {
    let subject = S::with_world(two_rooms(vec![])).await;
    for last in 0..3 {
        for limit in [9, 0] {
            let since = delta_since(&subject, ROOM, last, limit).await;
            assert_eq!(since.delta, only_deleted(vec![]));
        }
        write(&subject, ROOM, ANNA).await;
    }
}

/// Since a number that no event has had there is no delta, only how far the log
/// goes.
pub async fn delta_since_invalid_number_is_none<S: Subject>() {
    let subject = S::with_world(two_rooms(vec![message::<S>(None, ROOM, ANNA)])).await;
    write(&subject, ROOM, ANNA).await;
    let expected = DeltaSince {
        head: head(&subject, ROOM).await,
        delta: None,
    };
    for since in [i64::MIN, -1, 3, i64::MAX] {
        let since_invalid = delta_since(&subject, ROOM, since, 9).await;
        assert_eq!(since_invalid, expected, "since {since}");
    }
}

/// A room that does not exist has no log and no delta.
pub async fn missing_room_has_no_delta<S: Subject>() {
    let subject = S::with_world(two_rooms(vec![message::<S>(None, ROOM, ANNA)])).await;
    subject.remove_room(ROOM).await;
    for room in [UNKNOWN_ROOM, ROOM] {
        let nothing = DeltaSince::default();
        for since in [-1, 0, 1] {
            assert_eq!(delta_since(&subject, room, since, 9).await, nothing);
        }
    }
}

/// If the delta had more events than `limit`, there is none, only how far the log goes.
/// All deleted messages are one event.
pub async fn delta_beyond_limit_is_none<S: Subject>() {
    let initial = (1..=4).map(|id| message::<S>(Some(id), ROOM, ANNA));
    let subject = S::with_world(two_rooms(initial.collect())).await;
    let anna = precondition(&subject, ROOM, ANNA).await;
    write(&subject, OTHER, ANNA).await;
    let ids = [3, 4].map(MessageId);
    committed(delete(&subject, anna, &ids, DeleteScope::OwnedBy(ANNA)).await).unwrap();
    committed(create(&subject, anna).await);
    for _ in 0..3 {
        committed(edit(&subject, anna, MessageId(1)).await).unwrap();
    }
    // Event 5 deleted messages, 6 created one, and 7 to 9 edited another.
    for (since, limit, upserted) in [
        (4, 3, Some(2)),
        (4, 2, None),
        (4, 0, None),
        (5, 2, Some(2)),
        (5, 1, None),
        (6, 1, Some(1)),
        (8, 0, None),
        (0, 3, Some(3)),
        (0, 2, None),
        (0, usize::MAX, Some(3)),
    ] {
        let DeltaSince { head, delta } = delta_since(&subject, ROOM, since, limit).await;
        assert_eq!(head.unwrap().last_seq, Seq(9));
        let count = delta.map(|delta| delta.upserted.len());
        assert_eq!(count, upserted, "since {since}, limit {limit}");
    }
}

/// If more than [`MAX_DELETED`] messages were deleted since, there is no delta,
/// only how far the log goes. Those count, too, that were created since.
pub async fn delta_beyond_deleted_limit_is_none<S: Subject>() {
    let all = i64::try_from(MAX_DELETED).unwrap() + 1;
    let messages = (1..=all).map(|id| message::<S>(Some(id), ROOM, ANNA));
    let subject = S::with_world(two_rooms(messages.collect())).await;
    let anna = precondition(&subject, ROOM, ANNA).await;
    let mut ids: Vec<_> = (1..=all).map(MessageId).collect();
    let one_more = ids.split_off(MAX_DELETED);
    for some in ids.chunks(MAX_IDS) {
        committed(delete(&subject, anna, some, DeleteScope::OwnedBy(ANNA)).await).unwrap();
    }
    let delta = delta_since(&subject, ROOM, all, 1).await.delta.unwrap();
    assert!(delta.deleted.iter().map(|(id, _)| *id).eq(ids));
    let from_start = delta_since(&subject, ROOM, 0, 1).await.delta.unwrap();
    assert_eq!(
        (from_start.upserted.len(), from_start.deleted.len()),
        (1, 0)
    );

    committed(delete(&subject, anna, &one_more, DeleteScope::OwnedBy(ANNA)).await).unwrap();
    let too_many = delta_since(&subject, ROOM, all, 1).await;
    assert_eq!(too_many.delta, None);
    assert_eq!(too_many.head, head(&subject, ROOM).await);
    assert_eq!(delta_since(&subject, ROOM, 0, 1).await.delta, None);
    let fewer = delta_since(&subject, ROOM, all + 1, 1).await.delta;
    let expected = MAX_DELETED + 1 - MAX_IDS;
    assert_eq!(fewer.map(|delta| delta.deleted.len()), Some(expected));
}

pub(super) fn texts(messages: &[Message]) -> BTreeMap<MessageId, Text> {
    let text = |message: &Message| (message.id, message.text.clone());
    messages.iter().map(text).collect()
}

/// The messages of a client that had those of `earlier` and received `events`.
pub(super) fn replay(
    earlier: &[Message],
    events: Vec<(Seq, EventKind)>,
) -> BTreeMap<MessageId, Text> {
    let mut known = texts(earlier);
    for (seq, kind) in events {
        match kind {
            EventKind::Created(new) => {
                let before = known.insert(new.id, new.text);
                assert_eq!(before, None, "{} is new at {seq}", new.id);
            }
            EventKind::Edited { id, text } => {
                let before = known.insert(id, text);
                assert!(before.is_some(), "{id} exists before {seq}");
            }
            EventKind::Deleted { ids, .. } => {
                for id in ids {
                    let before = known.remove(&id);
                    assert!(before.is_some(), "{id} exists before {seq}");
                }
            }
        }
    }
    known
}

/// A delta of nothing but these deleted messages.
fn only_deleted(deleted: Vec<(MessageId, Seq)>) -> Option<RoomDelta> {
    Some(RoomDelta {
        upserted: Vec::new(),
        deleted,
        next: None,
    })
}
