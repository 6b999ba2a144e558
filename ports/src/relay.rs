use aftermatch_model::{
    Attachments, BrandId, ClientMsgId, Epoch, EventKind, MessageId, RequestId, Revision, RoomEvent,
    RoomId, Seq, Text, Timestamp, UserId,
};
use async_trait::async_trait;

use crate::Signal;

/// Events between the processes of this service that share one store.
///
/// The relay only makes delivery fast. Events may be lost, doubled or out of
/// order on it; the [`Log`](crate::Log) has them all.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Relay: Send + Sync {
    /// Waits until every other process sends its events to this one. Returns after a
    /// few seconds in any case: a process that hangs must not keep others from
    /// starting.
    async fn ready(&self);

    /// Sends an event that this process committed to the other processes that want
    /// it, if there are any. Does not wait until it is sent. `author` is the revision of the
    /// user who caused it.
    fn publish(&self, event: &RoomEvent, author: Revision);

    /// Waits for events that other processes committed in rooms that are wanted here.
    ///
    /// One task at a time calls this, again and again: an adapter may do its work
    /// only while this is polled.
    async fn receive(&self) -> Vec<RemoteEvent>;

    /// Waits for signals of other processes: of rooms and users that are wanted here, and of
    /// brands if that is. What was said of read positions shortly before a room or a user was
    /// wanted may come, too. Signals can be lost, except that a brand is never thought to be
    /// online for long at a process that is gone.
    ///
    /// One task at a time calls this, again and again.
    async fn signals(&self) -> Vec<Signal>;
}

/// What the hub says to the other processes: of which rooms it wants their events, as nobody
/// else knows who has joined or follows a room here, who is connected, and what is in no log.
pub trait Interest: Send + Sync {
    /// Whether the events of `room` are wanted, and how soon. At first they are not. While they
    /// are, [`Relay::receive`] returns every event that another process commits there, or at
    /// least its number, also when the urgency changes. Does not wait for other processes: they
    /// may learn it later.
    fn room_wanted(&self, room: RoomId, urgency: Option<Urgency>);

    /// Whether the events of every room are wanted, [`Urgency::Soon`]. At first they are not.
    fn all_wanted(&self, wanted: bool);

    /// Whether it is wanted how far this user reads, in whatever room: [`Signal::OwnRead`]. At
    /// first it is not. Does not wait for other processes.
    fn reads_wanted(&self, user: UserId, wanted: bool);

    /// Whether it is wanted which brands have connections at other processes. At first it is
    /// not. Returns at once; [`Relay::signals`] then returns those that have some.
    fn presence_wanted(&self, wanted: bool);

    /// The brand has a connection at this process, or none any more.
    fn online(&self, brand: BrandId, is_online: bool);

    /// Sends a signal to the other processes that want its room; of an [`Signal::OwnRead`], to
    /// those that want its user. Does not wait. Signals of brands come from
    /// [`Interest::online`].
    fn signal(&self, signal: Signal);
}

/// How soon the events of a room are wanted. A relay may take all of them for urgent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Urgency {
    /// Somebody follows the room, and nobody has joined it: the events may gather for a
    /// tenth of a second.
    Soon,
    /// Somebody has joined the room.
    AtOnce,
}

/// An event that another process committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteEvent {
    /// The room.
    pub room: RoomId,
    /// The log in which it has its number.
    pub epoch: Epoch,
    /// The number of the event.
    pub seq: Seq,
    /// The event itself. `None`: the log has it. It was too large to be sent, or was
    /// committed before its process knew that this room is wanted here.
    pub content: Option<RemoteContent>,
}

/// What an event that another process committed was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteContent {
    /// When it was committed.
    pub at: Timestamp,
    /// Who caused it.
    pub by: UserId,
    /// The revision of that user.
    pub author: Revision,
    /// The revision of the room.
    pub room: Revision,
    /// The `request_id` of the request that caused it.
    pub request_id: RequestId,
    /// What happened.
    pub kind: RemoteKind,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RemoteKind {
    /// A message was created.
    Created {
        /// Its id.
        id: MessageId,
        /// Its text.
        text: Text,
        /// What it carries beside the text.
        attachments: Option<Attachments>,
        /// The id that its author's program gave it.
        client_msg_id: Option<ClientMsgId>,
    },
    /// The text of a message was replaced.
    Edited {
        /// The message.
        id: MessageId,
        /// The new text.
        text: Text,
    },
    /// Messages were deleted.
    Deleted {
        /// Those that were deleted, in the order of the request, once each.
        ids: Vec<MessageId>,
    },
}

impl RemoteEvent {
    /// What other processes need of `event`, whose author is at this revision.
    #[must_use]
    pub fn of(event: &RoomEvent, author: Revision) -> Self {
        Self {
            room: event.room.room.id,
            epoch: event.epoch,
            seq: event.seq,
            content: Some(RemoteContent {
                at: event.at,
                by: event.by,
                author,
                room: event.room.room.revision,
                request_id: event.request_id.clone(),
                kind: RemoteKind::of(&event.kind),
            }),
        }
    }
}

impl RemoteKind {
    fn of(kind: &EventKind) -> Self {
        match kind {
            EventKind::Created(message) => Self::Created {
                id: message.id,
                text: message.text.clone(),
                attachments: message.attachments.clone(),
                client_msg_id: message.client_msg_id.clone(),
            },
            EventKind::Edited { id, text } => Self::Edited {
                id: *id,
                text: text.clone(),
            },
            EventKind::Deleted { ids, .. } => Self::Deleted { ids: ids.clone() },
        }
    }
}
