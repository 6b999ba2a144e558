//! What follows a change of a room channel, without its lock.

use aftermatch_ports::model::RoomId;
use aftermatch_protocol::event;

use super::{
    hub::Hub,
    room_channel::{After, Closed, DirectReply},
};

impl Hub {
    pub(super) fn finish(&self, room: RoomId, after: After) {
        let After {
            replies,
            closed,
            deadline,
        } = after;
        if let Some(deadline) = deadline {
            self.deadlines.add(deadline, room);
        }
        for closed in closed {
            self.finish_closing(room, &closed);
        }
        self.reply(replies);
    }

    /// Sends the notices, and drops the channel if nobody is left in it.
    fn finish_closing(&self, room: RoomId, closed: &Closed) {
        let Closed {
            reason,
            seats,
            connections,
        } = closed;
        if *seats > 0 {
            tracing::warn!(%room, ?reason, seats, "the seats in a room were taken away");
        }
        self.metrics().evicted(event::reason(*reason), *seats);
        for connection in connections {
            connection.outbox().flush();
            self.seat_lost(connection, room);
        }
        self.with_channel(room, |_| ());
    }

    pub(super) fn reply(&self, replies: impl IntoIterator<Item = DirectReply>) {
        for DirectReply {
            session,
            frame,
            turn,
        } in replies
        {
            if let Some(connection) = self.connection(session) {
                let outbox = connection.outbox();
                outbox.push(outbox.form(&mut frame.into()));
                outbox.flush();
            }
            drop(turn);
        }
    }
}
