use std::sync::Arc;

use aftermatch_ports::{
    Broadcast,
    model::{Epoch, Eviction, LogHead, RoomEvent, RoomId, SessionId},
};
use async_trait::async_trait;

use super::{connection::Flush, flush::Channel, hub::Hub, room_channel};

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
    async fn broadcast(&self, event: RoomEvent) {
        let (room, requester) = (event.room.room.id, event.requester);
        let Some(channel) = self.channel(room) else {
            self.reply(room_channel::reply_only(&event));
            return;
        };
        let (turn, after) = channel.lock().broadcast(event);
        self.finish(room, after);
        self.send(&channel, requester);
        if let Some(turn) = turn {
            // Ends in any case: a room in which an event is missing for too long is
            // closed.
            let _ = turn.await;
        }
    }

    fn insert(&self, events: Vec<RoomEvent>) {
        let room = events.first().map(|event| event.room.room.id);
        if let Some(room) = room
            && let Some(channel) = self.channel(room)
        {
            let after = channel.lock().insert(events);
            self.finish(room, after);
            channel.flush();
        }
    }

    fn expect(&self, room: RoomId, head: LogHead) {
        if let Some(channel) = self.channel(room) {
            let after = channel.lock().expect(head);
            self.finish(room, after);
        }
    }

    async fn overdue(&self) -> (RoomId, LogHead) {
        loop {
            let (at, room) = self.deadlines.next().await;
            let Some(channel) = self.channel(room) else {
                continue;
            };
            let (overdue, after) = channel.lock().look(at);
            self.finish(room, after);
            if let Some(delivered) = overdue {
                return (room, delivered);
            }
        }
    }

    fn close(&self, room: RoomId, epoch: Epoch, reason: Eviction) {
        if let Some(channel) = self.channel(room) {
            let after = channel.lock().close_log(epoch, reason);
            self.finish(room, after);
        }
    }

    fn delivered(&self, room: RoomId) -> Option<LogHead> {
        self.channel(room)?.lock().delivered()
    }
}
