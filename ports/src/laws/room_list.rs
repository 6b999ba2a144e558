use aftermatch_model::{
    BrandId, RoomId, Tariff,
    access::DeleteScope,
    world::{NewBrand, NewRoom},
};

use super::fixtures::{
    ADMIN, ANNA, ANNA_BRAND, ANNA_SCOPE, BORIS, BORIS_BRAND, BORIS_SCOPE, OTHER, ROOM,
    UNKNOWN_ROOM, brand, message, room, two_rooms, with_rooms,
};
use super::operations::{mark_read, room_ids, summary};
use super::writes::{committed, delete, edit_to, precondition, write};
use super::{operations, subject::Subject};
use crate::{Page, Read, RoomState, RoomSummary, Scope};

/// Rooms are listed by id, in whatever order they were added.
pub async fn rooms_are_listed_by_id<S: Subject>() {
    let subject = S::with_world(with_rooms(rooms_of_both(&[30, 2, 100]))).await;
    assert_eq!(room_ids(&subject, Scope::All, None, 10).await, [2, 30, 100]);
    subject.put_room(room(RoomId(7), &[])).await;
    assert_eq!(
        room_ids(&subject, Scope::All, None, 10).await,
        [2, 7, 30, 100]
    );
    let empty = S::with_world(with_rooms(vec![])).await;
    assert_eq!(room_ids(&empty, Scope::All, None, 10).await, [0; 0]);
}

/// A page starts after the given room, whether or not that room exists, and has at
/// most `limit` rooms, for one brand and for all rooms.
pub async fn room_page_respects_start_and_limit<S: Subject>() {
    let mut rooms = rooms_of_both(&[10, 20, 30, 40]);
    rooms.push(room(RoomId(50), &[]));
    let subject = S::with_world(with_rooms(rooms)).await;
    for (after, limit, expected) in [
        (None, 2, vec![10, 20]),
        (Some(20), 2, vec![30, 40]),
        (Some(25), 1, vec![30]),
        (Some(0), 1, vec![10]),
        (Some(20), 0, vec![]),
        (Some(50), 9, vec![]),
        (Some(i64::MAX), 9, vec![]),
    ] {
        for scope in [Scope::All, ANNA_SCOPE] {
            let page = room_ids(&subject, scope, after, limit).await;
            assert_eq!(page, expected, "{scope:?} after {after:?}");
        }
    }
    assert_eq!(room_ids(&subject, Scope::All, Some(30), 9).await, [40, 50]);
}

/// A brand lists the rooms it is in and no others.
pub async fn brand_lists_only_its_rooms<S: Subject>() {
    let rooms = vec![
        room(RoomId(4), &[BORIS_BRAND, ANNA_BRAND]),
        room(RoomId(3), &[BORIS_BRAND]),
        room(RoomId(2), &[]),
        room(RoomId(1), &[ANNA_BRAND]),
    ];
    let subject = S::with_world(with_rooms(rooms)).await;
    subject.put_brand(brand(BrandId(23), ADMIN)).await;
    for (brand, expected) in [
        (ANNA_BRAND, vec![1, 4]),
        (BORIS_BRAND, vec![3, 4]),
        (BrandId(23), vec![]),
        (BrandId(404), vec![]),
    ] {
        let scope = Scope::Brand {
            brand,
            reader: ANNA,
        };
        let page = room_ids(&subject, scope, None, 10).await;
        assert_eq!(page, expected, "{brand:?}");
    }
}

/// A brand that was added to a room or removed from one lists its present rooms,
/// each as it is now.
pub async fn brand_lists_its_rooms_as_of_now<S: Subject>() {
    let subject = S::with_world(with_rooms(rooms_of_both(&[1, 2]))).await;
    subject.put_room(room(RoomId(1), &[BORIS_BRAND])).await;
    subject.put_room(room(RoomId(3), &[ANNA_BRAND])).await;
    assert_eq!(room_ids(&subject, ANNA_SCOPE, None, 9).await, [2, 3]);
    assert_eq!(room_ids(&subject, BORIS_SCOPE, None, 9).await, [1, 2]);

    let business = NewBrand {
        tariff: Some(Tariff::Business),
        ..brand(ANNA_BRAND, ANNA)
    };
    subject.put_brand(business).await;
    let page = Page {
        after: None,
        limit: 9,
    };
    for RoomSummary { room, .. } in subject.rooms().rooms(ANNA_SCOPE, page).await.unwrap() {
        assert_eq!(room.participants[0].tariff, Some(Tariff::Business));
        assert_eq!(room, operations::room(&subject, room.id).await);
    }
}

/// A removed room is neither found nor listed.
pub async fn removed_room_is_not_found_or_listed<S: Subject>() {
    let subject = S::with_world(with_rooms(rooms_of_both(&[1, 2, 3]))).await;
    subject.remove_room(RoomId(2)).await;
    let removed = subject.rooms().room(RoomId(2), Read::Fresh).await;
    assert_eq!(removed.unwrap(), None);
    for scope in [Scope::All, ANNA_SCOPE, BORIS_SCOPE] {
        let page = room_ids(&subject, scope, None, 10).await;
        assert_eq!(page, [1, 3], "{scope:?}");
    }
}

/// A list without a reader has no unread counts.
pub async fn list_without_reader_has_no_unread<S: Subject>() {
    let subject = S::with_world(two_rooms(vec![message::<S>(None, ROOM, BORIS)])).await;
    for room in [ROOM, OTHER] {
        let summary = summary(&subject, Scope::All, room).await;
        assert_eq!(summary.unread, None);
    }
}

/// A list shows the last event number of each room and its newest message that is
/// not deleted, as it is now.
pub async fn list_shows_newest_message_as_of_now<S: Subject>() {
    let subject = S::with_world(two_rooms(vec![])).await;
    let listed = async || {
        let all = summary(&subject, Scope::All, ROOM).await;
        let of_anna = summary(&subject, ANNA_SCOPE, ROOM).await;
        assert_eq!(of_anna.last_message, all.last_message);
        assert_eq!(of_anna.last_seq, all.last_seq);
        let message = all.last_message;
        let text = message.map(|message| (message.id, message.text.as_str().to_owned()));
        (all.last_seq.0, text)
    };
    let text = |id, text: &str| Some((id, text.to_owned()));
    assert_eq!(listed().await, (0, None));
    let first = write(&subject, ROOM, ANNA).await.id;
    let second = write(&subject, ROOM, ADMIN).await.id;
    let third = write(&subject, ROOM, BORIS).await.id;
    write(&subject, OTHER, BORIS).await;
    assert_eq!(listed().await, (3, text(third, "hello")));

    let admin = precondition(&subject, ROOM, ADMIN).await;
    committed(edit_to(&subject, admin, second, "edited").await).unwrap();
    assert_eq!(
        listed().await,
        (4, text(third, "hello")),
        "an edit moves nothing"
    );
    committed(delete(&subject, admin, &[third], DeleteScope::Any).await).unwrap();
    assert_eq!(listed().await, (5, text(second, "edited")));
    committed(edit_to(&subject, admin, second, "again").await).unwrap();
    assert_eq!(listed().await, (6, text(second, "again")));
    committed(delete(&subject, admin, &[first], DeleteScope::Any).await).unwrap();
    assert_eq!(listed().await, (7, text(second, "again")));
    committed(delete(&subject, admin, &[second], DeleteScope::Any).await).unwrap();
    assert_eq!(listed().await, (8, None));
}

/// Each room of a page shows its own last event number, newest message and unread
/// count, however many rooms the page has.
pub async fn each_listed_room_shows_own_summary<S: Subject>() {
    let rooms = (1..=30).map(|id| room(RoomId(id), &[ANNA_BRAND, BORIS_BRAND]));
    let subject = S::with_world(with_rooms(rooms.collect())).await;
    for id in 1..=30 {
        for _ in 0..id % 4 {
            write(&subject, RoomId(id), ANNA).await;
        }
        mark_read(&subject, RoomId(id), BORIS, id % 3).await;
    }
    for (scope, after, reads) in [
        (BORIS_SCOPE, None, true),
        (ANNA_SCOPE, Some(RoomId(11)), false),
        (Scope::All, Some(RoomId(7)), false),
    ] {
        let page = Page { after, limit: 15 };
        let page = subject.rooms().rooms(scope, page).await.unwrap();
        assert_eq!(page.len(), 15);
        for summary in page {
            let id = summary.room.id.0;
            let written = id % 4;
            assert_eq!(summary.last_seq.0, written, "{id}");
            let newest = summary
                .last_message
                .map(|message| (message.room.0, message.seq.0));
            assert_eq!(newest, (written > 0).then_some((id, written)));
            let unread = if reads {
                written - written.min(id % 3)
            } else {
                0
            };
            let unread = u64::try_from(unread).unwrap();
            assert_eq!(summary.unread, (scope != Scope::All).then_some(unread));
        }
    }
}

fn rooms_of_both(ids: &[i64]) -> Vec<NewRoom> {
    let room = |&id| room(RoomId(id), &[ANNA_BRAND, BORIS_BRAND]);
    ids.iter().map(room).collect()
}

/// Summaries that are asked for by room, in any order, and the states of rooms say what the
/// list says.
pub async fn summaries_and_states_are_those_of_list<S: Subject>() {
    let subject = S::with_world(two_rooms(vec![message::<S>(None, ROOM, BORIS)])).await;
    write(&subject, OTHER, ADMIN).await;
    write(&subject, ROOM, BORIS).await;
    mark_read(&subject, ROOM, ANNA, 1).await;
    let of = vec![
        (OTHER, BORIS_SCOPE),
        (UNKNOWN_ROOM, Scope::All),
        (ROOM, ANNA_SCOPE),
        (ROOM, Scope::All),
        (ROOM, BORIS_SCOPE),
        (OTHER, ANNA_SCOPE),
    ];
    let summaries = subject.rooms().summaries(of.clone()).await.unwrap();
    assert_eq!(summaries.len(), of.len());
    for ((room, scope), found) in of.into_iter().zip(summaries) {
        if room == UNKNOWN_ROOM {
            assert_eq!(found, None);
            continue;
        }
        let listed = summary(&subject, scope, room).await;
        let state = RoomState {
            last_seq: listed.last_seq,
            read_seq: listed.read_seq,
            revision: listed.room.revision,
        };
        assert_eq!(found, Some(listed), "{room:?} {scope:?}");
        for scopes in [vec![scope], vec![BORIS_SCOPE, Scope::All, ANNA_SCOPE]] {
            let states = subject.rooms().states(scopes).await.unwrap();
            assert!(states.contains(&(scope, room, state)), "{room:?} {scope:?}");
        }
    }
    assert_eq!(subject.rooms().summaries(vec![]).await.unwrap(), []);
}

/// Participants are found by their rooms and rooms by their participants, as of now.
pub async fn participants_are_found_both_ways<S: Subject>() {
    let rooms = vec![
        room(RoomId(4), &[BORIS_BRAND, ANNA_BRAND]),
        room(RoomId(3), &[BORIS_BRAND]),
        room(RoomId(2), &[]),
    ];
    let subject = S::with_world(with_rooms(rooms)).await;
    let by_rooms = async |rooms: &[i64]| {
        let rooms = rooms.iter().copied().map(RoomId).collect();
        sorted(subject.rooms().participants(rooms).await.unwrap())
    };
    let by_brands = async |brands: &[BrandId]| {
        sorted(subject.rooms().of_brands(brands.to_vec()).await.unwrap())
    };
    let four = sorted(vec![(RoomId(4), BORIS_BRAND), (RoomId(4), ANNA_BRAND)]);
    assert_eq!(by_rooms(&[4, 2, 404]).await, four);
    assert_eq!(
        by_brands(&[ANNA_BRAND, BrandId(404)]).await,
        [(RoomId(4), ANNA_BRAND)]
    );
    let of_boris = [(RoomId(3), BORIS_BRAND), (RoomId(4), BORIS_BRAND)];
    assert_eq!(by_brands(&[BORIS_BRAND]).await, of_boris);
    subject.put_room(room(RoomId(4), &[])).await;
    subject.remove_room(RoomId(3)).await;
    assert_eq!(by_rooms(&[2, 3, 4]).await, []);
    assert_eq!(by_brands(&[BORIS_BRAND, ANNA_BRAND]).await, []);
}

fn sorted(mut pairs: Vec<(RoomId, BrandId)>) -> Vec<(RoomId, BrandId)> {
    pairs.sort_unstable();
    pairs
}
