use std::sync::Arc;

use aftermatch_model::{
    Brand, BrandId, Pen, Profile, Revision, RoomId, RoomKind, Tariff, World,
    world::{NewBrand, NewRoom},
};

use super::fixtures::{
    ADMIN, ANNA, ANNA_BRAND, ANNA_SCOPE, BORIS, BORIS_BRAND, ODD_PROFILE, OTHER, ROOM,
    UNKNOWN_ROOM, brand, many_users, profile, room, two_rooms, user, with_rooms,
};
use super::{operations, subject::Subject};
use crate::{Read, Scope};

/// A room shows its participants, fresh or cached, as the platform gave them and in
/// the same order.
pub async fn room_shows_participants_in_given_order<S: Subject>() {
    let first = NewBrand {
        tariff: Some(Tariff::Business),
        tariff_until: Some(S::t0()),
        profile: Profile::new(ODD_PROFILE),
        ..brand(BORIS_BRAND, BORIS)
    };
    let second = NewBrand {
        tariff: Some(Tariff::Comfort),
        ..brand(ANNA_BRAND, ANNA)
    };
    let third = NewBrand {
        tariff: Some(Tariff::Light),
        ..brand(BrandId(23), ADMIN)
    };
    let given = [first, second, third];
    let ids = [BORIS_BRAND, ANNA_BRAND, BrandId(23)];
    let mut by_id = given.to_vec();
    by_id.sort_by_key(|brand| brand.id);
    let users = vec![user(ANNA), user(BORIS), user(ADMIN)];
    let world = World::new(users, by_id, vec![room(ROOM, &ids)], vec![]).unwrap();
    let subject = S::with_world(world).await;

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

/// A room can have any number of participants: none, one, five hundred.
pub async fn room_holds_any_number_of_participants<S: Subject>() {
    let all: Vec<_> = (1001..=1500).rev().map(BrandId).collect();
    let sizes = [(1, 0), (2, 1), (3, 500)];
    let rooms = sizes.map(|(id, size)| room(RoomId(id), &all[..size]));
    let subject = S::with_world(many_users(500, rooms.to_vec())).await;
    for (id, size) in sizes {
        assert_eq!(participants(&subject, RoomId(id)).await, all[..size]);
    }
}

/// A room that does not exist is `None`, fresh or cached.
pub async fn unknown_room_reads_as_none<S: Subject>() {
    let subject = S::with_world(two_rooms(vec![])).await;
    for read in [Read::Fresh, Read::Cached] {
        assert_eq!(
            subject.rooms().room(UNKNOWN_ROOM, read).await.unwrap(),
            None
        );
    }
}

/// A room shows its kind, its pen and whether it is frozen as the platform gave them, also
/// in a list. A change of any of them changes its revision.
pub async fn room_shows_kind_pen_and_frozen_as_given<S: Subject>() {
    let support = RoomKind::new("support").expect("a valid kind");
    let mut given = NewRoom {
        kind: support.clone(),
        pen: Pen::Always,
        frozen: true,
        ..room(ROOM, &[ANNA_BRAND])
    };
    let subject = S::with_world(with_rooms(vec![given.clone()])).await;
    let mut before = assert_shown(&subject, &given).await;
    let changes: [fn(&mut NewRoom); 5] = [
        |room| room.frozen = false,
        |room| room.kind = RoomKind::default(),
        |room| room.pen = Pen::Never,
        |room| room.pen = Pen::Tariff,
        |room| room.frozen = true,
    ];
    for change in changes {
        change(&mut given);
        subject.put_room(given.clone()).await;
        let now = assert_shown(&subject, &given).await;
        assert_ne!(now, before, "{given:?}");
        before = now;
    }
    let new = NewRoom {
        id: OTHER,
        kind: support,
        ..given
    };
    subject.put_room(new.clone()).await;
    assert_shown(&subject, &new).await;
}

/// Returns the revision of the room.
async fn assert_shown<S: Subject>(subject: &S, given: &NewRoom) -> Revision {
    let room = operations::room(subject, given.id).await;
    let shown = (&room.kind, room.pen, room.frozen);
    assert_eq!(shown, (&given.kind, given.pen, given.frozen));
    for scope in [Scope::All, ANNA_SCOPE] {
        let listed = operations::summary(subject, scope, given.id).await;
        assert_eq!(listed.room, room, "{scope:?}");
    }
    room.revision
}

/// Every change of the participants, their order included, changes the revision of
/// the room, and the next read shows it.
pub async fn participant_change_changes_room_revision<S: Subject>() {
    let subject = S::with_world(two_rooms(vec![])).await;
    let mut before = operations::room(&subject, ROOM).await.revision;
    for participants in [
        vec![BORIS_BRAND, ANNA_BRAND],
        vec![BORIS_BRAND],
        vec![],
        vec![ANNA_BRAND],
        vec![ANNA_BRAND, BORIS_BRAND],
    ] {
        subject.put_room(room(ROOM, &participants)).await;
        let now = operations::room(&subject, ROOM).await.revision;
        assert_ne!(now, before, "{participants:?}");
        assert_eq!(self::participants(&subject, ROOM).await, participants);
        before = now;
    }
}

/// Every change of a brand changes the revision of every room it is in, and the
/// next read of those rooms shows it.
pub async fn brand_change_changes_its_rooms_revisions<S: Subject>() {
    let subject = S::with_world(two_rooms(vec![])).await;
    let mut brand = brand(BORIS_BRAND, BORIS);
    let changes: [fn(&mut NewBrand); 5] = [
        |brand| brand.tariff = Some(Tariff::Light),
        |brand| brand.tariff = Some(Tariff::Business),
        |brand| brand.tariff_until = Some(S::t0()),
        |brand| brand.profile = profile(9),
        |brand| brand.tariff = None,
    ];
    for change in changes {
        let before = [
            operations::room(&subject, ROOM).await,
            operations::room(&subject, OTHER).await,
        ];
        change(&mut brand);
        subject.put_brand(brand.clone()).await;
        for before in before {
            let now = operations::room(&subject, before.id).await;
            assert_ne!(now.revision, before.revision, "{brand:?}");
            let shown = &now.participants[1];
            assert_eq!(shown.tariff, brand.tariff);
            assert_eq!(shown.tariff_until, brand.tariff_until);
            assert_eq!(shown.profile, brand.profile);
        }
    }
}

/// A room that did not change keeps its revision, even when the platform writes the
/// same values again or changes other rooms and brands.
pub async fn unchanged_room_keeps_revision<S: Subject>() {
    let rooms = vec![room(ROOM, &[ANNA_BRAND]), room(OTHER, &[BORIS_BRAND])];
    let subject = S::with_world(with_rooms(rooms)).await;
    let before = operations::room(&subject, ROOM).await;

    subject.put_room(room(ROOM, &[ANNA_BRAND])).await;
    subject.put_brand(brand(ANNA_BRAND, ANNA)).await;
    let business = NewBrand {
        tariff: Some(Tariff::Business),
        ..brand(BORIS_BRAND, BORIS)
    };
    subject.put_brand(business).await;
    subject
        .put_room(room(OTHER, &[ANNA_BRAND, BORIS_BRAND]))
        .await;
    subject.remove_room(OTHER).await;

    assert_eq!(operations::room(&subject, ROOM).await, before);
}

async fn participants<S: Subject>(subject: &S, id: RoomId) -> Vec<BrandId> {
    let room = operations::room(subject, id).await;
    room.participants.iter().map(|brand| brand.id).collect()
}
