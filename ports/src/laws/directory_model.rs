//! What a store must hold after puts and removals: the same in three maps.

use std::collections::BTreeMap;

use aftermatch_model::{
    BrandId, InvalidReference, RecordId, Records, RoomId, UserId,
    world::{NewBrand, NewRoom, NewUser},
};

use super::fixtures::{brand, profile, room, user};
use super::operations;
use super::random_history::Random;
use super::subject::Subject;
use crate::{Put, PutCounts, Read, Removal};

pub(super) fn records(users: Vec<NewUser>, brands: Vec<NewBrand>, rooms: Vec<NewRoom>) -> Records {
    Records::new(users, brands, rooms).expect("records without contradictions")
}

/// Few, so that records meet each other.
const IDS: usize = 4;

#[derive(Default)]
pub(super) struct Model {
    users: BTreeMap<UserId, NewUser>,
    brands: BTreeMap<BrandId, NewBrand>,
    rooms: BTreeMap<RoomId, NewRoom>,
}

fn id(random: &mut Random) -> i64 {
    i64::try_from(1 + random.below(IDS)).unwrap()
}

/// Up to two records of each kind that do not contradict each other.
pub(super) fn random_put(random: &mut Random) -> Records {
    let mut users = BTreeMap::new();
    let mut brands = BTreeMap::new();
    let mut rooms = BTreeMap::new();
    for _ in 0..random.below(3) {
        let new = NewUser {
            active: random.below(2) == 0,
            profile: profile(id(random)),
            ..user(UserId(id(random)))
        };
        users.insert(new.id, new);
    }
    for _ in 0..random.below(3) {
        let (new, owner) = (BrandId(id(random)), UserId(id(random)));
        let is_owner = |other: &NewBrand| other.owner == owner;
        if !brands.values().any(is_owner) {
            brands.insert(new, brand(new, owner));
        }
    }
    for _ in 0..random.below(3) {
        let (first, second) = (BrandId(id(random)), BrandId(id(random)));
        let mut participants = vec![first, second];
        participants.dedup();
        let new = room(RoomId(id(random)), &participants);
        rooms.insert(new.id, new);
    }
    records(
        users.into_values().collect(),
        brands.into_values().collect(),
        rooms.into_values().collect(),
    )
}

pub(super) fn random_removal(random: &mut Random) -> RecordId {
    let id = id(random);
    match random.below(3) {
        0 => RecordId::User(UserId(id)),
        1 => RecordId::Brand(BrandId(id)),
        _ => RecordId::Room(RoomId(id)),
    }
}

fn put_all<I: Ord + Copy, T: PartialEq + Clone>(
    map: &mut BTreeMap<I, T>,
    given: &[T],
    id: impl Fn(&T) -> I,
    counts: &mut PutCounts,
) {
    for new in given {
        match map.insert(id(new), new.clone()) {
            None => counts.created += 1,
            Some(old) if old != *new => counts.changed += 1,
            Some(_) => {}
        }
    }
}

impl Model {
    pub(super) fn put(&mut self, given: &Records) -> Put {
        let refused = self.refused(given);
        if !refused.is_empty() {
            return Put::Refused(refused);
        }
        let mut counts = PutCounts::default();
        put_all(&mut self.users, given.users(), |user| user.id, &mut counts);
        put_all(
            &mut self.brands,
            given.brands(),
            |brand| brand.id,
            &mut counts,
        );
        put_all(&mut self.rooms, given.rooms(), |room| room.id, &mut counts);
        Put::Done(counts)
    }

    fn refused(&self, given: &Records) -> Vec<InvalidReference> {
        let mut refused = Vec::new();
        for &NewBrand { id, owner, .. } in given.brands() {
            let is_given = given.users().iter().any(|user| user.id == owner);
            let is_moved = |brand: BrandId| given.brands().iter().any(|other| other.id == brand);
            let mut others = self.brands.values().filter(|other| other.owner == owner);
            if !is_given && !self.users.contains_key(&owner) {
                refused.push(InvalidReference::UnknownOwner { brand: id, owner });
            } else if let Some(owned) = others.find(|other| !is_moved(other.id)) {
                refused.push(InvalidReference::OwnerHasBrand {
                    brand: id,
                    owner,
                    owned: owned.id,
                });
            }
        }
        for new in given.rooms() {
            for &brand in &new.participants {
                let is_given = given.brands().iter().any(|other| other.id == brand);
                if !is_given && !self.brands.contains_key(&brand) {
                    let room = new.id;
                    refused.push(InvalidReference::UnknownParticipant { room, brand });
                }
            }
        }
        refused
    }

    pub(super) fn remove(&mut self, id: RecordId) -> Removal {
        let is_removed = match id {
            RecordId::User(user) => {
                if let Some(owned) = self.brands.values().find(|brand| brand.owner == user) {
                    let brand = owned.id;
                    return Removal::Refused(InvalidReference::UserOwnsBrand { user, brand });
                }
                self.users.remove(&user).is_some()
            }
            RecordId::Brand(brand) => {
                for room in self.rooms.values_mut() {
                    room.participants.retain(|other| *other != brand);
                }
                self.brands.remove(&brand).is_some()
            }
            RecordId::Room(room) => self.rooms.remove(&room).is_some(),
        };
        match is_removed {
            true => Removal::Removed,
            false => Removal::Absent,
        }
    }

    pub(super) async fn assert_is<S: Subject>(&self, subject: &S) {
        for id in 1..=i64::try_from(IDS).unwrap() {
            let found = subject
                .people()
                .user(UserId(id), Read::Fresh)
                .await
                .unwrap();
            let expected = self.users.get(&UserId(id));
            assert_eq!(found.as_deref().map(NewUser::from).as_ref(), expected);
            let mut brands = self.brands.values();
            let owned = brands.find(|brand| brand.owner == UserId(id));
            let brand = found.and_then(|user| user.brand);
            assert_eq!(brand, owned.map(|brand| brand.id), "of user {id}");
            let found = subject.directory().brand(BrandId(id)).await.unwrap();
            assert_eq!(found.as_ref(), self.brands.get(&BrandId(id)));
            let found = subject.rooms().room(RoomId(id), Read::Fresh).await.unwrap();
            let expected = self.rooms.get(&RoomId(id));
            assert_eq!(found.as_deref().map(NewRoom::from).as_ref(), expected);
        }
        let listed = operations::room_ids(subject, crate::Scope::All, None, 100).await;
        let expected: Vec<_> = self.rooms.keys().map(|room| room.0).collect();
        assert_eq!(listed, expected);
    }
}
