use std::{sync::Arc, time::Duration};

use aftermatch_ports::{
    Broadcast,
    model::{RoomEvent, RoomId, Seq, SessionId},
};
use async_trait::async_trait;
use tokio::time::timeout;

use super::{connection::Flush, flush::Channel, hub::Hub, room_channel};

/// How long an event waits for its predecessors; far above the usual time between
/// a commit and its broadcast.
const REORDER_TIMEOUT: Duration = Duration::from_millis(500);

impl Hub {
    /// Sends what was delivered in `channel`: at the end of the requester's turn, or
    /// at once.
    fn send(&self, channel: &Arc<Channel>, requester: Option<SessionId>) {
        let requester = requester.and_then(|session| self.connection(session));
        if !requester.is_some_and(|connection| connection.send_later(channel.clone())) {
            channel.clone().flush();
        }
    }
}

#[async_trait]
impl Broadcast for Hub {
    async fn broadcast(&self, event: RoomEvent) -> Result<(), Seq> {
        let (room, requester) = (event.room.room.id, event.requester);
        let Some(channel) = self.channel(room) else {
            self.reply(room_channel::reply_only(&event));
            return Ok(());
        };
        let (turn, replies) = channel.lock().broadcast(event);
        self.reply(replies);
        self.send(&channel, requester);
        let Some(turn) = turn else { return Ok(()) };
        if timeout(REORDER_TIMEOUT, turn).await.is_ok() {
            return Ok(());
        }
        // Before the first subscriber is anchored nothing is missing.
        let since = channel.lock().last_delivered();
        since.map_or(Ok(()), Err)
    }

    fn insert_remote(&self, room: RoomId, events: Vec<(Seq, Option<RoomEvent>)>) {
        if let Some(channel) = self.channel(room) {
            let replies = channel.lock().insert_remote(events);
            self.reply(replies);
            channel.flush();
        }
    }

    fn backfill(&self, room: RoomId, events: Option<Vec<RoomEvent>>, last_seq: Seq) {
        if events.is_none() {
            tracing::warn!(%room, %last_seq, "events cannot be read: delivery goes on without them");
        }
        if let Some(channel) = self.channel(room) {
            let replies = channel.lock().backfill(events, last_seq);
            self.reply(replies);
            channel.flush();
        }
    }

    fn last_delivered(&self, room: RoomId) -> Option<Seq> {
        self.channel(room)?.lock().last_delivered()
    }
}
