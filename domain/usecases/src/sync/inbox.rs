//! The newest state of rooms, for those who follow them.
//!
//! Events and read marks make a room due at once ([`Inbox`](aftermatch_ports::Inbox)). What
//! they miss, because a word of another process was lost, the rechecks find.

use std::{collections::HashSet, mem};

use aftermatch_ports::{
    DueRoom, RoomSummary, Scope, StoreError, Summary,
    model::{Eviction, RoomId, Seq, UserId, Viewer},
};

use crate::{Ports, follow, list_rooms::listed};

/// Waits for rooms that are due, reads them, and delivers them. Several tasks may do this
/// side by side.
///
/// # Errors
/// The rooms cannot be read now: they are due again after a pause.
pub async fn deliver_next(ports: &Ports) -> Result<(), StoreError> {
    let due = Due {
        ports,
        rooms: ports.inbox.due().await,
    };
    due.deliver().await
}

/// Rooms that are due. Those that were not delivered when this is dropped are postponed.
struct Due<'a> {
    ports: &'a Ports,
    rooms: Vec<DueRoom>,
}

impl Due<'_> {
    async fn deliver(mut self) -> Result<(), StoreError> {
        let ports = self.ports;
        let of = self.rooms.iter().map(|due| (due.room, due.scope));
        let summaries = ports.rooms.summaries(of.collect()).await?;
        let shown = self.shown().await?;
        for (due, summary) in self.rooms.drain(..).zip(summaries) {
            let summary = in_reach(summary, due.scope);
            let summary = summary.map(|summary| whole(ports, summary, &shown));
            ports.inbox.deliver(due, summary);
        }
        Ok(())
    }

    /// How far users are shown to have read the rooms for which that is asked.
    async fn shown(&self) -> Result<Vec<(RoomId, UserId, Seq)>, StoreError> {
        let asked = self.rooms.iter().filter(|due| due.with_read_positions);
        let asked: HashSet<_> = asked.map(|due| due.room).collect();
        if asked.is_empty() {
            return Ok(Vec::new());
        }
        let asked = asked.into_iter().collect();
        self.ports.read_positions.shown(asked).await
    }
}

fn whole(ports: &Ports, summary: RoomSummary, shown: &[(RoomId, UserId, Seq)]) -> Summary {
    let of_room = shown.iter().filter(|(room, ..)| *room == summary.room.id);
    Summary {
        read_positions: of_room.map(|(_, user, seq)| (*user, *seq)).collect(),
        listed: listed(summary, ports.clock.now()),
    }
}

impl Drop for Due<'_> {
    fn drop(&mut self) {
        for due in self.rooms.drain(..) {
            self.ports.inbox.postpone(due);
        }
    }
}

/// The room, or why the scope does not have it.
fn in_reach(summary: Option<RoomSummary>, scope: Scope) -> Result<RoomSummary, Eviction> {
    let summary = summary.ok_or(Eviction::RoomRemoved)?;
    let viewer = match scope {
        Scope::All => Viewer::Admin,
        Scope::Brand { brand, .. } => Viewer::Brand(brand),
    };
    if summary.room.admits(viewer) {
        Ok(summary)
    } else {
        Err(Eviction::BrandRemoved)
    }
}

/// How many scopes are compared at a time, and at one recheck. The rights of those who are
/// connected are checked in between.
const SCOPES: usize = 200;
const SCOPES_OF_RECHECK: usize = 1_000;

/// What the rechecks have found for the inbox and could not be looked at yet.
#[derive(Default)]
pub(super) struct Unseen {
    rooms: HashSet<RoomId>,
    /// Of which anything may have changed.
    scopes: HashSet<Scope>,
    /// The same of all.
    everything: bool,
}

impl Unseen {
    pub(super) fn changed(&mut self, rooms: &[RoomId]) {
        self.rooms.extend(rooms);
    }

    /// The rooms of these have not been read.
    pub(super) fn unloaded(&mut self, scopes: Vec<Scope>) {
        self.scopes.extend(scopes);
    }

    /// What has changed is not known.
    pub(super) fn everything(&mut self) {
        self.everything = true;
    }

    /// Looks at it, as far as it can be read.
    pub(super) async fn look(&mut self, ports: &Ports) -> Result<(), StoreError> {
        if mem::take(&mut self.everything) {
            self.scopes.extend(ports.inbox.scopes());
        }
        let some: Vec<_> = self
            .scopes
            .iter()
            .copied()
            .take(SCOPES_OF_RECHECK)
            .collect();
        for some in some.chunks(SCOPES) {
            follow::load(ports, some).await?;
            for scope in some {
                self.scopes.remove(scope);
            }
        }
        if !self.rooms.is_empty() {
            let rooms: Vec<_> = self.rooms.iter().copied().collect();
            if !ports.inbox.scopes().is_empty() {
                let participants = ports.rooms.participants(rooms.clone()).await?;
                ports.inbox.changed(rooms, participants);
            }
            self.rooms.clear();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
