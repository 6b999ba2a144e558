//! The ports of a store, implemented by [`Memory`].

use std::{future::pending, ops::RangeInclusive, sync::Arc, time::Duration};

use aftermatch_ports::{
    AuditPage, Backlog, Changes, Commit, CreateOutcome, Deleted, DeltaSince, Difference, Draft,
    DuePush, Expected, FoundPiece, Health, History, HistoryPage, HistoryRange, Log, LogPage,
    Messages, Outcome, Page, People, Precondition, PushLimits, PushPage, Pushes, Read, ReadMark,
    ReadPositions, Revisions, RoomState, RoomSummary, Rooms, Scope, Settled, StoreError,
    VersionsPage,
    model::{
        BrandId, LogHead, Message, MessageId, Reason, RequestId, Room, RoomId, SearchWords, Seq,
        Text, User, UserId, access::DeleteScope,
    },
};
use async_trait::async_trait;
use tokio::time::timeout;

use crate::{
    Memory,
    log::{self, Stamp},
    state::State,
};

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
        let state = self.state.read();
        let rooms = state.directory.list(scope, page).into_iter();
        Ok(rooms
            .filter_map(|room| state.summary(room, scope.reader()))
            .collect())
    }

    async fn summaries(
        &self,
        of: Vec<(RoomId, Scope)>,
    ) -> Result<Vec<Option<RoomSummary>>, StoreError> {
        let state = self.state.read();
        let summary = |(room, scope): (RoomId, Scope)| {
            let room = state.directory.room(room)?.clone();
            state.summary(room, scope.reader())
        };
        Ok(of.into_iter().map(summary).collect())
    }

    async fn states(
        &self,
        scopes: Vec<Scope>,
    ) -> Result<Vec<(Scope, RoomId, RoomState)>, StoreError> {
        let state = self.state.read();
        let all = Page {
            after: None,
            limit: usize::MAX,
        };
        let rooms = scopes.into_iter().flat_map(|scope| {
            let rooms = state.directory.list(scope, all).into_iter();
            rooms.map(move |room| (scope, room.id))
        });
        let states =
            rooms.map(|(scope, room)| Some((scope, room, state.room_state(room, scope.reader())?)));
        Ok(states.flatten().collect())
    }

    async fn participants(&self, rooms: Vec<RoomId>) -> Result<Vec<(RoomId, BrandId)>, StoreError> {
        let state = self.state.read();
        let rooms = rooms.into_iter();
        let rooms = rooms.filter_map(|room| state.directory.room(room));
        let brands = rooms.flat_map(|room| {
            let brands = room.participants.iter();
            brands.map(|brand| (room.id, brand.id))
        });
        Ok(brands.collect())
    }

    async fn of_brands(&self, brands: Vec<BrandId>) -> Result<Vec<(RoomId, BrandId)>, StoreError> {
        let state = self.state.read();
        let rooms = brands.into_iter().flat_map(|brand| {
            let rooms = state.directory.rooms_of(brand);
            rooms.map(move |room| (room, brand))
        });
        Ok(rooms.collect())
    }
}

#[async_trait]
impl Messages for Memory {
    async fn create(
        &self,
        precondition: Precondition,
        drafts: Vec<Draft>,
    ) -> Vec<Result<Outcome<CreateOutcome>, StoreError>> {
        let create = |draft: Draft| {
            let request_id = draft.request_id.clone();
            Ok(self.write(precondition, request_id, |log, state, stamp| {
                let next_id = || state.next_message_id();
                log.create(&state.directory, next_id, draft, stamp)
            }))
        };
        drafts.into_iter().map(create).collect()
    }

    async fn edit(
        &self,
        precondition: Precondition,
        id: MessageId,
        text: Text,
        request_id: RequestId,
    ) -> Result<Outcome<Option<Commit>>, StoreError> {
        Ok(self.write(precondition, request_id, |log, _, stamp| {
            log.edit(id, text, stamp)
        }))
    }

    async fn delete(
        &self,
        precondition: Precondition,
        ids: Vec<MessageId>,
        scope: DeleteScope,
        reason: Option<Reason>,
        request_id: RequestId,
    ) -> Result<Outcome<Option<Deleted>>, StoreError> {
        Ok(self.write(precondition, request_id, |log, _, stamp| {
            log.delete(ids, scope, reason, stamp)
        }))
    }
}

#[async_trait]
impl Log for Memory {
    async fn head(&self, room: RoomId) -> Result<Option<LogHead>, StoreError> {
        Ok(self.state.read().head(room))
    }

    async fn events(
        &self,
        room: RoomId,
        after: Seq,
        limit: usize,
    ) -> Result<Option<LogPage>, StoreError> {
        Ok(self.read(room, |log, state| {
            log.events(&state.directory, after, limit)
        }))
    }

    async fn versions(
        &self,
        room: RoomId,
        message: MessageId,
        before: Option<Seq>,
        limit: usize,
    ) -> Result<Option<VersionsPage>, StoreError> {
        let page = self.read(room, |log, state| {
            log.versions(&state.directory, message, before, limit)
        });
        Ok(page.flatten())
    }

    async fn audit(
        &self,
        room: RoomId,
        before: Option<Seq>,
        limit: usize,
    ) -> Result<AuditPage, StoreError> {
        let page = self.read(room, |log, state| {
            log.audit(&state.directory, before, limit)
        });
        Ok(page.unwrap_or_default())
    }

    async fn purge(&self, keep: Duration, limit: usize) -> Result<usize, StoreError> {
        Ok(self.state.read().purge(self.clock.now(), keep, limit))
    }
}

#[async_trait]
impl Pushes for Memory {
    async fn find(&self, limits: PushLimits) -> Result<Option<Backlog>, StoreError> {
        let now = self.clock.now();
        let state = self.state.read();
        Ok(Some(self.pushes.lock().find(&state, now, limits)))
    }

    async fn due(&self, limit: usize) -> Result<Vec<DuePush>, StoreError> {
        Ok(self.pushes.lock().due(self.clock.now(), limit))
    }

    async fn read(&self, due: DuePush, limit: usize) -> Result<PushPage, StoreError> {
        Ok(self.state.read().push_page(due, limit, self.clock.now()))
    }

    async fn settle(&self, due: DuePush, settled: Settled) -> Result<(), StoreError> {
        let now = self.clock.now();
        self.pushes.lock().settle(due, &settled, now);
        Ok(())
    }

    async fn hasten(&self) -> Result<(), StoreError> {
        self.pushes.lock().hasten();
        Ok(())
    }
}

#[async_trait]
impl History for Memory {
    async fn delta_since(
        &self,
        room: RoomId,
        since: Seq,
        limit: usize,
    ) -> Result<DeltaSince, StoreError> {
        let delta = self.read(room, |log, state| {
            log.delta_since(&state.directory, since, limit)
        });
        Ok(delta.unwrap_or_default())
    }

    async fn next_delta(
        &self,
        room: RoomId,
        since: Seq,
        events: RangeInclusive<Seq>,
    ) -> Result<DeltaSince, StoreError> {
        let delta = self.read(room, |log, state| {
            log.next_delta(&state.directory, since, events)
        });
        Ok(delta.unwrap_or_default())
    }

    async fn history(
        &self,
        room: RoomId,
        range: HistoryRange,
        limit: usize,
    ) -> Result<HistoryPage, StoreError> {
        let page = self.read(room, |log, state| {
            log.history(&state.directory, range, limit)
        });
        Ok(page.unwrap_or(HistoryPage {
            messages: Vec::new(),
            has_older: false,
            has_newer: false,
            last_seq: Seq::ZERO,
        }))
    }

    async fn page(
        &self,
        room: RoomId,
        skip: u64,
        limit: usize,
    ) -> Result<(u64, Vec<Message>), StoreError> {
        let page = self.read(room, |log, state| log.page(&state.directory, skip, limit));
        Ok(page.unwrap_or_default())
    }

    async fn search(
        &self,
        room: RoomId,
        words: &SearchWords,
        before: Option<Seq>,
        limit: usize,
    ) -> Result<FoundPiece, StoreError> {
        let found = self.read(room, |log, state| {
            log.search(&state.directory, words, before, limit)
        });
        Ok(found.unwrap_or(FoundPiece {
            messages: Vec::new(),
            next: None,
            last_seq: Seq::ZERO,
        }))
    }
}

#[async_trait]
impl ReadPositions for Memory {
    async fn mark_read(
        &self,
        room: RoomId,
        user: UserId,
        seq: Seq,
        is_shown: bool,
    ) -> Result<ReadMark, StoreError> {
        let mark = self.read(room, |log, _| log.mark_read(user, seq, is_shown));
        Ok(mark.unwrap_or(ReadMark {
            seq: Seq::ZERO,
            moved: false,
            shown: None,
        }))
    }

    async fn shown(&self, rooms: Vec<RoomId>) -> Result<Vec<(RoomId, UserId, Seq)>, StoreError> {
        let state = self.state.read();
        Ok(rooms
            .into_iter()
            .flat_map(|room| state.shown(room))
            .collect())
    }
}

#[async_trait]
impl Revisions for Memory {
    async fn recheck(&self) {
        // It is time to check again, notified or not.
        let _ = timeout(Duration::from_secs(1), self.changed.notified()).await;
    }

    async fn changes(&self) -> Result<Changes, StoreError> {
        Ok(self.state.write().changes())
    }

    async fn compare(&self, expected: Expected) -> Result<Difference, StoreError> {
        Ok(self.state.read().compare(expected))
    }

    async fn platform_events(&self) -> Vec<(RoomId, LogHead)> {
        // No platform writes into this store.
        pending().await
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
        request_id: RequestId,
        write: impl FnOnce(&mut log::Log, &State, Stamp) -> T,
    ) -> Outcome<T> {
        let state = self.state.read();
        let log = state.log(precondition.room);
        let Some(log) = log.filter(|_| state.holds(&precondition)) else {
            return Outcome::Conflict;
        };
        let mut log = log.lock();
        let before = log.last_seq();
        let stamp = Stamp {
            by: precondition.user,
            at: log.time(self.clock.now()),
            request_id,
        };
        let outcome = write(&mut log, &state, stamp);
        if log.last_seq() != before {
            state.set_written(precondition.room, &mut log);
        }
        Outcome::Committed(outcome)
    }

    /// Reads a room's log; `None` if there is no such room.
    fn read<T>(&self, room: RoomId, read: impl FnOnce(&mut log::Log, &State) -> T) -> Option<T> {
        let state = self.state.read();
        let log = state.log(room)?;
        Some(read(&mut log.lock(), &state))
    }
}
