//! Records that the platform puts and removes.

use aftermatch_model::{
    BrandId, InvalidReference, Profile, RecordId, Records, RoomId, Tariff, UserId, World,
    world::{NewBrand, NewRoom, NewUser},
};

use super::changes::{known, wait_until_quiet};
use super::directory_model::{Model, random_put, random_removal, records};
use super::fixtures::{
    ADMIN, ANNA, ANNA_BRAND, BORIS, BORIS_BRAND, ODD_PROFILE, OTHER, ROOM, brand, room, two_rooms,
    user,
};
use super::operations::{self, head};
use super::random_history::Random;
use super::subject::Subject;
use super::writes::write;
use crate::{Put, PutCounts, Removal};

async fn put<S: Subject>(subject: &S, records: Records) -> Put {
    subject.directory().put(records).await.unwrap()
}

async fn remove<S: Subject>(subject: &S, id: RecordId) -> Removal {
    subject.directory().remove(id).await.unwrap()
}

fn done(created: usize, changed: usize) -> Put {
    Put::Done(PutCounts { created, changed })
}

/// Records that are put are read as they were given, whichever of them were there before.
pub async fn put_records_are_read_as_given<S: Subject>() {
    let subject = S::with_world(World::default()).await;
    let anna = NewUser {
        profile: Profile::new(ODD_PROFILE),
        ..user(ANNA)
    };
    let paid = NewBrand {
        tariff: Some(Tariff::Business),
        tariff_until: Some(S::t1()),
        profile: Profile::new(ODD_PROFILE),
        ..brand(ANNA_BRAND, ANNA)
    };
    let frozen = NewRoom {
        frozen: true,
        ..room(ROOM, &[BORIS_BRAND, ANNA_BRAND])
    };
    let given = records(
        vec![anna.clone(), user(BORIS)],
        vec![paid.clone(), brand(BORIS_BRAND, BORIS)],
        vec![frozen.clone()],
    );
    assert_eq!(put(&subject, given).await, done(5, 0));
    let read = operations::user(&subject, ANNA).await;
    assert_eq!(
        (NewUser::from(&*read), read.brand),
        (anna, Some(ANNA_BRAND))
    );
    let read = subject.directory().brand(ANNA_BRAND).await.unwrap();
    assert_eq!(read, Some(paid.clone()));
    let read = operations::room(&subject, ROOM).await;
    assert_eq!(NewRoom::from(&*read), frozen);

    let free = NewBrand {
        tariff: None,
        tariff_until: None,
        ..paid
    };
    let turned = room(ROOM, &[ANNA_BRAND, BORIS_BRAND]);
    let again = records(
        vec![user(ANNA), user(ADMIN)],
        vec![free.clone()],
        vec![turned.clone()],
    );
    assert_eq!(put(&subject, again).await, done(1, 3));
    let read = subject.directory().brand(ANNA_BRAND).await.unwrap();
    assert_eq!(read, Some(free));
    let read = operations::room(&subject, ROOM).await;
    assert_eq!(NewRoom::from(&*read), turned);
    assert_eq!(subject.directory().brand(BrandId(23)).await.unwrap(), None);
}

/// Records that are there as given already keep their revisions, and are no change.
pub async fn same_records_again_change_nothing<S: Subject>() {
    let subject = S::with_world(two_rooms(vec![])).await;
    let given = || {
        let participants = [ANNA_BRAND, BORIS_BRAND];
        records(
            vec![user(ANNA), user(ADMIN)],
            vec![brand(BORIS_BRAND, BORIS), brand(ANNA_BRAND, ANNA)],
            vec![room(OTHER, &participants), room(ROOM, &participants)],
        )
    };
    let anna = operations::user(&subject, ANNA).await;
    let place = operations::room(&subject, ROOM).await;
    drop(subject.revisions().changes().await);
    wait_until_quiet(&subject).await;
    assert_eq!(put(&subject, given()).await, done(0, 0));
    assert_eq!(known(&subject).await, Default::default());
    assert_eq!(operations::user(&subject, ANNA).await, anna);
    assert_eq!(operations::room(&subject, ROOM).await, place);
}

/// A put and a removal are changes, as if the platform had made them in the store itself.
pub async fn put_and_removal_are_known<S: Subject>() {
    let subject = S::with_world(two_rooms(vec![])).await;
    drop(subject.revisions().changes().await);
    wait_until_quiet(&subject).await;
    let inactive = NewUser {
        active: false,
        ..user(ANNA)
    };
    let new = room(RoomId(33), &[ANNA_BRAND]);
    assert_eq!(
        put(&subject, records(vec![inactive], vec![], vec![new])).await,
        done(1, 1)
    );
    let found = known(&subject).await;
    assert!(found.users.contains(&ANNA), "{found:?}");
    assert!(found.rooms.contains(&RoomId(33)), "{found:?}");
    assert!(!found.rooms.contains(&ROOM), "{found:?}");
    wait_until_quiet(&subject).await;
    assert_eq!(
        remove(&subject, RecordId::Room(ROOM)).await,
        Removal::Removed
    );
    assert_eq!(
        remove(&subject, RecordId::User(ADMIN)).await,
        Removal::Removed
    );
    let found = known(&subject).await;
    assert!(
        found.rooms.contains(&ROOM) && found.users.contains(&ADMIN),
        "{found:?}"
    );
}

/// References that do not fit are all reported, and then nothing has changed.
pub async fn invalid_references_change_nothing<S: Subject>() {
    let subject = S::with_world(two_rooms(vec![])).await;
    let (unknown, new) = (UserId(404), BrandId(23));
    let given = records(
        vec![user(UserId(4))],
        vec![brand(new, unknown), brand(BrandId(24), ANNA)],
        vec![room(RoomId(33), &[ANNA_BRAND, BrandId(405), new])],
    );
    let refused = vec![
        InvalidReference::UnknownOwner {
            brand: new,
            owner: unknown,
        },
        InvalidReference::OwnerHasBrand {
            brand: BrandId(24),
            owner: ANNA,
            owned: ANNA_BRAND,
        },
        InvalidReference::UnknownParticipant {
            room: RoomId(33),
            brand: BrandId(405),
        },
    ];
    assert_eq!(put(&subject, given).await, Put::Refused(refused));
    let people = subject.people();
    let found = people.user(UserId(4), crate::Read::Fresh).await.unwrap();
    assert_eq!(found, None);
    assert_eq!(subject.directory().brand(new).await.unwrap(), None);
}

/// Brands can change hands among themselves in one put.
pub async fn brands_change_hands_in_one_put<S: Subject>() {
    let subject = S::with_world(two_rooms(vec![])).await;
    let swapped = vec![brand(ANNA_BRAND, BORIS), brand(BORIS_BRAND, ANNA)];
    let put = put(&subject, records(vec![], swapped, vec![])).await;
    assert_eq!(put, done(0, 2));
    let brand_of = async |id| operations::user(&subject, id).await.brand;
    assert_eq!(brand_of(ANNA).await, Some(BORIS_BRAND));
    assert_eq!(brand_of(BORIS).await, Some(ANNA_BRAND));
}

/// A room that is replaced has the same log and the same messages.
pub async fn replaced_room_has_same_log<S: Subject>() {
    let subject = S::with_world(two_rooms(vec![])).await;
    write(&subject, ROOM, ANNA).await;
    let before = head(&subject, ROOM).await;
    let alone = room(ROOM, &[ANNA_BRAND]);
    assert_eq!(
        put(&subject, records(vec![], vec![], vec![alone])).await,
        done(0, 1)
    );
    assert_eq!(head(&subject, ROOM).await, before);
    assert_eq!(operations::all_messages(&subject, ROOM).await.len(), 1);
}

/// A user who owns a brand or has ever written stays; another one is removed.
pub async fn user_with_brand_or_messages_stays<S: Subject>() {
    let subject = S::with_world(two_rooms(vec![])).await;
    write(&subject, ROOM, BORIS).await;
    let anna = RecordId::User(ANNA);
    let owns = InvalidReference::UserOwnsBrand {
        user: ANNA,
        brand: ANNA_BRAND,
    };
    assert_eq!(remove(&subject, anna).await, Removal::Refused(owns));
    for brand in [ANNA_BRAND, BORIS_BRAND] {
        assert_eq!(
            remove(&subject, RecordId::Brand(brand)).await,
            Removal::Removed
        );
    }
    let wrote = Removal::Refused(InvalidReference::UserHasWritten { user: BORIS });
    assert_eq!(remove(&subject, RecordId::User(BORIS)).await, wrote);
    assert_eq!(remove(&subject, anna).await, Removal::Removed);
    assert_eq!(remove(&subject, anna).await, Removal::Absent);
    let place = operations::room(&subject, ROOM).await;
    assert!(place.participants.is_empty(), "{place:?}");
}

/// After any puts and removals, the store has what they say, and says what they did.
pub async fn random_puts_and_removals_follow_model<S: Subject>() {
    let subject = S::with_world(World::default()).await;
    let (mut model, mut random) = (Model::default(), Random(9));
    for step in 0..150 {
        if random.below(4) == 0 {
            let id = random_removal(&mut random);
            let expected = model.remove(id);
            assert_eq!(remove(&subject, id).await, expected, "step {step}: {id:?}");
        } else {
            let given = random_put(&mut random);
            for time in ["first", "again"] {
                let expected = model.put(&given);
                let put = put(&subject, given.clone()).await;
                assert_eq!(put, expected, "step {step}, {time}: {given:?}");
            }
        }
        model.assert_is(&subject).await;
    }
}
