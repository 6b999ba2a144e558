//! Events that the laws of relays publish.

use std::sync::Arc;

use aftermatch_model::{
    Attachments, Author, ClientMsgId, Epoch, EventKind, Message, MessageId, Pen, Profile,
    RequestId, Revision, Room, RoomEvent, RoomId, RoomKind, RoomView, Seq, SessionId, Text,
    Timestamp, UserId,
};

use super::subject::RelaySubject;
use crate::{Relay, RemoteEvent};

/// The revision of the users who cause events here.
const AUTHOR: Revision = Revision(1_234_567_890_123);

/// Whether this is the event that was published: all of it, or, if it is large,
/// without its content.
pub(super) fn arrived(received: &RemoteEvent, published: &RoomEvent) -> bool {
    let mut expected = RemoteEvent::of(published, AUTHOR);
    if received.content.is_none() && is_large(&published.kind) {
        expected.content = None;
    }
    *received == expected
}

/// Whether the event may be too large to be sent.
fn is_large(kind: &EventKind) -> bool {
    match kind {
        EventKind::Created(message) => message.text.as_str().len() > 7_000,
        EventKind::Edited { text, .. } => text.as_str().len() > 7_000,
        EventKind::Deleted { ids, .. } => ids.len() > 300,
    }
}

/// Whether this is the event that was published, or its number alone.
pub(super) fn is_of(received: &RemoteEvent, published: &RoomEvent) -> bool {
    let expected = RemoteEvent::of(published, AUTHOR);
    let number = RemoteEvent {
        content: None,
        ..expected.clone()
    };
    *received == expected || *received == number
}

pub(super) fn publish(instance: &dyn Relay, event: &RoomEvent) {
    instance.publish(event, AUTHOR);
}

pub(super) fn created<S: RelaySubject>(text: &str, client_msg_id: Option<&str>) -> EventKind {
    EventKind::Created(Message {
        id: MessageId(7),
        room: RoomId(1),
        author: Author {
            id: UserId(3),
            profile: Profile::new("{}"),
        },
        text: Text::stored(text),
        attachments: Some(Attachments::stored(r#"[{"id":"a\\n", "n":1e3}]"#)),
        created_at: moment::<S>(),
        edited_at: None,
        client_msg_id: client_msg_id.map(|id| ClientMsgId::new(id).unwrap()),
        seq: Seq(1),
        changed_seq: Seq(1),
    })
}

pub(super) fn edited(text: &str) -> EventKind {
    EventKind::Edited {
        id: MessageId(7),
        text: Text::stored(text),
    }
}

pub(super) fn deleted(ids: &[i64]) -> EventKind {
    EventKind::Deleted {
        ids: ids.iter().copied().map(MessageId).collect(),
        // Only the requester learns of these.
        missing: vec![MessageId(404).into()],
    }
}

/// An event in room 1.
pub(super) fn event<S: RelaySubject>(seq: i64, kind: EventKind) -> RoomEvent {
    event_in::<S>(RoomId(1), seq, kind)
}

pub(super) fn event_in<S: RelaySubject>(room: RoomId, seq: i64, kind: EventKind) -> RoomEvent {
    let room = Room {
        id: room,
        revision: Revision(12),
        epoch: Epoch {
            store: 0x9f3c_02a1,
            room: 43,
        },
        participants: Vec::new(),
        kind: RoomKind::default(),
        pen: Pen::default(),
        frozen: false,
    };
    RoomEvent {
        seq: Seq(seq),
        epoch: room.epoch,
        at: moment::<S>(),
        by: UserId(3),
        room: view(room),
        requester: Some(SessionId(1)),
        request_id: RequestId::new("1500000"),
        kind,
    }
}

/// When the events here were committed.
fn moment<S: RelaySubject>() -> Timestamp {
    S::moment(1_800_000_000_123)
}

pub(super) fn view(room: Room) -> RoomView {
    RoomView {
        room: Arc::new(room),
        has_business: false,
    }
}
