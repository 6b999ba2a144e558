use std::collections::HashMap;

use aftermatch_ports::{
    Connected, ConnectedSession, Presence,
    model::{Refusal, SessionId},
};
use aftermatch_protocol::close::Close;

use super::hub::Hub;

impl Presence for Hub {
    fn connected(&self) -> Connected {
        let mut sessions: HashMap<_, _> = self
            .connections
            .read()
            .values()
            .map(|connection| {
                let session = ConnectedSession {
                    session: connection.session,
                    user: connection.user,
                    endpoint: connection.endpoint,
                    viewer: connection.viewer(),
                    seats: Vec::new(),
                };
                (connection.session, session)
            })
            .collect();
        let channels: Vec<_> = {
            let rooms = self.rooms.read();
            let channels = rooms.iter();
            channels
                .map(|(room, channel)| (*room, channel.clone()))
                .collect()
        };
        let mut rooms = Vec::with_capacity(channels.len());
        for (room, channel) in channels {
            let channel = channel.lock();
            rooms.extend(channel.delivered().map(|delivered| (room, delivered)));
            for seat in channel.seats() {
                if let Some(session) = sessions.get_mut(&seat.session) {
                    session.seats.push((seat.room, seat.viewer));
                }
            }
        }
        let sessions = sessions.into_values().collect();
        Connected { sessions, rooms }
    }

    fn disconnect(&self, session: SessionId, reason: Refusal) {
        let connection = self.connection(session);
        if let (Some(connection), Some(close)) = (connection, Close::after(&reason)) {
            tracing::info!(session = session.0, ?reason, "disconnected");
            connection.outbox().close(close);
        }
    }
}
