use aftermatch_model::{
    MessageId, Seq,
    access::{DeleteScope, MAX_IDS},
};

use super::fixtures::{ADMIN, ANNA, BORIS, OTHER, ROOM, UNKNOWN_MESSAGE, message, two_rooms};
use super::operations::last_seq;
use super::subject::Subject;
use super::writes::{committed, create, delete, edit, precondition, write};

/// A deletion is one event, however many messages it deletes.
pub async fn deletion_of_many_is_one_event<S: Subject>() {
    let subject = S::with_world(two_rooms(vec![])).await;
    let anna = precondition(&subject, ROOM, ANNA).await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(committed(create(&subject, anna).await).id);
    }
    let deleted = committed(delete(&subject, anna, &ids, DeleteScope::OwnedBy(ANNA)).await);
    let deleted = deleted.unwrap();
    assert_eq!((deleted.ids, deleted.commit.seq), (ids, Seq(4)));
    assert_eq!(last_seq(&subject, ROOM).await, 4);
    assert_eq!(committed(create(&subject, anna).await).commit.seq, Seq(5));
}

/// A deletion reports the ids it deleted and no others, in the order of the
/// request, once each.
pub async fn deletion_reports_ids_in_request_order<S: Subject>() {
    let subject = S::with_world(two_rooms(vec![])).await;
    let anna = precondition(&subject, ROOM, ANNA).await;
    let mut created = Vec::new();
    for _ in 0..4 {
        created.push(committed(create(&subject, anna).await).id);
    }
    let [a, b, c, d] = created[..] else {
        unreachable!()
    };
    assert!(committed(delete(&subject, anna, &[b], DeleteScope::Any).await).is_some());

    let ids = [d, UNKNOWN_MESSAGE, a, d, b, c, a];
    let deleted = committed(delete(&subject, anna, &ids, DeleteScope::Any).await);
    assert_eq!(deleted.unwrap().ids, [d, a, c]);
}

/// A deletion reaches the messages in its scope and no others.
pub async fn deletion_stays_within_scope<S: Subject>() {
    let subject = S::with_world(two_rooms(vec![])).await;
    let mut ids = Vec::new();
    for author in [ANNA, BORIS, ADMIN, ANNA, BORIS] {
        ids.push(write(&subject, ROOM, author).await.id);
    }
    for (by, scope, expected) in [
        (BORIS, DeleteScope::OwnedBy(BORIS), vec![ids[1], ids[4]]),
        (ADMIN, DeleteScope::OwnedBy(ANNA), vec![ids[0], ids[3]]),
        (ANNA, DeleteScope::Any, vec![ids[2]]),
    ] {
        let precondition = precondition(&subject, ROOM, by).await;
        let deleted = committed(delete(&subject, precondition, &ids, scope).await);
        assert_eq!(deleted.unwrap().ids, expected, "{scope:?}");
    }
}

/// A deletion reaches only the room of its precondition.
pub async fn deletion_stays_within_room<S: Subject>() {
    let subject = S::with_world(two_rooms(vec![])).await;
    let here = write(&subject, ROOM, ANNA).await.id;
    let there = write(&subject, OTHER, ANNA).await.id;
    let admin = precondition(&subject, ROOM, ADMIN).await;
    let deleted = committed(delete(&subject, admin, &[there, here], DeleteScope::Any).await);
    assert_eq!(deleted.unwrap().ids, [here]);
    assert_eq!(last_seq(&subject, OTHER).await, 1);
    let anna = precondition(&subject, OTHER, ANNA).await;
    assert_eq!(committed(edit(&subject, anna, there).await), Some(Seq(2)));
}

/// A deletion that deletes nothing takes no number.
pub async fn deletion_of_nothing_takes_no_number<S: Subject>() {
    let subject = S::with_world(two_rooms(vec![])).await;
    let of_boris = write(&subject, ROOM, BORIS).await.id;
    let in_other_room = write(&subject, OTHER, ANNA).await.id;
    let deleted = write(&subject, ROOM, ANNA).await.id;
    let anna = precondition(&subject, ROOM, ANNA).await;
    assert!(
        committed(delete(&subject, anna, &[deleted], DeleteScope::OwnedBy(ANNA)).await).is_some()
    );

    let none = [
        vec![],
        vec![UNKNOWN_MESSAGE],
        vec![deleted],
        vec![of_boris],
        vec![in_other_room],
    ];
    for ids in none {
        let deleted = delete(&subject, anna, &ids, DeleteScope::OwnedBy(ANNA)).await;
        assert_eq!(committed(deleted), None, "{ids:?}");
    }
    assert_eq!(last_seq(&subject, ROOM).await, 3);
    assert_eq!(committed(create(&subject, anna).await).commit.seq, Seq(4));
}

/// A deletion can delete as many messages as one request may name.
pub async fn deletion_accepts_maximum_of_ids<S: Subject>() {
    let ids = (1..).take(MAX_IDS);
    let messages = ids.clone().map(|id| message::<S>(Some(id), ROOM, ANNA));
    let subject = S::with_world(two_rooms(messages.collect())).await;
    let anna = precondition(&subject, ROOM, ANNA).await;
    let mut ids: Vec<_> = ids.map(MessageId).collect();
    ids.reverse();
    let deleted = committed(delete(&subject, anna, &ids, DeleteScope::OwnedBy(ANNA)).await);
    assert_eq!(deleted.unwrap().ids, ids);
}
