//! Reads a request out of a frame, without ever giving up on the connection.

mod name;
mod value;

use std::{borrow::Cow, fmt};

use aftermatch_ports::{
    Stretch,
    model::{ClientMsgId, Endpoint, MessageId, Refusal, RoomId, Seq, Tag},
};
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, MapAccess, Visitor},
};
use serde_json::{error::Category, value::RawValue};

pub(crate) use self::name::Name;
use self::value::{from, integer, integers, needed, number, optional, problem, string, tag, up_to};
use crate::error::{Code, WireError};

/// The longest string a `request_id` may be, in characters.
pub(crate) const MAX_REQUEST_ID_CHARS: usize = 64;

/// Rooms in one portion of a list.
pub(crate) const MAX_ROOMS: usize = 1_000;

/// Messages in one answer.
pub(crate) const MAX_MESSAGES: usize = 100;
pub(crate) const USUAL_MESSAGES: usize = 50;

const INTEGER: &str = "an integer";
const FROM_ZERO: &str = "an integer from 0";

/// What a client asks.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Request<'a> {
    pub(crate) tag: Tag,
    pub(crate) action: Action<'a>,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Action<'a> {
    List(Option<Portion>),
    JoinRoom {
        room: RoomId,
        since: Option<Seq>,
    },
    LeaveRoom,
    GetRoomMessages(Which),
    MarkRead {
        seq: Seq,
    },
    CreateMessage {
        text: Cow<'a, str>,
        client_id: Option<ClientMsgId>,
    },
    EditMessage {
        id: MessageId,
        text: Cow<'a, str>,
    },
    DeleteMessages {
        ids: Vec<MessageId>,
    },
    CurrentRoomInfo,
}

/// Which of a room's messages are asked for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Which {
    Stretch {
        stretch: Stretch,
        limit: usize,
    },
    /// Counted from 1, newest first.
    Page(u64),
}

/// A portion of the rooms.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Portion {
    pub(crate) after: Option<RoomId>,
    pub(crate) limit: usize,
}

impl Action<'_> {
    pub(crate) fn name(&self) -> &'static str {
        let name = match self {
            Self::List(_) => Name::List,
            Self::JoinRoom { .. } => Name::JoinRoom,
            Self::LeaveRoom => Name::LeaveRoom,
            Self::GetRoomMessages(_) => Name::GetRoomMessages,
            Self::MarkRead { .. } => Name::MarkRead,
            Self::CreateMessage { .. } => Name::CreateMessage,
            Self::EditMessage { .. } => Name::EditMessage,
            Self::DeleteMessages { .. } => Name::DeleteMessages,
            Self::CurrentRoomInfo => Name::CurrentRoomInfo,
        };
        name.as_str()
    }
}

/// Not a request, with what could be read of it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Malformed {
    pub(crate) action: Option<String>,
    pub(crate) tag: Option<Tag>,
    pub(crate) error: WireError,
}

/// Reads the request in a text frame that came through `endpoint`.
pub(crate) fn decode(frame: &[u8], endpoint: Endpoint) -> Result<Request<'_>, Malformed> {
    let mut envelope = Envelope::default();
    let read = read(frame, &mut envelope);
    let action = envelope.action.and_then(string);
    let tag = envelope.request_id.and_then(tag);
    let request = read.and_then(|()| {
        let name = action.as_deref().ok_or_else(|| no_action(&envelope))?;
        let tag = tag.clone().ok_or_else(|| no_request_id(&envelope))?;
        let action = known_action(name, endpoint, &envelope)?;
        Ok(Request { tag, action })
    });
    request.map_err(|error| Malformed {
        action: action.map(Cow::into_owned),
        tag,
        error,
    })
}

fn read<'a>(frame: &'a [u8], envelope: &mut Envelope<'a>) -> Result<(), WireError> {
    let not_json = |what: String| {
        let sentence = format!("the frame is not JSON ({what}): send one JSON object");
        WireError::new(Code::NotJson, sentence)
    };
    let text = std::str::from_utf8(frame)
        .map_err(|error| not_json(format!("no UTF-8 at byte {}", error.valid_up_to())))?;
    let mut json = serde_json::Deserializer::from_str(text);
    let read = envelope.deserialize(&mut json).and_then(|()| json.end());
    read.map_err(|error| match error.classify() {
        Category::Data => WireError::new(
            Code::NotAnObject,
            "the frame is JSON, but not an object: send one such as {\"action\":\"list\",\"request_id\":1}",
        ),
        _ => not_json(error.to_string()),
    })
}

/// The keys that mean something, with their values still unread.
#[derive(Default)]
#[cfg_attr(test, derive(Debug))]
struct Envelope<'a> {
    action: Option<&'a RawValue>,
    request_id: Option<&'a RawValue>,
    room_pk: Option<&'a RawValue>,
    since_seq: Option<&'a RawValue>,
    msg_text: Option<&'a RawValue>,
    msg_id: Option<&'a RawValue>,
    edited_msg_text: Option<&'a RawValue>,
    msg_id_list: Option<&'a RawValue>,
    client_msg_id: Option<&'a RawValue>,
    seq: Option<&'a RawValue>,
    before_seq: Option<&'a RawValue>,
    after_seq: Option<&'a RawValue>,
    page: Option<&'a RawValue>,
    limit: Option<&'a RawValue>,
    after_pk: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "snake_case")]
enum Key {
    Action,
    RequestId,
    RoomPk,
    MsgText,
    MsgId,
    EditedMsgText,
    MsgIdList,
    SinceSeq,
    ClientMsgId,
    Seq,
    BeforeSeq,
    AfterSeq,
    Page,
    Limit,
    AfterPk,
    #[serde(other)]
    Unknown,
}

/// Fills what is there already, so that what was read before a mistake can be
/// told back. Where a key comes twice, the last one counts.
impl<'de> DeserializeSeed<'de> for &mut Envelope<'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for &mut Envelope<'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<(), M::Error> {
        while let Some(key) = map.next_key()? {
            let value = Some(map.next_value::<&RawValue>()?);
            match key {
                Key::Action => self.action = value,
                Key::RequestId => self.request_id = value,
                Key::RoomPk => self.room_pk = value,
                Key::MsgText => self.msg_text = value,
                Key::MsgId => self.msg_id = value,
                Key::EditedMsgText => self.edited_msg_text = value,
                Key::MsgIdList => self.msg_id_list = value,
                Key::SinceSeq => self.since_seq = value,
                Key::ClientMsgId => self.client_msg_id = value,
                Key::Seq => self.seq = value,
                Key::BeforeSeq => self.before_seq = value,
                Key::AfterSeq => self.after_seq = value,
                Key::Page => self.page = value,
                Key::Limit => self.limit = value,
                Key::AfterPk => self.after_pk = value,
                Key::Unknown => {}
            }
        }
        Ok(())
    }
}

fn no_action(envelope: &Envelope<'_>) -> WireError {
    let what = problem(envelope.action);
    let sentence = format!("`action` {what}: a string was expected, such as \"list\"");
    WireError::new(Code::InvalidAction, sentence)
}

fn no_request_id(envelope: &Envelope<'_>) -> WireError {
    let what = match envelope.request_id {
        Some(id) if string(id).is_some() => "is too long",
        id => problem(id),
    };
    let sentence = format!(
        "`request_id` {what}: an integer or a string of at most {MAX_REQUEST_ID_CHARS} characters was expected"
    );
    WireError::new(Code::InvalidRequestId, sentence)
}

fn known_action<'a>(
    word: &str,
    endpoint: Endpoint,
    envelope: &Envelope<'a>,
) -> Result<Action<'a>, WireError> {
    let name = Name::read(word, endpoint).ok_or_else(|| unknown_action(endpoint))?;
    Ok(match name {
        Name::List => Action::List(portion(envelope)?),
        Name::JoinRoom => Action::JoinRoom {
            room: RoomId(needed("room_pk", INTEGER, envelope.room_pk, integer)?),
            since: optional("since_seq", INTEGER, envelope.since_seq, number)?.map(Seq),
        },
        Name::LeaveRoom => Action::LeaveRoom,
        Name::GetRoomMessages => Action::GetRoomMessages(which(envelope)?),
        Name::MarkRead => Action::MarkRead {
            seq: Seq(needed("seq", FROM_ZERO, envelope.seq, from(0))?),
        },
        Name::CreateMessage => Action::CreateMessage {
            text: needed("msg_text", "a string", envelope.msg_text, string)?,
            client_id: client_id(envelope)?,
        },
        Name::EditMessage => Action::EditMessage {
            id: MessageId(needed("msg_id", INTEGER, envelope.msg_id, integer)?),
            text: needed(
                "edited_msg_text",
                "a string",
                envelope.edited_msg_text,
                string,
            )?,
        },
        Name::DeleteMessages => Action::DeleteMessages {
            ids: needed(
                "msg_id_list",
                "a list of integers",
                envelope.msg_id_list,
                integers,
            )?,
        },
        Name::CurrentRoomInfo => Action::CurrentRoomInfo,
    })
}

fn unknown_action(endpoint: Endpoint) -> WireError {
    let known: Vec<_> = Name::known_at(endpoint).map(Name::as_str).collect();
    let known = known.join(", ");
    let sentence = format!("unknown action: this endpoint knows {known}");
    WireError::new(Code::UnknownAction, sentence)
}

fn portion(envelope: &Envelope<'_>) -> Result<Option<Portion>, WireError> {
    let limit = format_args!("an integer from 1 to {MAX_ROOMS}");
    let limit = optional("limit", limit, envelope.limit, up_to(MAX_ROOMS))?;
    let after = optional("after_pk", INTEGER, envelope.after_pk, number)?;
    let asked = limit.is_some() || after.is_some();
    Ok(asked.then(|| Portion {
        after: after.map(RoomId),
        limit: limit.unwrap_or(MAX_ROOMS),
    }))
}

fn which(envelope: &Envelope<'_>) -> Result<Which, WireError> {
    let before = optional("before_seq", INTEGER, envelope.before_seq, number)?;
    let after = optional("after_seq", INTEGER, envelope.after_seq, number)?;
    let page = optional("page", "an integer from 1", envelope.page, from(1))?;
    let limit = format_args!("an integer from 1 to {MAX_MESSAGES}");
    let limit = optional("limit", limit, envelope.limit, up_to(MAX_MESSAGES))?;
    let stretch = match (before, after, page) {
        (None, None, None) => Stretch::Newest,
        (Some(seq), None, None) => Stretch::Before(Seq(seq)),
        (None, Some(seq), None) => Stretch::After(Seq(seq)),
        (None, None, Some(page)) if limit.is_none() => {
            return Ok(Which::Page(page.unsigned_abs()));
        }
        _ => {
            return Err(WireError::new(
                Code::InvalidParameter,
                "`before_seq`, `after_seq` and `page` exclude each other, and `page` has no `limit`: send one",
            ));
        }
    };
    let limit = limit.unwrap_or(USUAL_MESSAGES);
    Ok(Which::Stretch { stretch, limit })
}

fn client_id(envelope: &Envelope<'_>) -> Result<Option<ClientMsgId>, WireError> {
    let id = optional("client_msg_id", "a string", envelope.client_msg_id, string)?;
    let id = id.map(|id| ClientMsgId::new(&id)).transpose();
    id.map_err(|refusal: Refusal| refusal.into())
}

#[cfg(test)]
mod tests;
