//! What is true of rooms: a simple model of the store.

use std::collections::HashMap;

use aftermatch_ports::{ListedRoom, RoomState, Scope, Summary, model::Message};

use super::super::{folds::message, inbox::OTHER, *};

/// The first one can be joined.
pub(super) const ROOMS: [RoomId; 2] = [ROOM, OTHER];

pub(super) const ANN_READS: UserId = UserId(1);
pub(super) const BOB_WRITES: UserId = UserId(2);
pub(super) const ADMIN: UserId = UserId(9);

#[derive(Default)]
pub(super) struct Truth(HashMap<RoomId, Log>);

#[derive(Default)]
struct Log {
    last_seq: i64,
    changes: i64,
    messages: Vec<Message>,
    /// How far Ann has read.
    read_seq: i64,
}

impl Log {
    /// The next event, which may be a message.
    fn next(&mut self, room: RoomId, by: UserId) -> (RoomEvent, Message) {
        self.last_seq += 1;
        let mut event = message(self.last_seq, by);
        let mut of = (*event.room.room).clone();
        of.id = room;
        of.revision = Revision(self.changes);
        event.room.room = Arc::new(of);
        let EventKind::Created(message) = &mut event.kind else {
            unreachable!("it is a message");
        };
        message.room = room;
        let message = message.clone();
        (event, message)
    }
}

impl Truth {
    fn log(&mut self, room: RoomId) -> &mut Log {
        self.0.entry(room).or_default()
    }

    pub(super) fn create(&mut self, room: RoomId, by: UserId) -> RoomEvent {
        let log = self.log(room);
        let (event, message) = log.next(room, by);
        log.messages.push(message);
        event
    }

    pub(super) fn edit(&mut self, room: RoomId, nth: usize) -> Option<RoomEvent> {
        let log = self.log(room);
        let index = super::nth(&log.messages, nth)?;
        let (event, _) = log.next(room, log.messages[index].author.id);
        let text = Text::stored("edited");
        let edited = &mut log.messages[index];
        edited.text = text.clone();
        edited.edited_at = Some(event.at);
        edited.changed_seq = event.seq;
        let kind = EventKind::Edited {
            id: edited.id,
            text,
        };
        Some(RoomEvent { kind, ..event })
    }

    pub(super) fn delete(&mut self, room: RoomId, nth: usize) -> Option<RoomEvent> {
        let log = self.log(room);
        let index = super::nth(&log.messages, nth)?;
        let deleted = log.messages.remove(index);
        let (event, _) = log.next(room, deleted.author.id);
        let kind = EventKind::Deleted {
            ids: vec![deleted.id],
            missing: Vec::new(),
        };
        Some(RoomEvent { kind, ..event })
    }

    /// Ann has read all but so many events. Returns her position if it has moved.
    pub(super) fn mark(&mut self, room: RoomId, back: i64) -> Option<Seq> {
        let log = self.log(room);
        let seq = log.last_seq - back;
        (seq > log.read_seq).then(|| {
            log.read_seq = seq;
            Seq(seq)
        })
    }

    pub(super) fn change(&mut self, room: RoomId) {
        self.log(room).changes += 1;
    }

    pub(super) fn summary(&mut self, room: RoomId, scope: Scope) -> Summary {
        let reader = scope.reader();
        let log = self.log(room);
        let mut view = event(log.last_seq, 2).room;
        let mut of = (*view.room).clone();
        of.id = room;
        of.revision = Revision(log.changes);
        view.room = Arc::new(of);
        let messages = log.messages.iter();
        let unread = messages
            .filter(|each| each.seq.0 > log.read_seq && Some(each.author.id) != reader)
            .count();
        Summary {
            listed: ListedRoom {
                view,
                last_seq: Seq(log.last_seq),
                unread: reader.map(|_| unread as u64),
                read_seq: reader.map(|_| Seq(log.read_seq)),
                last_message: log.messages.last().cloned(),
            },
            read_positions: Vec::new(),
        }
    }

    pub(super) fn states(&mut self, scope: Scope) -> Vec<(RoomId, RoomState)> {
        let states = ROOMS.map(|room| {
            let ListedRoom {
                view,
                last_seq,
                read_seq,
                ..
            } = self.summary(room, scope).listed;
            let state = RoomState {
                last_seq,
                read_seq,
                revision: view.room.revision,
            };
            (room, state)
        });
        states.into()
    }
}
