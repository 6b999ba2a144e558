use std::time::Duration;

use aftermatch_model::{
    ClientMsgId, Endpoint, EventKind, FollowedRooms, Following, LogHead, Message, MessageId,
    Reason, RequestId, RequestedId, RoomEvent, RoomId, RoomView, Seq, Session, SignedAttachment,
    Timestamp, UserId,
};
use async_trait::async_trait;

use crate::{
    AuditPage, ChatError, FoundPiece, HistoryPage, HistoryRange, Page, Reservation, VersionsPage,
};

/// What a client can request.
///
/// Every method authorizes by the rights of the moment, except for
/// [`Chat::replay_rest`]. It can return
/// [`ChatError::Refused`] or [`ChatError::Store`]; a request that was refused or
/// failed has changed nothing. The requests of one session come one after the
/// other.
#[async_trait]
pub trait Chat: Send + Sync {
    /// Opens a session for the user of `token`.
    async fn connect(&self, token: &str, endpoint: Endpoint) -> Result<Session, ChatError>;

    /// The rooms of the session's brand, or all rooms for an administrator, by id.
    async fn list_rooms(&self, session: &Session, page: Page)
    -> Result<Vec<ListedRoom>, ChatError>;

    /// Sets what the session receives beyond the events of its joined room, from now on.
    async fn follow(&self, session: &Session, follow: Follow) -> Result<Followed, ChatError>;

    /// Replaces the access token of the session by another one of the same user.
    async fn renew(&self, session: &Session, token: &str) -> Result<Renewed, ChatError>;

    /// Joins a room and leaves the one joined before. The caller puts the response
    /// and the replay into the session's outbox and then activates the reservation.
    /// A refused join leaves the session where it was.
    async fn join_room(&self, session: &Session, join: Join) -> Result<Joined, ChatError>;

    /// More of what a client missed. The join has authorized it, and a seat that is
    /// taken away ends the replay.
    async fn replay_rest(&self, rest: Rest) -> Result<Replay, ChatError>;

    /// Leaves the joined room and returns it.
    async fn leave_room(&self, session: &Session) -> Result<RoomId, ChatError>;

    /// The joined room.
    async fn current_room(&self, session: &Session) -> Result<RoomView, ChatError>;

    /// Messages of the joined room, oldest first, `limit` at most, and fewer if their texts
    /// are long ([`History::history`](crate::History::history)).
    async fn history(
        &self,
        session: &Session,
        range: HistoryRange,
        limit: usize,
    ) -> Result<HistoryPage, ChatError>;

    /// How many messages the joined room has and, newest first and without the
    /// first `skip`, at most `limit` of them, and fewer if their texts are long
    /// ([`History::page`](crate::History::page)).
    async fn page(
        &self,
        session: &Session,
        skip: u64,
        limit: usize,
    ) -> Result<(u64, Vec<Message>), ChatError>;

    /// Messages of the joined room that have all words of `text`, newest first: `limit` at
    /// most of those in a piece of the room
    /// ([`History::search`](crate::History::search)).
    async fn search(
        &self,
        session: &Session,
        text: &str,
        before: Option<Seq>,
        limit: usize,
    ) -> Result<FoundPiece, ChatError>;

    /// For administrators: what a message of the joined room was, up to event `before`, and
    /// the room ([`Log::versions`](crate::Log::versions)).
    async fn message_history(
        &self,
        session: &Session,
        message: MessageId,
        before: Option<Seq>,
        limit: usize,
    ) -> Result<(RoomId, VersionsPage), ChatError>;

    /// For administrators: what was edited and deleted in the joined room, up to event
    /// `before`, and the room ([`Log::audit`](crate::Log::audit)).
    async fn audit(
        &self,
        session: &Session,
        before: Option<Seq>,
        limit: usize,
    ) -> Result<(RoomId, AuditPage), ChatError>;

    /// The user is typing in the joined room, which is returned.
    async fn typing(&self, session: &Session) -> Result<RoomId, ChatError>;

    /// Moves the user's read position in the joined room forward to `seq`. Returns
    /// the room and the position now. If `is_private`, others are not shown that.
    async fn mark_read(
        &self,
        session: &Session,
        seq: Seq,
        is_private: bool,
    ) -> Result<(RoomId, Seq), ChatError>;

    /// Creates messages that were requested together, in this order. `answer` gets the
    /// response to each in its turn: before, those of the messages before it were delivered
    /// or given to `answer`.
    async fn create_messages(
        &self,
        session: &Session,
        messages: Vec<Submission>,
        answer: &mut (dyn FnMut(CreateAnswer) + Send),
    );

    /// Replaces the text of an own message; a blank one only if it has attachments. The event, delivered to everyone
    /// joined, is the response.
    async fn edit_message(
        &self,
        session: &Session,
        id: MessageId,
        text: &str,
        request_id: RequestId,
    ) -> Result<(), ChatError>;

    /// Deletes messages. The event, delivered to everyone joined, is the response. The
    /// `reason` is not in it.
    async fn delete_messages(
        &self,
        session: &Session,
        ids: Vec<RequestedId>,
        reason: Option<Reason>,
        request_id: RequestId,
    ) -> Result<(), ChatError>;
}

/// What a session begins or ends to follow. `None` leaves it as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Follow {
    /// The rooms.
    pub rooms: Option<FollowedRooms>,
    /// Who is typing.
    pub typing: Option<bool>,
    /// Who is online.
    pub presence: Option<bool>,
    /// How far others have read.
    pub read_positions: Option<bool>,
}

/// What a session follows now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Followed {
    /// What it receives beyond the events of its joined room.
    pub following: Following,
    /// The longest text of a message, in Unicode scalar values.
    pub max_text_chars: usize,
    /// The most attachments of a message; 0 if there can be none.
    pub max_attachments: usize,
    /// The time.
    pub now: Timestamp,
    /// How long the access token with which the session was opened is still valid.
    pub token_left: Duration,
}

/// An access token was accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Renewed {
    /// When it expires, in seconds since 1970.
    pub expires: i64,
    /// How long it is still valid.
    pub left: Duration,
}

/// How to join a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Join {
    /// The room.
    pub room: RoomId,
    /// The last event that the client received: what it missed is part of the result.
    pub since: Option<Since>,
    /// Whether the seat receives new messages without their room.
    pub is_lean: bool,
    /// Whether the result has how far others have read.
    pub with_read_positions: bool,
}

/// The last event of a room that a client received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Since {
    /// Its number.
    pub seq: Seq,
    /// The log in which it has this number, as the client knows it; `None` if the
    /// client does not.
    pub epoch: Option<String>,
}

/// A room was joined.
#[derive(Debug)]
pub struct Joined {
    /// The seat, not active yet.
    pub reservation: Reservation,
    /// The room.
    pub view: RoomView,
    /// How far the room's log goes. The seat receives what follows.
    pub head: LogHead,
    /// What the client missed.
    pub missed: Missed,
    /// How far users are shown to have read the room, if that was asked for.
    pub read_positions: Option<Vec<(UserId, Seq)>>,
}

/// What a client missed since the last event it received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Missed {
    /// The client did not ask.
    NotRequested,
    /// More than is replayed, or `since` is not a number of the past or of another
    /// log: the client reads the room again.
    TooMuch,
    /// This, up to [`Joined::head`].
    Events(Replay),
}

/// Missed events, as many as are read at a time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Replay {
    /// In the order of their numbers.
    pub events: Vec<(Seq, EventKind)>,
    /// What follows them ([`Chat::replay_rest`]).
    pub rest: Option<Rest>,
}

/// Missed events that have not been read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rest {
    /// Their room.
    pub room: RoomId,
    /// The last event that the client received before.
    pub since: Seq,
    /// The number of the first event.
    pub next: Seq,
    /// How far the log went at the join: the last event, at most.
    pub head: LogHead,
    /// Events that have been read, but come later.
    pub later: Vec<(Seq, EventKind)>,
}

/// A room in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedRoom {
    /// The room.
    pub view: RoomView,
    /// The number of its last event.
    pub last_seq: Seq,
    /// How many messages of others the user has not read; `None` for an
    /// administrator.
    pub unread: Option<u64>,
    /// The user's read position; `None` for an administrator.
    pub read_seq: Option<Seq>,
    /// The newest message.
    pub last_message: Option<Message>,
}

/// A message that a client wants to create.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// The text.
    pub text: String,
    /// What it carries beside the text.
    pub attachments: Vec<SignedAttachment>,
    /// The client's own id for the message.
    pub client_msg_id: Option<ClientMsgId>,
    /// The id of the request.
    pub request_id: RequestId,
}

/// The response to a request to create a message. `None`: the event, delivered to everyone
/// joined, is the response. A duplicate (the same text and attachments under the same
/// `client_msg_id`) creates nothing: the event of the first message is for the requester
/// alone.
pub type CreateAnswer = Result<Option<RoomEvent>, ChatError>;
