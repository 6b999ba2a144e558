//! The ports of a store, implemented by [`Memory`].

use std::{sync::Arc, time::Duration};

use aftermatch_ports::{
    CreateOutcome, Deleted, DeltaSince, Draft, Health, History, HistoryPage, HistoryRange,
    Messages, Outcome, Page, People, Precondition, Read, ReadPositions, Revisions, RoomSummary,
    Rooms, Scope, Stale, StoreError,
    model::{
        Message, MessageId, Revision, Room, RoomId, RoomVersion, Seq, Text, Timestamp, User,
        UserId, access::DeleteScope,
    },
};
use async_trait::async_trait;
use tokio::time::timeout;

use crate::{Memory, log::Log, state::State};

#[async_trait]
impl People for Memory {
    async fn user(&self, id: UserId, _: Read) -> Result<Option<Arc<User>>, StoreError> {
        Ok(self.state.read().directory.user(id).cloned())
    }
}

#[async_trait]
impl Rooms for Memory {
    async fn room(&self, id: RoomId, _: Read) -> Result<Option<Arc<Room>>, StoreError> {
        Ok(self.state.read().directory.room(id).cloned())
    }

    async fn rooms(&self, scope: Scope, page: Page) -> Result<Vec<RoomSummary>, StoreError> {
        let reader = match scope {
            Scope::All => None,
            Scope::Brand { reader, .. } => Some(reader),
        };
        let state = self.state.read();
        let rooms = state.directory.list(scope, page).into_iter();
        Ok(rooms
            .filter_map(|room| state.summary(room, reader))
            .collect())
    }
}

#[async_trait]
impl Messages for Memory {
    async fn create(
        &self,
        precondition: Precondition,
        draft: Draft,
        at: Timestamp,
    ) -> Result<Outcome<CreateOutcome>, StoreError> {
        let author = precondition.user;
        Ok(self.write(precondition, |log, state| {
            log.create(
                &state.directory,
                || state.next_message_id(),
                author,
                draft,
                at,
            )
        }))
    }

    async fn edit(
        &self,
        precondition: Precondition,
        id: MessageId,
        text: Text,
        at: Timestamp,
    ) -> Result<Outcome<Option<Seq>>, StoreError> {
        let author = precondition.user;
        Ok(self.write(precondition, |log, _| log.edit(id, author, text, at)))
    }

    async fn delete(
        &self,
        precondition: Precondition,
        ids: Vec<MessageId>,
        scope: DeleteScope,
        _: Timestamp,
    ) -> Result<Outcome<Option<Deleted>>, StoreError> {
        Ok(self.write(precondition, |log, _| log.delete(ids, scope)))
    }
}

#[async_trait]
impl History for Memory {
    async fn last_seq(&self, room: RoomId) -> Result<Seq, StoreError> {
        Ok(self.read(room, |log, _| log.last_seq()))
    }

    async fn delta_since(
        &self,
        room: RoomId,
        since: Seq,
        limit: usize,
    ) -> Result<DeltaSince, StoreError> {
        Ok(self.read(room, |log, state| {
            log.delta_since(&state.directory, since, limit)
        }))
    }

    async fn history(
        &self,
        room: RoomId,
        range: HistoryRange,
        limit: usize,
    ) -> Result<HistoryPage, StoreError> {
        Ok(self.read(room, |log, state| {
            log.history(&state.directory, range, limit)
        }))
    }

    async fn page(
        &self,
        room: RoomId,
        skip: u64,
        limit: usize,
    ) -> Result<(u64, Vec<Message>), StoreError> {
        Ok(self.read(room, |log, state| log.page(&state.directory, skip, limit)))
    }
}

#[async_trait]
impl ReadPositions for Memory {
    async fn mark_read(&self, room: RoomId, user: UserId, seq: Seq) -> Result<Seq, StoreError> {
        Ok(self.read(room, |log, _| log.mark_read(user, seq)))
    }
}

#[async_trait]
impl Revisions for Memory {
    async fn recheck(&self) {
        // It is time to check again, notified or not.
        let _ = timeout(Duration::from_secs(1), self.changed.notified()).await;
    }

    async fn stale(
        &self,
        users: Vec<(UserId, Revision)>,
        rooms: Vec<RoomVersion>,
    ) -> Result<Stale, StoreError> {
        Ok(self.state.read().stale(users, rooms))
    }
}

#[async_trait]
impl Health for Memory {
    async fn check(&self) -> Result<(), StoreError> {
        Ok(())
    }
}

impl Memory {
    /// Writes into the log of the precondition's room. The state stays locked until
    /// the write is done, so the precondition still holds then.
    fn write<T>(
        &self,
        precondition: Precondition,
        write: impl FnOnce(&mut Log, &State) -> T,
    ) -> Outcome<T> {
        let state = self.state.read();
        match state.log(precondition.room) {
            Some(log) if state.holds(&precondition) => {
                Outcome::Committed(write(&mut log.lock(), &state))
            }
            _ => Outcome::Conflict,
        }
    }

    /// Reads a room's log. A room that does not exist has an empty one.
    fn read<T>(&self, room: RoomId, read: impl FnOnce(&mut Log, &State) -> T) -> T {
        let state = self.state.read();
        match state.log(room) {
            Some(log) => read(&mut log.lock(), &state),
            None => read(&mut Log::new(room), &state),
        }
    }
}
