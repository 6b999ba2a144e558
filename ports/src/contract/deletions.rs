use aftermatch_model::{
    MessageId, Seq,
    rules::{MAX_IDS, Whose},
};

use super::Subject;
use super::asked::{create, delete, done, edit, guard, last_seq, write};
use super::given::{ADMIN, ANNA, BORIS, NOTHING, OTHER, ROOM, message, talk};
use crate::Deleted;

/// A deletion is one change, however many messages it deletes.
pub async fn a_deletion_is_one_change<S: Subject>() {
    let subject = S::holding(talk(vec![])).await;
    let anna = guard(&subject, ROOM, ANNA).await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(done(create(&subject, anna).await).id);
    }
    let gone = done(delete(&subject, anna, &ids, Whose::Of(ANNA)).await);
    let seq = Seq(4);
    assert_eq!(gone, Some(Deleted { ids, seq }));
    assert_eq!(last_seq(&subject, ROOM).await, 4);
    assert_eq!(done(create(&subject, anna).await).seq, Seq(5));
}

/// A deletion tells what it deleted and nothing else, in the order asked, once
/// each.
pub async fn a_deletion_tells_what_it_deleted_as_asked_and_once<S: Subject>() {
    let subject = S::holding(talk(vec![])).await;
    let anna = guard(&subject, ROOM, ANNA).await;
    let mut ids = Vec::new();
    for _ in 0..4 {
        ids.push(done(create(&subject, anna).await).id);
    }
    let [a, b, c, d] = ids[..] else {
        unreachable!()
    };
    assert!(done(delete(&subject, anna, &[b], Whose::Anyones).await).is_some());

    let asked = [d, NOTHING, a, d, b, c, a];
    let gone = done(delete(&subject, anna, &asked, Whose::Anyones).await);
    assert_eq!(gone.unwrap().ids, [d, a, c]);
}

/// A deletion reaches the messages of the one it may, or of anyone if it may.
pub async fn a_deletion_reaches_only_whose_messages_it_may<S: Subject>() {
    let subject = S::holding(talk(vec![])).await;
    let mut ids = Vec::new();
    for author in [ANNA, BORIS, ADMIN, ANNA, BORIS] {
        ids.push(write(&subject, ROOM, author).await.id);
    }
    for (by, whose, expected) in [
        (BORIS, Whose::Of(BORIS), vec![ids[1], ids[4]]),
        (ADMIN, Whose::Of(ANNA), vec![ids[0], ids[3]]),
        (ANNA, Whose::Anyones, vec![ids[2]]),
    ] {
        let guard = guard(&subject, ROOM, by).await;
        let gone = done(delete(&subject, guard, &ids, whose).await);
        assert_eq!(gone.unwrap().ids, expected, "{whose:?}");
    }
}

/// A deletion reaches only its own room.
pub async fn a_deletion_reaches_only_its_room<S: Subject>() {
    let subject = S::holding(talk(vec![])).await;
    let here = write(&subject, ROOM, ANNA).await.id;
    let there = write(&subject, OTHER, ANNA).await.id;
    let admin = guard(&subject, ROOM, ADMIN).await;
    let gone = done(delete(&subject, admin, &[there, here], Whose::Anyones).await);
    assert_eq!(gone.unwrap().ids, [here]);
    assert_eq!(last_seq(&subject, OTHER).await, 1);
    let anna = guard(&subject, OTHER, ANNA).await;
    assert_eq!(done(edit(&subject, anna, there).await), Some(Seq(2)));
}

/// A deletion that deletes nothing takes no number.
pub async fn a_deletion_of_nothing_takes_no_number<S: Subject>() {
    let subject = S::holding(talk(vec![])).await;
    let boriss = write(&subject, ROOM, BORIS).await.id;
    let elsewhere = write(&subject, OTHER, ANNA).await.id;
    let gone = write(&subject, ROOM, ANNA).await.id;
    let anna = guard(&subject, ROOM, ANNA).await;
    assert!(done(delete(&subject, anna, &[gone], Whose::Of(ANNA)).await).is_some());

    let none = [
        vec![],
        vec![NOTHING],
        vec![gone],
        vec![boriss],
        vec![elsewhere],
    ];
    for ids in none {
        let deleted = delete(&subject, anna, &ids, Whose::Of(ANNA)).await;
        assert_eq!(done(deleted), None, "{ids:?}");
    }
    assert_eq!(last_seq(&subject, ROOM).await, 3);
    assert_eq!(done(create(&subject, anna).await).seq, Seq(4));
}

/// A deletion takes as many messages as one request may name.
pub async fn a_deletion_takes_as_many_as_one_may_name<S: Subject>() {
    let ids = (1..).take(MAX_IDS);
    let messages = ids.clone().map(|id| message::<S>(Some(id), ROOM, ANNA));
    let subject = S::holding(talk(messages.collect())).await;
    let anna = guard(&subject, ROOM, ANNA).await;
    let mut ids: Vec<_> = ids.map(MessageId).collect();
    ids.reverse();
    let gone = done(delete(&subject, anna, &ids, Whose::Of(ANNA)).await);
    assert_eq!(gone.unwrap().ids, ids);
}
