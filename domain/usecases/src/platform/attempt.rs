//! The room and the user of a write by the platform.
//!
//! As with a write of a client, the first attempt uses what is cached, and the store refuses it
//! if room or user have changed since.

use std::sync::Arc;

use aftermatch_ports::{
    Commit, PlatformError, Precondition, Read, StoreError,
    model::{EventKind, RequestId, Room, RoomEvent, RoomId, User, UserId},
};

use crate::{Ports, write::publish::publish};

/// How often a write is attempted while room or user keep changing in between.
const ATTEMPTS: usize = 8;

/// The attempts of one write.
pub(super) struct Attempts<'a> {
    ports: &'a Ports,
    room: RoomId,
    user: UserId,
    count: usize,
}

/// Where a write goes, and in whose name.
pub(super) struct Target {
    pub(super) room: Arc<Room>,
    pub(super) user: Arc<User>,
}

impl<'a> Attempts<'a> {
    pub(super) fn new(ports: &'a Ports, room: RoomId, user: UserId) -> Self {
        Self {
            ports,
            room,
            user,
            count: 0,
        }
    }

    /// To be called again whenever the store answers with a conflict.
    pub(super) async fn next(&mut self) -> Result<Target, PlatformError> {
        self.count += 1;
        if self.count == 1 {
            match self.read(Read::Cached).await {
                // Added a moment ago, perhaps.
                Err(PlatformError::NoRoom(_) | PlatformError::NoUser(_)) => {}
                read => return read,
            }
        }
        if self.count > ATTEMPTS {
            let reason = "room or user changed during every attempt to write";
            return Err(StoreError::transient(reason).into());
        }
        self.read(Read::Fresh).await
    }

    async fn read(&self, read: Read) -> Result<Target, PlatformError> {
        let room = self.ports.rooms.room(self.room, read).await?;
        let room = room.ok_or(PlatformError::NoRoom(self.room))?;
        let user = self.ports.people.user(self.user, read).await?;
        let user = user.ok_or(PlatformError::NoUser(self.user))?;
        Ok(Target { room, user })
    }
}

impl Target {
    pub(super) fn precondition(&self) -> Precondition {
        Precondition {
            room: self.room.id,
            room_revision: self.room.revision,
            room_epoch: self.room.epoch.room,
            user: self.user.id,
            user_revision: self.user.revision,
        }
    }

    /// Delivers what was committed.
    pub(super) async fn publish(self, ports: &Ports, commit: Commit, kind: EventKind) {
        let Commit { seq, at, epoch } = commit;
        let event = RoomEvent {
            seq,
            epoch,
            at,
            by: self.user.id,
            room: self.room.at(at),
            requester: None,
            request_id: RequestId::NONE,
            kind,
        };
        publish(ports, event, self.user.revision).await;
    }
}
