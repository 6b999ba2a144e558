//! Authorizing a write.
//!
//! The first attempt uses what is cached. The store refuses the write if room or
//! user have changed since ([`Precondition`]); then the next attempt reads both
//! again. Nobody is refused because of a cached read.

use std::sync::Arc;

use aftermatch_ports::{
    ChatError, Commit, Precondition, Read, StoreError,
    model::{
        EventKind, Refusal, RequestId, Room, RoomEvent, RoomId, Session, Timestamp, User, Viewer,
        access,
    },
};

use crate::{Ports, authorize};

/// How often a write is attempted while room or user keep changing in between.
const ATTEMPTS: usize = 8;

/// An authorized write, valid while its precondition holds.
pub(super) struct WritePermit {
    pub(super) precondition: Precondition,
    pub(super) viewer: Viewer,
    pub(super) author: Arc<User>,
    pub(super) room: Arc<Room>,
    pub(super) now: Timestamp,
}

impl WritePermit {
    /// The event of the write that this permit allowed.
    pub(super) fn event(
        &self,
        session: &Session,
        request_id: RequestId,
        commit: Commit,
        kind: EventKind,
    ) -> RoomEvent {
        let Commit { seq, at, epoch } = commit;
        RoomEvent {
            seq,
            epoch,
            at,
            by: self.author.id,
            room: self.room.clone().at(at),
            requester: Some(session.id),
            request_id,
            kind,
        }
    }
}

/// The attempts to authorize one write.
pub(super) struct WriteAttempt<'a> {
    ports: &'a Ports,
    session: &'a Session,
    room: RoomId,
    attempts: usize,
}

impl<'a> WriteAttempt<'a> {
    /// Begins a write in the joined room.
    pub(super) fn begin(ports: &'a Ports, session: &'a Session) -> Result<Self, Refusal> {
        Ok(Self {
            ports,
            session,
            room: ports.seats.room_of(session.id).ok_or(Refusal::NotInRoom)?,
            attempts: 0,
        })
    }

    /// Authorizes the next attempt. To be called again whenever the store answers
    /// with a conflict.
    pub(super) async fn permit(&mut self) -> Result<WritePermit, ChatError> {
        if self.attempts == 0 {
            self.attempts = 1;
            match self.authorize(Read::Cached).await {
                // The cached state may be old: read again before refusing.
                Err(ChatError::Refused(_)) => {}
                authorized => return authorized,
            }
        }
        if self.attempts == ATTEMPTS {
            let reason = "room or user changed during every attempt to write";
            return Err(StoreError::transient(reason).into());
        }
        self.attempts += 1;
        self.authorize(Read::Fresh).await
    }

    async fn authorize(&self, read: Read) -> Result<WritePermit, ChatError> {
        let (author, viewer) = authorize::viewer(self.ports, self.session, read).await?;
        let room = authorize::visible_room(self.ports, viewer, self.room, read).await?;
        let now = self.ports.clock.now();
        access::can_write(viewer, &room, now)?;
        Ok(WritePermit {
            precondition: Precondition {
                room: room.id,
                room_revision: room.revision,
                room_epoch: room.epoch.room,
                user: author.id,
                user_revision: author.revision,
            },
            viewer,
            author,
            room,
            now,
        })
    }
}
