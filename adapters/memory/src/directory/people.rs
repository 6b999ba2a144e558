use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use aftermatch_ports::model::{
    Brand, BrandId, InvalidReference, Records, Revision, User, UserId,
    world::{NewBrand, NewRoom, NewUser},
};

use super::changed::Changed;

/// The users and the brands they own.
#[derive(Default)]
pub(super) struct People {
    users: HashMap<UserId, Arc<User>>,
    brands: HashMap<BrandId, OwnedBrand>,
}

struct OwnedBrand {
    owner: UserId,
    brand: Arc<Brand>,
}

impl People {
    pub(super) fn user(&self, id: UserId) -> Option<&Arc<User>> {
        self.users.get(&id)
    }

    pub(super) fn owner(&self, brand: BrandId) -> Option<UserId> {
        self.brands.get(&brand).map(|owned| owned.owner)
    }

    /// The participants of a room, as they are now.
    pub(super) fn participants(&self, new: &NewRoom) -> Result<Vec<Arc<Brand>>, InvalidReference> {
        let room = new.id;
        let mut seen = HashSet::new();
        let mut participants = Vec::new();
        for &brand in &new.participants {
            let Some(owned) = self.brands.get(&brand) else {
                return Err(InvalidReference::UnknownParticipant { room, brand });
            };
            if !seen.insert(brand) {
                return Err(InvalidReference::DuplicateParticipant { room, brand });
            }
            participants.push(owned.brand.clone());
        }
        Ok(participants)
    }

    pub(super) fn put_user(&mut self, new: NewUser, changed: &mut Changed) {
        let brand = self.users.get(&new.id).and_then(|user| user.brand);
        let user = User {
            id: new.id,
            revision: Revision(0),
            active: new.active,
            admin: new.admin,
            brand,
            profile: new.profile,
        };
        self.replace(user, changed);
    }

    pub(super) fn put_brand(
        &mut self,
        new: NewBrand,
        changed: &mut Changed,
    ) -> Result<Arc<Brand>, InvalidReference> {
        self.check(&new)?;
        self.release(std::slice::from_ref(&new), changed);
        Ok(self.set_owner(new, changed))
    }

    /// Takes those of `brands` that get another owner away from the one they have.
    pub(super) fn release(&mut self, brands: &[NewBrand], changed: &mut Changed) {
        for new in brands {
            let former = self.owner(new.id);
            if let Some(former) = former.filter(|&former| former != new.owner) {
                self.set_brand(former, None, changed);
            }
        }
    }

    /// Gives the brand to its owner, after it was released.
    pub(super) fn set_owner(&mut self, new: NewBrand, changed: &mut Changed) -> Arc<Brand> {
        self.set_brand(new.owner, Some(new.id), changed);
        let brand = Arc::new(Brand {
            id: new.id,
            tariff: new.tariff,
            tariff_until: new.tariff_until,
            profile: new.profile,
        });
        let owned = OwnedBrand {
            owner: new.owner,
            brand: brand.clone(),
        };
        self.brands.insert(new.id, owned);
        brand
    }

    /// The brands of `records` that do not fit.
    pub(super) fn refused_brands(&self, records: &Records) -> Vec<InvalidReference> {
        let given: HashSet<_> = records.users().iter().map(|user| user.id).collect();
        let moved: HashSet<_> = records.brands().iter().map(|brand| brand.id).collect();
        let brands = records.brands().iter();
        let refused = brands.filter_map(|new| match self.check(new).err()? {
            InvalidReference::UnknownOwner { owner, .. } if given.contains(&owner) => None,
            InvalidReference::OwnerHasBrand { owned, .. } if moved.contains(&owned) => None,
            other => Some(other),
        });
        refused.collect()
    }

    /// The participants in `records` that do not exist.
    pub(super) fn refused_rooms(&self, records: &Records) -> Vec<InvalidReference> {
        let given: HashSet<_> = records.brands().iter().map(|brand| brand.id).collect();
        let rooms = records.rooms().iter().flat_map(|room| {
            let brands = room.participants.iter();
            brands.map(|&brand| (room.id, brand))
        });
        let unknown =
            rooms.filter(|(_, brand)| !self.brands.contains_key(brand) && !given.contains(brand));
        let refused =
            unknown.map(|(room, brand)| InvalidReference::UnknownParticipant { room, brand });
        refused.collect()
    }

    pub(super) fn brand(&self, id: BrandId) -> Option<NewBrand> {
        let OwnedBrand { owner, brand } = self.brands.get(&id)?;
        Some(NewBrand {
            id,
            owner: *owner,
            tariff: brand.tariff,
            tariff_until: brand.tariff_until,
            profile: brand.profile.clone(),
        })
    }

    pub(super) fn remove_user(&mut self, id: UserId, changed: &mut Changed) -> bool {
        let is_removed = self.users.remove(&id).is_some();
        if is_removed {
            changed.removed_user(id);
        }
        is_removed
    }

    pub(super) fn remove_brand(&mut self, id: BrandId, changed: &mut Changed) -> bool {
        let Some(owned) = self.brands.remove(&id) else {
            return false;
        };
        self.set_brand(owned.owner, None, changed);
        true
    }

    fn check(&self, new: &NewBrand) -> Result<(), InvalidReference> {
        let (brand, owner) = (new.id, new.owner);
        match self.users.get(&owner).map(|user| user.brand) {
            None => Err(InvalidReference::UnknownOwner { brand, owner }),
            Some(Some(owned)) if owned != brand => Err(InvalidReference::OwnerHasBrand {
                brand,
                owner,
                owned,
            }),
            Some(_) => Ok(()),
        }
    }

    fn set_brand(&mut self, user: UserId, brand: Option<BrandId>, changed: &mut Changed) {
        if let Some(user) = self.users.get(&user) {
            let user = User::clone(user);
            self.replace(User { brand, ..user }, changed);
        }
    }

    /// Gives the user a new revision, unless nothing else changes.
    fn replace(&mut self, mut user: User, changed: &mut Changed) {
        if let Some(old) = self.users.get(&user.id) {
            user.revision = old.revision;
            if **old == user {
                return;
            }
        }
        user.revision = changed.user(user.id);
        self.users.insert(user.id, Arc::new(user));
    }
}
