use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use aftermatch_ports::model::{
    Brand, BrandId, Revision, User, UserId,
    world::{NewBrand, NewRoom, NewUser},
};

use super::changed::Changed;
use crate::invalid_reference::InvalidReference;

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
        let former = self.brands.get(&new.id).map(|owned| owned.owner);
        if let Some(former) = former.filter(|&former| former != new.owner) {
            self.set_brand(former, None, changed);
        }
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
        Ok(brand)
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
