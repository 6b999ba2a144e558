//! Users, brands and rooms that the platform puts and removes through the service.

use aftermatch_ports::{
    Directory, Put, PutCounts, Removal, StoreError,
    model::{
        BrandId, InvalidReference, RecordId, Records, UserId,
        world::{NewBrand, NewRoom, NewUser},
    },
};
use async_trait::async_trait;

use crate::{Memory, state::State};

#[async_trait]
impl Directory for Memory {
    async fn brand(&self, id: BrandId) -> Result<Option<NewBrand>, StoreError> {
        Ok(self.state.read().directory.brand(id))
    }

    async fn put(&self, records: Records) -> Result<Put, StoreError> {
        let put = self.state.write().put(&records);
        if matches!(put, Put::Done(counts) if counts != PutCounts::default()) {
            self.changed.notify_one();
        }
        Ok(put)
    }

    async fn remove(&self, id: RecordId) -> Result<Removal, StoreError> {
        let removal = self.state.write().remove(id);
        if removal == Removal::Removed {
            self.changed.notify_one();
        }
        Ok(removal)
    }
}

impl State {
    fn put(&mut self, records: &Records) -> Put {
        let refused = self.directory.refusals(records);
        if !refused.is_empty() {
            return Put::Refused(refused);
        }
        let counts = self.counts(records);
        for user in records.users() {
            self.directory.put_user(user.clone());
        }
        self.directory.put_brands(records.brands());
        for room in records.rooms() {
            // Its participants are there.
            let _ = self.put_room(room.clone());
        }
        Put::Done(counts)
    }

    /// What putting `records` does.
    fn counts(&self, records: &Records) -> PutCounts {
        let mut counts = PutCounts::default();
        let directory = &self.directory;
        for user in records.users() {
            count(
                &mut counts,
                directory.user(user.id).map(|now| NewUser::from(&**now)),
                user,
            );
        }
        for brand in records.brands() {
            count(&mut counts, directory.brand(brand.id), brand);
        }
        for room in records.rooms() {
            count(
                &mut counts,
                directory.room(room.id).map(|now| NewRoom::from(&**now)),
                room,
            );
        }
        counts
    }

    fn remove(&mut self, id: RecordId) -> Removal {
        let is_removed = match id {
            RecordId::User(user) => match self.user_refusal(user) {
                Some(refused) => return Removal::Refused(refused),
                None => {
                    self.forget_reader(user);
                    self.directory.remove_user(user)
                }
            },
            RecordId::Brand(brand) => self.directory.remove_brand(brand),
            RecordId::Room(room) => {
                let is_there = self.directory.room(room).is_some();
                self.remove_room(room);
                is_there
            }
        };
        match is_removed {
            true => Removal::Removed,
            false => Removal::Absent,
        }
    }

    /// Why this user cannot be removed.
    fn user_refusal(&self, user: UserId) -> Option<InvalidReference> {
        let owned = self.directory.user(user)?.brand;
        if let Some(brand) = owned {
            return Some(InvalidReference::UserOwnsBrand { user, brand });
        }
        let has_written = self.has_written(user);
        has_written.then_some(InvalidReference::UserHasWritten { user })
    }
}

fn count<T: PartialEq>(counts: &mut PutCounts, now: Option<T>, given: &T) {
    match now {
        None => counts.created += 1,
        Some(now) if now != *given => counts.changed += 1,
        Some(_) => {}
    }
}
