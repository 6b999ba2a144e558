//! The newest state of rooms, for the connections that follow them: the port [`Inbox`].
//!
//! | file | what it does |
//! |---|---|
//! | `followers` | who follows what |
//! | `group` | the connections of one scope, and the rooms that it has |
//! | `entries` | which rooms are due, and when |
//! | `frames` | what is sent |
//!
//! Invariants:
//! 1. Whatever changes in a room makes it due for each scope that has it. A room that
//!    changes while it is read becomes due again. So the last summary that is delivered is
//!    never older than the last change.
//! 2. A room is read for a scope by one task at a time, and rests for [`REST`] after it was
//!    delivered. So summaries of a room come in their order, and no more often.
//! 3. A connection that has joined a room receives its events, and no summaries of events.
//!    When it loses the seat, the room is due for it: what the seat did not receive is in
//!    the summary.
//! 4. While the rooms of a scope are being read for the first time, what changes anywhere is
//!    remembered: it may be missing in what is read.
//!
//! The lock on who follows what is taken after those of rooms, and no lock but that of
//! [`Wants`](super::wants::Wants) is taken under it.

mod entries;
mod followers;
mod frames;
mod group;

use std::time::Duration;

use aftermatch_ports::{
    DueRoom, Inbox, RoomState, Scope, Summary,
    model::{BrandId, Eviction, Following, RoomId, Seq, SessionId},
};
use async_trait::async_trait;

pub(super) use self::followers::Followers;
use super::hub::Hub;

/// How long a room is not due again for a scope after it was delivered.
const REST: Duration = Duration::from_secs(1);

#[async_trait]
impl Inbox for Hub {
    fn following(&self, session: SessionId) -> Following {
        self.followers.following(session)
    }

    fn follow(&self, session: SessionId, following: Following) -> Option<Scope> {
        let connection = self.connection(session)?;
        self.online
            .hears(connection.hears().presence, following.presence);
        self.followers.follow(&connection, following)
    }

    fn scopes(&self) -> Vec<Scope> {
        self.followers.scopes()
    }

    fn load(&self, scope: Scope, rooms: Vec<(RoomId, RoomState)>) {
        self.followers.load(scope, rooms);
    }

    fn written(&self, room: RoomId, seq: Seq) {
        self.followers.written(room, seq);
    }

    fn changed(&self, rooms: Vec<RoomId>, participants: Vec<(RoomId, BrandId)>) {
        self.followers.changed(&rooms, &participants);
    }

    async fn due(&self) -> Vec<DueRoom> {
        self.followers.due().await
    }

    fn deliver(&self, due: DueRoom, summary: Result<Summary, Eviction>) {
        match summary {
            Ok(summary) => {
                let delivery = self.followers.delivered(due, &summary);
                frames::send(&summary, &delivery, || {
                    self.online.of(&summary.listed.view.room)
                });
            }
            Err(reason) => {
                let connections = self.followers.removed(due);
                frames::send_removed(due.room, reason, &connections);
            }
        }
    }

    fn postpone(&self, due: DueRoom) {
        self.followers.postpone(due);
    }
}
