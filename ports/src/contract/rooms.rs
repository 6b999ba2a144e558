use std::sync::Arc;

use aftermatch_model::{
    Brand, BrandId, Profile, RoomId, Tariff, World,
    world::{NewBrand, NewRoom},
};

use super::given::{
    ADMIN, ANNA, ANNA_READS, ANNAS, BORIS, BORIS_READS, BORISS, NOWHERE, OTHER, ROOM, brand, crowd,
    people_and, profile, room, talk, user,
};
use super::{Subject, asked};
use crate::{Overview, Page, Read, Scope};

/// A room has its participants, fresh or cached, as the platform gave them and
/// in the order in which it did.
pub async fn a_room_has_its_participants_in_the_order_given<S: Subject>() {
    let odd = r#"{ "z":1.00,"a":123456789012345678901234567890, "имя":"\u0416" }"#;
    let first = NewBrand {
        tariff: Some(Tariff::Business),
        tariff_until: Some(S::moment()),
        profile: Profile::new(odd),
        ..brand(BORISS, BORIS)
    };
    let second = NewBrand {
        tariff: Some(Tariff::Comfort),
        ..brand(ANNAS, ANNA)
    };
    let third = NewBrand {
        tariff: Some(Tariff::Light),
        ..brand(BrandId(23), ADMIN)
    };
    let given = [first, second, third];
    let ids = [BORISS, ANNAS, BrandId(23)];
    let mut by_number = given.to_vec();
    by_number.sort_by_key(|brand| brand.id);
    let users = vec![user(ANNA), user(BORIS), user(ADMIN)];
    let world = World::new(users, by_number, vec![room(ROOM, &ids)], vec![]).unwrap();
    let subject = S::holding(world).await;

    for read in [Read::Fresh, Read::Cached] {
        let room = subject.rooms().room(ROOM, read).await.unwrap().unwrap();
        assert_eq!(room.id, ROOM);
        let expected = given.clone().map(|brand| {
            Arc::new(Brand {
                id: brand.id,
                tariff: brand.tariff,
                tariff_until: brand.tariff_until,
                profile: brand.profile,
            })
        });
        assert_eq!(room.participants, expected);
    }
}

/// A room has any number of participants: none, one, five hundred.
pub async fn a_room_has_any_number_of_participants<S: Subject>() {
    let all: Vec<_> = (1001..=1500).rev().map(BrandId).collect();
    let sizes = [(1, 0), (2, 1), (3, 500)];
    let rooms = sizes.map(|(id, size)| room(RoomId(id), &all[..size]));
    let subject = S::holding(crowd(500, rooms.to_vec())).await;
    for (id, size) in sizes {
        assert_eq!(participants(&subject, RoomId(id)).await, all[..size]);
    }
}

/// A room that is not there is none, fresh or cached.
pub async fn a_room_that_is_not_there_is_none<S: Subject>() {
    let subject = S::holding(talk(vec![])).await;
    for read in [Read::Fresh, Read::Cached] {
        assert_eq!(subject.rooms().room(NOWHERE, read).await.unwrap(), None);
    }
}

/// Whatever changes of its participants, their order included, moves a room's
/// revision, and shows.
pub async fn every_change_of_its_participants_moves_a_rooms_revision<S: Subject>() {
    let subject = S::holding(talk(vec![])).await;
    let mut before = asked::room(&subject, ROOM).await.revision;
    for participants in [
        vec![BORISS, ANNAS],
        vec![BORISS],
        vec![],
        vec![ANNAS],
        vec![ANNAS, BORISS],
    ] {
        subject.put_room(room(ROOM, &participants)).await;
        let now = asked::room(&subject, ROOM).await.revision;
        assert_ne!(now, before, "{participants:?}");
        assert_eq!(self::participants(&subject, ROOM).await, participants);
        before = now;
    }
}

/// Whatever changes of a brand moves the revision of every room it takes part
/// in, and shows there.
pub async fn every_change_of_a_brand_moves_the_revision_of_its_rooms<S: Subject>() {
    let subject = S::holding(talk(vec![])).await;
    let mut brand = brand(BORISS, BORIS);
    let changes: [fn(&mut NewBrand); 5] = [
        |brand| brand.tariff = Some(Tariff::Light),
        |brand| brand.tariff = Some(Tariff::Business),
        |brand| brand.tariff_until = Some(S::moment()),
        |brand| brand.profile = profile(9),
        |brand| brand.tariff = None,
    ];
    for change in changes {
        let before = [
            asked::room(&subject, ROOM).await,
            asked::room(&subject, OTHER).await,
        ];
        change(&mut brand);
        subject.put_brand(brand.clone()).await;
        for before in before {
            let now = asked::room(&subject, before.id).await;
            assert_ne!(now.revision, before.revision, "{brand:?}");
            let shown = &now.participants[1];
            assert_eq!(shown.tariff, brand.tariff);
            assert_eq!(shown.tariff_until, brand.tariff_until);
            assert_eq!(shown.profile, brand.profile);
        }
    }
}

/// A room to which nothing happened keeps its revision, whatever the platform
/// writes over with the same and whatever happens to other rooms and brands.
pub async fn a_room_to_which_nothing_happened_keeps_its_revision<S: Subject>() {
    let rooms = vec![room(ROOM, &[ANNAS]), room(OTHER, &[BORISS])];
    let subject = S::holding(people_and(rooms)).await;
    let before = asked::room(&subject, ROOM).await;

    subject.put_room(room(ROOM, &[ANNAS])).await;
    subject.put_brand(brand(ANNAS, ANNA)).await;
    let business = NewBrand {
        tariff: Some(Tariff::Business),
        ..brand(BORISS, BORIS)
    };
    subject.put_brand(business).await;
    subject.put_room(room(OTHER, &[ANNAS, BORISS])).await;
    subject.remove_room(OTHER).await;

    assert_eq!(asked::room(&subject, ROOM).await, before);
}

/// Rooms are listed by number, whatever order they came in.
pub async fn rooms_are_listed_by_number<S: Subject>() {
    let subject = S::holding(people_and(rooms_of_both(&[30, 2, 100]))).await;
    assert_eq!(
        asked::page(&subject, Scope::All, None, 10).await,
        [2, 30, 100]
    );
    subject.put_room(room(RoomId(7), &[])).await;
    assert_eq!(
        asked::page(&subject, Scope::All, None, 10).await,
        [2, 7, 30, 100]
    );
    let empty = S::holding(people_and(vec![])).await;
    assert_eq!(asked::page(&empty, Scope::All, None, 10).await, [0; 0]);
}

/// A page begins behind a room, be it there or not, and ends at its limit, for a
/// brand as for all.
pub async fn a_page_begins_behind_a_room_and_ends_at_its_limit<S: Subject>() {
    let mut rooms = rooms_of_both(&[10, 20, 30, 40]);
    rooms.push(room(RoomId(50), &[]));
    let subject = S::holding(people_and(rooms)).await;
    for (after, limit, expected) in [
        (None, 2, vec![10, 20]),
        (Some(20), 2, vec![30, 40]),
        (Some(25), 1, vec![30]),
        (Some(0), 1, vec![10]),
        (Some(20), 0, vec![]),
        (Some(50), 9, vec![]),
        (Some(i64::MAX), 9, vec![]),
    ] {
        for scope in [Scope::All, ANNA_READS] {
            let page = asked::page(&subject, scope, after, limit).await;
            assert_eq!(page, expected, "{scope:?} after {after:?}");
        }
    }
    assert_eq!(
        asked::page(&subject, Scope::All, Some(30), 9).await,
        [40, 50]
    );
}

/// A brand lists the rooms it takes part in and no other.
pub async fn a_brand_lists_the_rooms_it_takes_part_in<S: Subject>() {
    let rooms = vec![
        room(RoomId(4), &[BORISS, ANNAS]),
        room(RoomId(3), &[BORISS]),
        room(RoomId(2), &[]),
        room(RoomId(1), &[ANNAS]),
    ];
    let subject = S::holding(people_and(rooms)).await;
    subject.put_brand(brand(BrandId(23), ADMIN)).await;
    for (brand, expected) in [
        (ANNAS, vec![1, 4]),
        (BORISS, vec![3, 4]),
        (BrandId(23), vec![]),
        (BrandId(404), vec![]),
    ] {
        let scope = Scope::Brand {
            brand,
            reader: ANNA,
        };
        let page = asked::page(&subject, scope, None, 10).await;
        assert_eq!(page, expected, "{brand:?}");
    }
}

/// A brand that was put into a room or taken out of it lists its rooms
/// accordingly, and as they are now.
pub async fn a_brand_lists_its_rooms_as_they_are_now<S: Subject>() {
    let subject = S::holding(people_and(rooms_of_both(&[1, 2]))).await;
    subject.put_room(room(RoomId(1), &[BORISS])).await;
    subject.put_room(room(RoomId(3), &[ANNAS])).await;
    assert_eq!(asked::page(&subject, ANNA_READS, None, 9).await, [2, 3]);
    assert_eq!(asked::page(&subject, BORIS_READS, None, 9).await, [1, 2]);

    let mut annas = brand(ANNAS, ANNA);
    annas.tariff = Some(Tariff::Business);
    subject.put_brand(annas).await;
    let page = Page {
        after: None,
        limit: 9,
    };
    for Overview { room, .. } in subject.rooms().rooms(ANNA_READS, page).await.unwrap() {
        assert_eq!(room.participants[0].tariff, Some(Tariff::Business));
        assert_eq!(room, asked::room(&subject, room.id).await);
    }
}

/// A removed room is gone, from the lists as well.
pub async fn a_removed_room_is_gone<S: Subject>() {
    let subject = S::holding(people_and(rooms_of_both(&[1, 2, 3]))).await;
    subject.remove_room(RoomId(2)).await;
    let gone = subject.rooms().room(RoomId(2), Read::Fresh).await;
    assert_eq!(gone.unwrap(), None);
    for scope in [Scope::All, ANNA_READS, BORIS_READS] {
        let page = asked::page(&subject, scope, None, 10).await;
        assert_eq!(page, [1, 3], "{scope:?}");
    }
}

fn rooms_of_both(ids: &[i64]) -> Vec<NewRoom> {
    let of_both = |&id| room(RoomId(id), &[ANNAS, BORISS]);
    ids.iter().map(of_both).collect()
}

async fn participants<S: Subject>(subject: &S, id: RoomId) -> Vec<BrandId> {
    let room = asked::room(subject, id).await;
    room.participants.iter().map(|brand| brand.id).collect()
}
