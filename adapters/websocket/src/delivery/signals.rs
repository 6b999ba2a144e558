//! What is in no log: the port [`Signals`].

use std::sync::Arc;

use aftermatch_ports::{
    Signal, Signals,
    model::{RoomId, Seq, SessionId, UserId},
};
use aftermatch_protocol::event;
use tokio::time::sleep_until;

use super::{connection::Connection, flush::Channel, hub::Hub};
use crate::encode;

impl Signals for Hub {
    fn typing(&self, session: SessionId, room: RoomId) {
        let (Some(connection), Some(channel)) = (self.connection(session), self.channel(room))
        else {
            return;
        };
        connection.type_in(room);
        if self.type_in(&channel, connection.user) {
            self.wants.signal(Signal::Typing {
                room,
                user: connection.user,
                is_typing: true,
            });
        }
    }

    fn read(&self, session: SessionId, room: RoomId, seq: Seq, shown: Option<Seq>) {
        let Some(connection) = self.connection(session) else {
            return;
        };
        let user = connection.user;
        self.deliver_read(room, user, shown);
        self.deliver_own_read(Some(session), room, user, seq);
        self.wants.signal(Signal::Read {
            room,
            user,
            seq,
            shown,
        });
        self.wants.signal(Signal::OwnRead { room, user, seq });
    }

    fn receive(&self, signal: Signal) {
        match signal {
            Signal::Typing {
                room,
                user,
                is_typing,
            } => {
                let Some(channel) = self.channel(room) else {
                    return;
                };
                if is_typing {
                    self.type_in(&channel, user);
                } else {
                    let connections = channel.lock().stop_typing(user);
                    flush(&connections);
                }
            }
            Signal::Read {
                room, user, shown, ..
            } => self.deliver_read(room, user, shown),
            Signal::OwnRead { room, user, seq } => self.deliver_own_read(None, room, user, seq),
            Signal::Presence { brand, is_online } => self.online.elsewhere(brand, is_online),
        }
    }
}

impl Hub {
    /// The user is typing. Returns whether that goes to other processes.
    fn type_in(&self, channel: &Arc<Channel>, user: UserId) -> bool {
        let typing = channel.lock().typing(user);
        flush(&typing.connections);
        if let Some(first) = typing.first_end {
            let channel = channel.clone();
            self.tasks().spawn(async move {
                let mut next = Some(first);
                while let Some(end) = next {
                    sleep_until(end).await;
                    let ended = channel.lock().end_typing();
                    flush(&ended.connections);
                    next = ended.next;
                }
            });
        }
        typing.is_passed_on
    }

    /// The user has no seat in the room any more.
    pub(super) fn typed_no_more(&self, connection: &Connection, room: RoomId) {
        let mut typed = connection.typed_in(room);
        // There is none if nobody else here has joined the room.
        if let Some(channel) = self.channel(room) {
            let connections = {
                let mut channel = channel.lock();
                if channel.has_seat_of(connection.user) {
                    return;
                }
                typed |= channel.is_typing(connection.user);
                channel.stop_typing(connection.user)
            };
            flush(&connections);
        }
        if !typed {
            return;
        }
        self.wants.signal(Signal::Typing {
            room,
            user: connection.user,
            is_typing: false,
        });
    }

    /// To the user's other connections, at once.
    fn deliver_own_read(&self, session: Option<SessionId>, room: RoomId, user: UserId, seq: Seq) {
        let own = self.followers.receiving_own_reads(user, session);
        if !own.is_empty() {
            let frame = encode::text(&event::read(room, user, seq));
            for connection in &own {
                connection.outbox().push(frame.clone());
            }
            flush(&own);
        }
    }

    /// To those who follow the room, and once a second to others who have joined it.
    fn deliver_read(&self, room: RoomId, user: UserId, shown: Option<Seq>) {
        self.followers.read(room, user, shown.is_some());
        if let (Some(shown), Some(channel)) = (shown, self.channel(room)) {
            let read = channel.lock().read(user, shown);
            flush(&read.connections);
            if let Some(first) = read.first_end {
                self.tasks().spawn(async move {
                    let mut next = Some(first);
                    while let Some(end) = next {
                        sleep_until(end).await;
                        let later = channel.lock().read_later(user);
                        flush(&later.connections);
                        next = later.next;
                    }
                });
            }
        }
    }
}

fn flush(connections: &[Arc<Connection>]) {
    for connection in connections {
        connection.outbox().flush();
    }
}
