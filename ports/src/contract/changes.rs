use std::collections::BTreeMap;

use aftermatch_model::{
    Message, MessageId, Net, Seq, Text, What,
    rules::{MAX_IDS, Whose},
};

use super::Subject;
use super::asked::{changes, create, delete, done, edit, guard, last_seq, write};
use super::given::{ADMIN, ANNA, BORIS, NOWHERE, OTHER, ROOM, message, talk};
use super::lived::lived;
use crate::{Changes, MAX_GONE};

/// What became of a room since any number of its past is what is different, and
/// makes of the room as it was then the room as it is now.
pub async fn changes_since_any_number_lead_to_the_room_as_it_is<S: Subject>() {
    for seed in [1, 2] {
        let room = lived::<S>(seed, 120).await;
        for since in 0..=room.last().0 {
            let Changes { last, net } = changes(&room.subject, ROOM, since, 1_000).await;
            assert_eq!(last, room.last());
            let mut net = net.expect("far fewer than the most");
            net.living.sort_by_key(|message| message.seq);

            let since = Seq(since);
            let living = room.now().iter().filter(|message| message.changed > since);
            let gone = room.gone.iter();
            let gone = gone.filter(|(_, seq, changed)| *seq <= since && since < *changed);
            let mut gone: Vec<_> = gone.map(|(id, _, changed)| (*id, *changed)).collect();
            gone.sort_unstable();
            let expected = Net {
                living: living.cloned().collect(),
                gone,
            };
            assert_eq!(net, expected, "since {since}");

            let then = &room.was[usize::try_from(since.0).unwrap()];
            for steps in [net.clone().steps(since), net.single_steps(since)] {
                assert_eq!(replayed(then, steps), texts(room.now()), "since {since}");
            }
        }
    }
}

/// A message that was created and deleted since is of no account.
pub async fn what_came_and_went_since_is_of_no_account<S: Subject>() {
    let subject = S::holding(talk(vec![message::<S>(Some(5), ROOM, ANNA)])).await;
    let anna = guard(&subject, ROOM, ANNA).await;
    let came = done(create(&subject, anna).await).id;
    done(edit(&subject, anna, came).await).unwrap();
    done(delete(&subject, anna, &[came], Whose::Of(ANNA)).await).unwrap();
    for (since, gone) in [
        (1, vec![]),
        (2, vec![(came, Seq(4))]),
        (3, vec![(came, Seq(4))]),
    ] {
        assert_eq!(changes(&subject, ROOM, since, 9).await, told(4, gone));
    }
}

/// What is gone is told by ascending ids, each with the number of the change by
/// which it went.
pub async fn what_is_gone_is_told_in_the_order_of_its_ids<S: Subject>() {
    let ids = [50, 30, 40, 20].map(MessageId);
    let messages = ids.map(|id| message::<S>(Some(id.0), ROOM, ANNA));
    let subject = S::holding(talk(messages.to_vec())).await;
    let [a, b, c, d] = ids;
    let admin = guard(&subject, ROOM, ADMIN).await;
    for ids in [vec![c, b], vec![a]] {
        done(delete(&subject, admin, &ids, Whose::Anyones).await).unwrap();
    }
    write(&subject, ROOM, BORIS).await;
    let (first, second) = (Seq(5), Seq(6));
    for (since, gone) in [
        (4, vec![(b, first), (c, first), (a, second)]),
        (5, vec![(a, second)]),
        (2, vec![(b, first), (a, second)]),
        (1, vec![(a, second)]),
        (6, vec![]),
    ] {
        let net = changes(&subject, ROOM, since, 9).await.net.unwrap();
        assert_eq!(net.gone, gone, "since {since}");
    }
    done(delete(&subject, admin, &[d], Whose::Anyones).await).unwrap();
    let net = changes(&subject, ROOM, 2, 9).await.net.unwrap();
    let expected = [(b, first), (a, second)];
    assert_eq!(net.gone, expected, "d came later");
}

/// Since the last change nothing is different.
pub async fn since_the_last_change_nothing_is_different<S: Subject>() {
    let subject = S::holding(talk(vec![])).await;
    for last in 0..3 {
        let expected = told(last, vec![]);
        assert_eq!(changes(&subject, ROOM, last, 9).await, expected);
        assert_eq!(changes(&subject, ROOM, last, 0).await, expected);
        write(&subject, ROOM, ANNA).await;
    }
}

/// Since a number that no change has had there is nothing to tell but the last
/// one.
pub async fn since_no_number_of_the_past_only_the_last_is_told<S: Subject>() {
    let subject = S::holding(talk(vec![message::<S>(None, ROOM, ANNA)])).await;
    write(&subject, ROOM, ANNA).await;
    let (last, net) = (Seq(2), None);
    for since in [i64::MIN, -1, 3, i64::MAX] {
        let told = changes(&subject, ROOM, since, 9).await;
        assert_eq!(
            told,
            Changes {
                last,
                net: net.clone()
            },
            "since {since}"
        );
    }
}

/// In a room that is not there nothing has changed, and there is no number but
/// that of the beginning.
pub async fn where_there_is_no_room_nothing_has_changed<S: Subject>() {
    let subject = S::holding(talk(vec![message::<S>(None, ROOM, ANNA)])).await;
    subject.remove_room(ROOM).await;
    for room in [NOWHERE, ROOM] {
        let nothing = told(0, vec![]);
        assert_eq!(changes(&subject, room, 0, 9).await, nothing);
        for since in [-1, 1] {
            assert_eq!(changes(&subject, room, since, 9).await.net, None);
        }
    }
}

/// Where more messages than asked for were created or edited since, only the last
/// number is told; those that are gone are not among them.
pub async fn more_living_messages_than_asked_for_are_not_told<S: Subject>() {
    let before = (1..=3).map(|id| message::<S>(Some(id), ROOM, ANNA));
    let subject = S::holding(talk(before.collect())).await;
    let anna = guard(&subject, ROOM, ANNA).await;
    write(&subject, OTHER, ANNA).await;
    done(delete(&subject, anna, &[MessageId(3)], Whose::Of(ANNA)).await).unwrap();
    done(create(&subject, anna).await);
    for _ in 0..3 {
        done(edit(&subject, anna, MessageId(1)).await).unwrap();
    }
    // One was edited since, three times, one created, and one is gone.
    for (since, most, living) in [
        (3, 2, Some(2)),
        (3, 1, None),
        (3, 0, None),
        (4, 2, Some(2)),
        (5, 1, Some(1)),
        (7, 0, None),
        (0, 3, Some(3)),
        (0, 2, None),
        (0, usize::MAX, Some(3)),
    ] {
        let Changes { last, net } = changes(&subject, ROOM, since, most).await;
        assert_eq!(last, Seq(8));
        let told = net.map(|net| net.living.len());
        assert_eq!(told, living, "since {since}, at most {most}");
    }
}

/// Where more messages are gone since than are ever told, only the last number is.
pub async fn more_gone_messages_than_are_ever_told_are_not_told<S: Subject>() {
    let all = i64::try_from(MAX_GONE).unwrap() + 1;
    let messages = (1..=all).map(|id| message::<S>(Some(id), ROOM, ANNA));
    let subject = S::holding(talk(messages.collect())).await;
    let anna = guard(&subject, ROOM, ANNA).await;
    let mut ids: Vec<_> = (1..=all).map(MessageId).collect();
    let one_more = ids.split_off(MAX_GONE);
    for some in ids.chunks(MAX_IDS) {
        done(delete(&subject, anna, some, Whose::Of(ANNA)).await).unwrap();
    }
    let most = changes(&subject, ROOM, all, 0).await.net.unwrap();
    assert!(most.gone.iter().map(|(id, _)| *id).eq(ids));

    done(delete(&subject, anna, &one_more, Whose::Of(ANNA)).await).unwrap();
    let last = last_seq(&subject, ROOM).await;
    let too_many = changes(&subject, ROOM, all, 0).await;
    assert_eq!(too_many.net, None);
    assert_eq!(too_many.last, Seq(last));
    let fewer = changes(&subject, ROOM, all + 1, 0).await.net;
    let expected = MAX_GONE + 1 - MAX_IDS;
    assert_eq!(fewer.map(|net| net.gone.len()), Some(expected));
}

fn texts(messages: &[Message]) -> BTreeMap<MessageId, Text> {
    let text = |message: &Message| (message.id, message.text.clone());
    messages.iter().map(text).collect()
}

/// What somebody has who knew the messages of `then`, and was told the rest.
fn replayed(then: &[Message], steps: Vec<(Seq, What)>) -> BTreeMap<MessageId, Text> {
    let mut known = texts(then);
    for (seq, what) in steps {
        match what {
            What::Created(new) => {
                let before = known.insert(new.id, new.text);
                assert_eq!(before, None, "{} is new at {seq}", new.id);
            }
            What::Edited { id, text } => {
                let before = known.insert(id, text);
                assert!(before.is_some(), "{id} was there before {seq}");
            }
            What::Deleted { ids, .. } => {
                for id in ids {
                    let before = known.remove(&id);
                    assert!(before.is_some(), "{id} was there before {seq}");
                }
            }
        }
    }
    known
}

/// Nothing but these is different.
fn told(last: i64, gone: Vec<(MessageId, Seq)>) -> Changes {
    Changes {
        last: Seq(last),
        net: Some(Net {
            living: Vec::new(),
            gone,
        }),
    }
}
