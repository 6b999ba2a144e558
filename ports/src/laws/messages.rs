use std::collections::HashSet;

use aftermatch_model::{MessageId, Seq, access::DeleteScope};

use super::fixtures::{ADMIN, ANNA, BORIS, OTHER, ROOM, UNKNOWN_MESSAGE, message, two_rooms};
use super::operations::last_seq;
use super::subject::Subject;
use super::writes::{committed, create, delete, edit, precondition, write};

/// The events of a room are numbered 1, 2, 3, … without a gap, whatever their kind
/// and author.
pub async fn events_are_numbered_without_gap<S: Subject>() {
    let subject = S::with_world(two_rooms(vec![])).await;
    let anna = precondition(&subject, ROOM, ANNA).await;
    let admin = precondition(&subject, ROOM, ADMIN).await;
    assert_eq!(last_seq(&subject, ROOM).await, 0);

    let first = committed(create(&subject, anna).await);
    assert_eq!(first.commit.seq, Seq(1));
    assert_eq!(last_seq(&subject, ROOM).await, 1);
    assert_eq!(
        committed(edit(&subject, anna, first.id).await),
        Some(Seq(2))
    );
    assert_eq!(last_seq(&subject, ROOM).await, 2);
    let second = committed(create(&subject, admin).await);
    assert_eq!(second.commit.seq, Seq(3));
    let deleted = committed(delete(&subject, admin, &[first.id], DeleteScope::Any).await);
    assert_eq!(deleted.unwrap().commit.seq, Seq(4));
    assert_eq!(last_seq(&subject, ROOM).await, 4);
    assert_eq!(
        committed(edit(&subject, admin, second.id).await),
        Some(Seq(5))
    );
    assert_eq!(last_seq(&subject, ROOM).await, 5);
}

/// Each room numbers its own events, independently of other rooms.
pub async fn each_room_numbers_its_own_events<S: Subject>() {
    let subject = S::with_world(two_rooms(vec![])).await;
    for seq in 1..=3 {
        for room in [ROOM, OTHER] {
            assert_eq!(write(&subject, room, ANNA).await.commit.seq, Seq(seq));
        }
    }
    write(&subject, ROOM, BORIS).await;
    assert_eq!(last_seq(&subject, ROOM).await, 4);
    assert_eq!(last_seq(&subject, OTHER).await, 3);
}

/// Message ids are unique over all rooms.
pub async fn message_ids_are_unique_across_rooms<S: Subject>() {
    let subject = S::with_world(two_rooms(vec![])).await;
    let mut ids = HashSet::new();
    for author in [ANNA, BORIS, ADMIN] {
        for room in [ROOM, OTHER] {
            assert!(ids.insert(write(&subject, room, author).await.id));
        }
    }
}

/// The id of a deleted message is never used again.
pub async fn deleted_message_id_is_never_reused<S: Subject>() {
    let subject = S::with_world(two_rooms(vec![])).await;
    let anna = precondition(&subject, ROOM, ANNA).await;
    let deleted = committed(create(&subject, anna).await).id;
    assert!(committed(delete(&subject, anna, &[deleted], DeleteScope::Any).await).is_some());
    assert_ne!(committed(create(&subject, anna).await).id, deleted);
}

/// The messages of the initial world are the first events of their rooms.
pub async fn initial_messages_are_first_events<S: Subject>() {
    let messages = vec![
        message::<S>(None, ROOM, ANNA),
        message::<S>(Some(7), ROOM, BORIS),
        message::<S>(None, OTHER, ANNA),
        message::<S>(None, ROOM, ANNA),
    ];
    let subject = S::with_world(two_rooms(messages)).await;
    for (room, last) in [(ROOM, 3), (OTHER, 1)] {
        assert_eq!(last_seq(&subject, room).await, last);
        assert_eq!(write(&subject, room, ANNA).await.commit.seq, Seq(last + 1));
    }
}

/// Imported messages keep their ids, authors and rooms.
pub async fn imported_messages_keep_their_ids<S: Subject>() {
    let messages = vec![
        message::<S>(Some(900), ROOM, ANNA),
        message::<S>(Some(5), ROOM, BORIS),
        message::<S>(Some(77), OTHER, ANNA),
    ];
    let subject = S::with_world(two_rooms(messages)).await;
    let anna = precondition(&subject, ROOM, ANNA).await;
    for (id, seq) in [(900, Some(Seq(3))), (5, None), (77, None)] {
        assert_eq!(committed(edit(&subject, anna, MessageId(id)).await), seq);
    }
    let ids = [5, 77, 900].map(MessageId);
    let deleted = committed(delete(&subject, anna, &ids, DeleteScope::Any).await);
    assert_eq!(deleted.unwrap().ids, [5, 900].map(MessageId));
}

/// A new message never takes the id of an imported one.
pub async fn new_message_never_takes_imported_id<S: Subject>() {
    let imported = [1, 2, 3, 6, 40].map(Some);
    let messages = imported.into_iter().chain([None, None]);
    let messages = messages.map(|id| message::<S>(id, ROOM, BORIS));
    let subject = S::with_world(two_rooms(messages.collect())).await;

    let anna = precondition(&subject, ROOM, ANNA).await;
    for _ in 0..50 {
        let id = committed(create(&subject, anna).await).id;
        assert!(!imported.contains(&Some(id.0)), "{id} was taken");
        assert!(committed(edit(&subject, anna, id).await).is_some(), "{id}");
    }
    let boris = precondition(&subject, ROOM, BORIS).await;
    for id in imported.into_iter().flatten() {
        assert!(committed(edit(&subject, boris, MessageId(id)).await).is_some());
    }
}

/// An edit reaches only a message that exists, is the user's own and is in the room
/// of the precondition; any other edit takes no number.
pub async fn edit_reaches_only_own_existing_message<S: Subject>() {
    let subject = S::with_world(two_rooms(vec![])).await;
    let anna = precondition(&subject, ROOM, ANNA).await;
    let own = write(&subject, ROOM, ANNA).await.id;
    let of_boris = write(&subject, ROOM, BORIS).await.id;
    let in_other_room = write(&subject, OTHER, ANNA).await.id;
    let deleted = write(&subject, ROOM, ANNA).await.id;
    assert!(committed(delete(&subject, anna, &[deleted], DeleteScope::Any).await).is_some());

    for id in [
        of_boris,
        in_other_room,
        deleted,
        UNKNOWN_MESSAGE,
        MessageId(0),
        MessageId(-1),
    ] {
        assert_eq!(committed(edit(&subject, anna, id).await), None, "{id}");
    }
    let admin = precondition(&subject, ROOM, ADMIN).await;
    assert_eq!(committed(edit(&subject, admin, own).await), None);
    assert_eq!(last_seq(&subject, ROOM).await, 4);
    assert_eq!(last_seq(&subject, OTHER).await, 1);
    assert_eq!(committed(edit(&subject, anna, own).await), Some(Seq(5)));
}
