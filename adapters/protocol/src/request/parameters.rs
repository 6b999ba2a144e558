//! The parameters of the actions. A field is a parameter, its type says what is
//! accepted, and its documentation is published.

mod create;
mod delete;
mod past;

use std::{borrow::Cow, fmt};

use aftermatch_ports::{
    Follow, HistoryRange,
    model::{ClientMsgId, Endpoint, FollowedRooms, Reason, RoomId, Seq, SignedAttachment},
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde_json::json;

use self::delete::DeleteOwnMessages;
pub use self::{
    create::CreateMessage,
    delete::DeleteMessages,
    past::{Audit, MessageHistory},
};
use super::{
    envelope::RawParameters,
    reader::read,
    value::{AtLeast, Id, Ids, Position, Rooms, ShortText, UpTo},
};
use crate::{
    action::Action,
    error::{ErrorCode, ProtocolError},
    limits::{
        DEFAULT_MESSAGES, MAX_DELETED, MAX_EPOCH_CHARS, MAX_FOLLOWED, MAX_MESSAGES, MAX_REPLAY,
        MAX_ROOMS, MAX_SEARCH_CHARS,
    },
};

/// An action, with its parameters.
#[derive(Debug, PartialEq, Eq)]
pub enum Parameters<'a> {
    /// [`Action::List`]
    List(List),
    /// [`Action::Follow`]
    Follow(Follow),
    /// [`Action::Renew`]
    Renew(Renew<'a>),
    /// [`Action::JoinRoom`]
    JoinRoom(JoinRoom),
    /// [`Action::LeaveRoom`]
    LeaveRoom,
    /// [`Action::CreateMessage`]
    CreateMessage {
        /// The text.
        text: Cow<'a, str>,
        /// What it carries beside the text.
        attachments: Vec<SignedAttachment>,
        /// The client's own id for the message.
        client_msg_id: Option<ClientMsgId>,
    },
    /// [`Action::EditMessage`]
    EditMessage(EditMessage<'a>),
    /// [`Action::DeleteMessages`]
    DeleteMessages {
        /// The messages.
        ids: Ids,
        /// Why an administrator deletes them.
        reason: Option<Reason>,
    },
    /// [`Action::GetRoomMessages`]
    GetRoomMessages(RoomMessages),
    /// [`Action::SearchMessages`]
    SearchMessages(SearchMessages),
    /// [`Action::GetMessageHistory`]
    GetMessageHistory(MessageHistory),
    /// [`Action::GetAudit`]
    GetAudit(Audit),
    /// [`Action::CurrentRoomInfo`]
    CurrentRoomInfo,
    /// [`Action::Typing`]
    Typing,
    /// [`Action::MarkRead`]
    MarkRead(MarkRead),
}

impl<'a> Parameters<'a> {
    /// Reads what `action` needs.
    pub(super) fn read(
        action: Action,
        endpoint: Endpoint,
        raw: &RawParameters<'a>,
    ) -> Result<Self, ProtocolError> {
        Ok(match action {
            Action::List => Self::List(read(raw)?),
            Action::Follow => Self::Follow(read::<FollowParameters>(raw)?.checked(endpoint)?),
            Action::Renew => Self::Renew(read(raw)?),
            Action::JoinRoom => Self::JoinRoom(read(raw)?),
            Action::LeaveRoom => Self::LeaveRoom,
            Action::CreateMessage => create::read(raw)?,
            Action::EditMessage => Self::EditMessage(read(raw)?),
            Action::DeleteMessages => match endpoint {
                Endpoint::Chat => read::<DeleteOwnMessages>(raw)?.into(),
                Endpoint::AdminChat => read::<DeleteMessages<'_>>(raw)?.checked()?,
            },
            Action::GetRoomMessages => {
                Self::GetRoomMessages(read::<GetRoomMessages>(raw)?.checked()?)
            }
            Action::SearchMessages => Self::SearchMessages(read(raw)?),
            Action::GetMessageHistory => Self::GetMessageHistory(read(raw)?),
            Action::GetAudit => Self::GetAudit(read(raw)?),
            Action::CurrentRoomInfo => Self::CurrentRoomInfo,
            Action::Typing => Self::Typing,
            Action::MarkRead => Self::MarkRead(read(raw)?),
        })
    }

    /// The action.
    #[must_use]
    pub const fn action(&self) -> Action {
        match self {
            Self::List(_) => Action::List,
            Self::Follow(_) => Action::Follow,
            Self::Renew(_) => Action::Renew,
            Self::JoinRoom(_) => Action::JoinRoom,
            Self::LeaveRoom => Action::LeaveRoom,
            Self::CreateMessage { .. } => Action::CreateMessage,
            Self::EditMessage(_) => Action::EditMessage,
            Self::DeleteMessages { .. } => Action::DeleteMessages,
            Self::GetRoomMessages(_) => Action::GetRoomMessages,
            Self::SearchMessages(_) => Action::SearchMessages,
            Self::GetMessageHistory(_) => Action::GetMessageHistory,
            Self::GetAudit(_) => Action::GetAudit,
            Self::CurrentRoomInfo => Action::CurrentRoomInfo,
            Self::Typing => Action::Typing,
            Self::MarkRead(_) => Action::MarkRead,
        }
    }
}

/// The schema of what `action` needs, with an example for each way to use it.
pub(crate) fn schema(action: Action, generator: &mut SchemaGenerator) -> Schema {
    match action {
        Action::List => List::json_schema(generator),
        Action::Follow => FollowParameters::json_schema(generator),
        Action::Renew => Renew::json_schema(generator),
        Action::JoinRoom => JoinRoom::json_schema(generator),
        Action::CreateMessage => CreateMessage::json_schema(generator),
        Action::EditMessage => EditMessage::json_schema(generator),
        Action::DeleteMessages => DeleteMessages::json_schema(generator),
        Action::GetRoomMessages => GetRoomMessages::json_schema(generator),
        Action::SearchMessages => SearchMessages::json_schema(generator),
        Action::GetMessageHistory => MessageHistory::json_schema(generator),
        Action::GetAudit => Audit::json_schema(generator),
        Action::MarkRead => MarkRead::json_schema(generator),
        Action::LeaveRoom | Action::CurrentRoomInfo | Action::Typing => {
            json_schema!({"type": "object", "examples": [{}]})
        }
    }
}

/// Parameters of `list`.
#[derive(Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[schemars(example = json!({}), example = json!({"limit": 1, "after_pk": 0}))]
pub struct List {
    /// At most this many rooms. If only `after_pk` is given, it is the maximum.
    pub limit: Option<UpTo<MAX_ROOMS>>,
    /// Only rooms with a higher `pk`.
    pub after_pk: Option<Position>,
}

/// Parameters of `follow`, before they are checked.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(
    rename = "Follow",
    example = json!({"rooms": true, "typing": true, "presence": true, "read_positions": true}),
    example = json!({"typing": false}),
)]
struct FollowParameters {
    #[schemars(description = format!(
        "Whether to receive the newest state of each room in reach, when it changes. For \
         administrators all rooms, or those of a list of at most {MAX_FOLLOWED} `pk`."
    ))]
    rooms: Option<Rooms<MAX_FOLLOWED>>,
    /// Whether to receive who is typing in the joined room.
    typing: Option<bool>,
    /// Whether to receive which brands are online.
    presence: Option<bool>,
    /// Whether to receive how far others have read.
    read_positions: Option<bool>,
}

impl FollowParameters {
    fn checked(self, endpoint: Endpoint) -> Result<Follow, ProtocolError> {
        let rooms = match (self.rooms, endpoint) {
            (None, _) => None,
            (Some(Rooms::All(true)), _) => Some(FollowedRooms::InReach),
            (Some(Rooms::All(false)), _) => Some(FollowedRooms::None),
            (Some(Rooms::These(rooms)), Endpoint::AdminChat) => {
                let rooms = rooms.into_iter().map(|Id(room)| RoomId(room));
                Some(FollowedRooms::These(rooms.collect()))
            }
            (Some(Rooms::These(_)), Endpoint::Chat) => {
                return Err(ProtocolError::new(
                    ErrorCode::InvalidParameter,
                    "parameter `rooms` is a list, which is for administrators: a boolean was expected",
                ));
            }
        };
        Ok(Follow {
            rooms,
            typing: self.typing,
            presence: self.presence,
            read_positions: self.read_positions,
        })
    }
}

/// Parameters of `renew`.
#[derive(PartialEq, Eq, Deserialize, JsonSchema)]
#[schemars(example = json!({"token": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9…"}))]
pub struct Renew<'a> {
    /// An access token of the same user, as in the handshake.
    #[serde(borrow)]
    pub token: Cow<'a, str>,
}

/// A token is in no log.
impl fmt::Debug for Renew<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Renew")
    }
}

/// Parameters of `join_room`.
#[derive(Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[schemars(
    example = json!({"room_pk": 1}),
    example = json!({"room_pk": 1, "since_seq": 40, "epoch": "9f3c02a1-2b"}),
    example = json!({"room_pk": 1, "lean": true}),
)]
pub struct JoinRoom {
    /// The room's `pk`.
    pub room_pk: Id,
    #[schemars(description = format!(
        "The last `seq` that the client knows. What has changed since then is sent first. If that \
         is more than {MAX_REPLAY} frames, if more than {MAX_DELETED} messages were deleted since, \
         or if `epoch` is that of another log, there is no replay and `resumed` is `false`."
    ))]
    /// The last event that the client knows.
    pub since_seq: Option<Position>,
    /// The `epoch` of the join after which that `seq` was received. It is ignored without
    /// `since_seq`.
    pub epoch: Option<ShortText<MAX_EPOCH_CHARS>>,
    /// Whether the messages that are created in the room come without `room`. Then
    /// `room_changed` has the room when it changes.
    pub lean: Option<bool>,
}

/// Parameters of `edit_message`.
#[derive(Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[schemars(example = json!({"msg_id": 18, "edited_msg_text": "edit"}))]
pub struct EditMessage<'a> {
    /// The message's `id`.
    pub msg_id: Id,
    /// The new text. It has no U+0000, and at least one character that is not white space,
    /// unless the message has attachments. Operators set its maximum length.
    #[serde(borrow)]
    pub edited_msg_text: Cow<'a, str>,
}

/// Parameters of `get_room_messages`, before they are checked together.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(
    example = json!({}),
    example = json!({"before_seq": 42, "limit": 1}),
    example = json!({"page": 1}),
)]
struct GetRoomMessages {
    /// The newest messages before this number.
    before_seq: Option<Position>,
    /// The oldest messages after this number.
    after_seq: Option<Position>,
    #[schemars(description = format!(
        "The number of a page, from 1: the newest {MAX_MESSAGES} messages, the {MAX_MESSAGES} before \
         them, and so on."
    ))]
    page: Option<AtLeast<1>>,
    #[schemars(description = format!("At most this many messages. The default is {DEFAULT_MESSAGES}."))]
    limit: Option<UpTo<MAX_MESSAGES>>,
}

/// Parameters of `get_room_messages`: which of the room's messages.
#[derive(Debug, PartialEq, Eq)]
pub enum RoomMessages {
    /// A range of them.
    Range {
        /// Which range.
        range: HistoryRange,
        /// At most this many.
        limit: usize,
    },
    /// A numbered page, newest first, counted from 1.
    Page(u64),
}

impl GetRoomMessages {
    fn checked(self) -> Result<RoomMessages, ProtocolError> {
        let range = match (self.before_seq, self.after_seq, self.page) {
            (None, None, None) => HistoryRange::Newest,
            (Some(AtLeast(seq)), None, None) => HistoryRange::Before(Seq(seq)),
            (None, Some(AtLeast(seq)), None) => HistoryRange::After(Seq(seq)),
            (None, None, Some(AtLeast(page))) if self.limit.is_none() => {
                return Ok(RoomMessages::Page(page.unsigned_abs()));
            }
            _ => {
                return Err(ProtocolError::new(
                    ErrorCode::InvalidParameter,
                    "`before_seq`, `after_seq` and `page` exclude each other, and `page` has no `limit`: send one",
                ));
            }
        };
        let limit = self.limit.map_or(DEFAULT_MESSAGES, |UpTo(limit)| limit);
        Ok(RoomMessages::Range { range, limit })
    }
}

/// Parameters of `search_messages`.
#[derive(Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[schemars(
    example = json!({"text": "hello"}),
    example = json!({"text": "hello bob", "before_seq": 42, "limit": 1}),
)]
pub struct SearchMessages {
    /// The words, at least one.
    pub text: ShortText<MAX_SEARCH_CHARS>,
    /// Only messages before this number.
    pub before_seq: Option<Position>,
    #[schemars(description = format!("At most this many messages. The default is {DEFAULT_MESSAGES}."))]
    /// At most this many messages.
    pub limit: Option<UpTo<MAX_MESSAGES>>,
}

/// Parameters of `mark_read`.
#[derive(Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[schemars(example = json!({"seq": 42}), example = json!({"seq": 42, "private": true}))]
pub struct MarkRead {
    /// The number of the last event that was read.
    pub seq: AtLeast<0>,
    /// Whether only the user's own connections receive it.
    pub private: Option<bool>,
}
