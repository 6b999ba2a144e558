//! Events that this process has missed: they are read from the log.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
};

use aftermatch_ports::{
    LogPage, Read, StoreError,
    model::{Eviction, LogHead, LoggedEvent, Room, RoomEvent, RoomId},
};

use crate::Ports;

/// How many events are read at a time.
const PAGE: usize = 500;

/// How many events may be missing. A client that misses more reads the room again.
const MAX_MISSING: i64 = 1_000;

/// The rooms whose logs are being read. Several tasks share it: a room whose read hangs
/// holds up one of them, not all.
#[derive(Default)]
pub struct Readers(Mutex<HashSet<RoomId>>);

/// A room whose log is being read, until this is dropped.
struct Reading<'a> {
    readers: &'a Readers,
    room: RoomId,
}

impl Readers {
    /// Waits for a room in which an event is missing, and reads its log. Several tasks
    /// may do this side by side.
    ///
    /// # Errors
    /// The log cannot be read now: the room is overdue again after a pause.
    pub async fn read_next(&self, ports: &Ports) -> Result<(), StoreError> {
        let (room, delivered) = ports.broadcast.overdue().await;
        match self.begin(room) {
            Some(_reading) => catch_up(ports, room, delivered).await,
            None => Ok(()),
        }
    }

    /// `None`: another task reads it.
    fn begin(&self, room: RoomId) -> Option<Reading<'_>> {
        let begun = self.rooms(|rooms| rooms.insert(room));
        begun.then(|| Reading {
            readers: self,
            room,
        })
    }

    fn rooms<T>(&self, change: impl FnOnce(&mut HashSet<RoomId>) -> T) -> T {
        // No panic leaves the set half changed.
        let rooms = self.0.lock();
        change(&mut rooms.unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        self.readers.rooms(|rooms| rooms.remove(&self.room));
    }
}

/// Delivers what the log of `room` has after `delivered`. If it does not have it,
/// the seats of the room end.
async fn catch_up(ports: &Ports, room: RoomId, delivered: LogHead) -> Result<(), StoreError> {
    let page = ports.log.events(room, delivered.last_seq, PAGE).await?;
    let found = match page.as_ref().map(|page| continuation(page, delivered)) {
        None => Err(Eviction::RoomRemoved),
        Some(Err(ended)) => Err(ended),
        Some(Ok(events)) => match ports.rooms.room(room, Read::Fresh).await? {
            Some(room) => Ok((room, events)),
            None => Err(Eviction::RoomRemoved),
        },
    };
    match found {
        Ok((room, events)) => {
            let events = events.iter().map(|logged| event(delivered, &room, logged));
            ports.broadcast.insert(events.collect());
        }
        // Delivery went on while the log was read: nothing may be missing any more.
        Err(Eviction::Behind) if ports.broadcast.delivered(room) != Some(delivered) => {}
        Err(reason) => ports.broadcast.close(room, delivered.epoch, reason),
    }
    Ok(())
}

/// The events that follow `delivered`, or why there are none.
fn continuation(page: &LogPage, delivered: LogHead) -> Result<&[LoggedEvent], Eviction> {
    let LogPage { head, events } = page;
    if head.epoch != delivered.epoch {
        return Err(delivered.epoch.ended_by(head.epoch));
    }
    if head.last_seq < delivered.last_seq {
        return Err(Eviction::Restarted);
    }
    if head.last_seq.0 - delivered.last_seq.0 > MAX_MISSING {
        return Err(Eviction::Behind);
    }
    events.as_deref().ok_or(Eviction::Behind)
}

/// The event as it is delivered: in the room as it was at that time.
fn event(delivered: LogHead, room: &Arc<Room>, logged: &LoggedEvent) -> RoomEvent {
    RoomEvent {
        seq: logged.seq,
        epoch: delivered.epoch,
        at: logged.at,
        by: logged.by,
        room: room.clone().at(logged.at),
        requester: None,
        request_id: logged.request_id.clone(),
        kind: logged.kind.clone(),
    }
}

#[cfg(test)]
mod tests;
