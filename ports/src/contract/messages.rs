use std::collections::HashSet;

use aftermatch_model::{MessageId, Seq, rules::Whose};

use super::Subject;
use super::asked::{create, delete, done, edit, guard, last_seq, write};
use super::given::{ADMIN, ANNA, BORIS, NOTHING, NOWHERE, OTHER, ROOM, message, talk};

/// The changes of a room are numbered 1, 2, 3, … without a gap, whatever their
/// kind and whoever makes them.
pub async fn changes_are_numbered_from_one_without_a_gap<S: Subject>() {
    let subject = S::holding(talk(vec![])).await;
    let anna = guard(&subject, ROOM, ANNA).await;
    let admin = guard(&subject, ROOM, ADMIN).await;
    assert_eq!(last_seq(&subject, ROOM).await, 0);

    let first = done(create(&subject, anna).await);
    assert_eq!(first.seq, Seq(1));
    assert_eq!(last_seq(&subject, ROOM).await, 1);
    assert_eq!(done(edit(&subject, anna, first.id).await), Some(Seq(2)));
    assert_eq!(last_seq(&subject, ROOM).await, 2);
    let second = done(create(&subject, admin).await);
    assert_eq!(second.seq, Seq(3));
    let gone = done(delete(&subject, admin, &[first.id], Whose::Anyones).await);
    assert_eq!(gone.unwrap().seq, Seq(4));
    assert_eq!(last_seq(&subject, ROOM).await, 4);
    assert_eq!(done(edit(&subject, admin, second.id).await), Some(Seq(5)));
    assert_eq!(last_seq(&subject, ROOM).await, 5);
}

/// Every room counts for itself.
pub async fn every_room_counts_for_itself<S: Subject>() {
    let subject = S::holding(talk(vec![])).await;
    for seq in 1..=3 {
        for room in [ROOM, OTHER] {
            assert_eq!(write(&subject, room, ANNA).await.seq, Seq(seq));
        }
    }
    write(&subject, ROOM, BORIS).await;
    assert_eq!(last_seq(&subject, ROOM).await, 4);
    assert_eq!(last_seq(&subject, OTHER).await, 3);
}

/// The ids of messages are unique over all rooms.
pub async fn message_ids_are_unique_over_all_rooms<S: Subject>() {
    let subject = S::holding(talk(vec![])).await;
    let mut ids = HashSet::new();
    for author in [ANNA, BORIS, ADMIN] {
        for room in [ROOM, OTHER] {
            assert!(ids.insert(write(&subject, room, author).await.id));
        }
    }
}

/// The id of a deleted message is not used again.
pub async fn the_id_of_a_deleted_message_is_not_used_again<S: Subject>() {
    let subject = S::holding(talk(vec![])).await;
    let anna = guard(&subject, ROOM, ANNA).await;
    let gone = done(create(&subject, anna).await).id;
    assert!(done(delete(&subject, anna, &[gone], Whose::Anyones).await).is_some());
    assert_ne!(done(create(&subject, anna).await).id, gone);
}

/// The messages that a world begins with are its rooms' first changes.
pub async fn messages_of_the_first_hour_are_counted<S: Subject>() {
    let messages = vec![
        message::<S>(None, ROOM, ANNA),
        message::<S>(Some(7), ROOM, BORIS),
        message::<S>(None, OTHER, ANNA),
        message::<S>(None, ROOM, ANNA),
    ];
    let subject = S::holding(talk(messages)).await;
    for (room, last) in [(ROOM, 3), (OTHER, 1)] {
        assert_eq!(last_seq(&subject, room).await, last);
        assert_eq!(write(&subject, room, ANNA).await.seq, Seq(last + 1));
    }
}

/// Imported messages keep their ids, authors and rooms.
pub async fn imported_messages_keep_their_ids<S: Subject>() {
    let messages = vec![
        message::<S>(Some(900), ROOM, ANNA),
        message::<S>(Some(5), ROOM, BORIS),
        message::<S>(Some(77), OTHER, ANNA),
    ];
    let subject = S::holding(talk(messages)).await;
    let anna = guard(&subject, ROOM, ANNA).await;
    for (id, seq) in [(900, Some(Seq(3))), (5, None), (77, None)] {
        assert_eq!(done(edit(&subject, anna, MessageId(id)).await), seq);
    }
    let ids = [5, 77, 900].map(MessageId);
    let gone = done(delete(&subject, anna, &ids, Whose::Anyones).await);
    assert_eq!(gone.unwrap().ids, [5, 900].map(MessageId));
}

/// New messages never take the id of one that was imported.
pub async fn new_messages_never_take_an_imported_id<S: Subject>() {
    let imported = [1, 2, 3, 6, 40].map(Some);
    let messages = imported.into_iter().chain([None, None]);
    let messages = messages.map(|id| message::<S>(id, ROOM, BORIS));
    let subject = S::holding(talk(messages.collect())).await;

    let anna = guard(&subject, ROOM, ANNA).await;
    for _ in 0..50 {
        let id = done(create(&subject, anna).await).id;
        assert!(!imported.contains(&Some(id.0)), "{id} was taken");
        assert!(done(edit(&subject, anna, id).await).is_some(), "{id}");
    }
    let boris = guard(&subject, ROOM, BORIS).await;
    for id in imported.into_iter().flatten() {
        assert!(done(edit(&subject, boris, MessageId(id)).await).is_some());
    }
}

/// Only a message of one's own, in the guard's room, that is there can be
/// edited: any other takes no number.
pub async fn only_a_message_of_ones_own_can_be_edited<S: Subject>() {
    let subject = S::holding(talk(vec![])).await;
    let anna = guard(&subject, ROOM, ANNA).await;
    let own = write(&subject, ROOM, ANNA).await.id;
    let boriss = write(&subject, ROOM, BORIS).await.id;
    let elsewhere = write(&subject, OTHER, ANNA).await.id;
    let gone = write(&subject, ROOM, ANNA).await.id;
    assert!(done(delete(&subject, anna, &[gone], Whose::Anyones).await).is_some());

    for id in [
        boriss,
        elsewhere,
        gone,
        NOTHING,
        MessageId(0),
        MessageId(-1),
    ] {
        assert_eq!(done(edit(&subject, anna, id).await), None, "{id}");
    }
    let admin = guard(&subject, ROOM, ADMIN).await;
    assert_eq!(done(edit(&subject, admin, own).await), None);
    assert_eq!(last_seq(&subject, ROOM).await, 4);
    assert_eq!(last_seq(&subject, OTHER).await, 1);
    assert_eq!(done(edit(&subject, anna, own).await), Some(Seq(5)));
}

/// Where there is no room there is no change.
pub async fn where_there_is_no_room_there_is_no_change<S: Subject>() {
    let subject = S::holding(talk(vec![message::<S>(None, ROOM, ANNA)])).await;
    assert_eq!(last_seq(&subject, NOWHERE).await, 0);
    subject.remove_room(ROOM).await;
    assert_eq!(last_seq(&subject, ROOM).await, 0);
}
