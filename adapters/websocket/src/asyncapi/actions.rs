//! What can be asked: parameters, examples, and how it is refused.

mod parameters;

use aftermatch_ports::{
    MAX_GONE,
    model::{
        Endpoint,
        rules::{MAX_IDS, MAX_REPLAY},
    },
};
use serde_json::{Map, Value, json};

use self::parameters::{client_msg_id, from, or_left_out, text, up_to};
use super::schemas::{Key, integer, key, optional};
use crate::{
    error::Code,
    request::{MAX_MESSAGES, MAX_ROOMS, Name, USUAL_MESSAGES},
};

/// An action, as it is shown.
pub(super) struct Action {
    pub(super) summary: &'static str,
    pub(super) details: String,
    pub(super) parameters: Vec<Key>,
    /// The parameters of requests that show it, what is needed first.
    examples: Vec<Value>,
    /// Those that are not of every action.
    refusals: &'static [Code],
}

impl Action {
    /// Whole requests.
    pub(super) fn examples(&self, name: Name) -> Vec<Value> {
        let request = |parameters: &Value| {
            let mut request = Map::from_iter([("action".to_owned(), json!(name.as_str()))]);
            request.extend(parameters.as_object().cloned().unwrap_or_default());
            request.insert("request_id".to_owned(), json!(1_500_000));
            Value::Object(request)
        };
        self.examples.iter().map(request).collect()
    }

    /// Every code with which the action can be refused, but for requests that
    /// come too fast.
    pub(super) fn refusals(&self, name: Name) -> Vec<Code> {
        let mut codes = Vec::new();
        if !self.parameters.is_empty() {
            codes.push(Code::InvalidParameter);
        }
        codes.extend(self.refusals);
        // One may always leave, and no store is asked.
        if name != Name::LeaveRoom {
            codes.extend([Code::UserDeactivated, Code::BrandRequired]);
            if name.is_known_at(Endpoint::AdminChat) {
                codes.push(Code::AdminRequired);
            }
            codes.push(Code::Unavailable);
        }
        codes.push(Code::Internal);
        codes
    }
}

pub(super) fn action(name: Name) -> Action {
    match name {
        Name::List => Action {
            summary: "The rooms in reach, by `pk`.",
            details: "For a brand those it takes part in, for an administrator all. With `limit` \
                      or `after_pk` it is a portion of them."
                .into(),
            parameters: vec![
                optional(
                    "limit",
                    up_to(
                        MAX_ROOMS,
                        &format!(
                            "So many rooms at most; {MAX_ROOMS} where only `after_pk` is given."
                        ),
                    ),
                ),
                optional(
                    "after_pk",
                    or_left_out(integer("Only rooms with a higher `pk`.")),
                ),
            ],
            examples: vec![json!({}), json!({"limit": 1, "after_pk": 0})],
            refusals: &[],
        },
        Name::JoinRoom => Action {
            summary: "Takes a seat in a room: from the answer on, the connection hears what happens there.",
            details: format!(
                "A connection has one seat; joining another room moves it. A refused join leaves it \
                 where it was. With `since_seq`, what has changed since then is told first, unless \
                 that is more than {MAX_REPLAY} frames, or {MAX_GONE} older messages are gone: \
                 `resumed` says so.",
            ),
            parameters: vec![
                key("room_pk", integer("The room's `pk`.")),
                optional(
                    "since_seq",
                    or_left_out(integer("The last `seq` the client knows.")),
                ),
            ],
            examples: vec![
                json!({"room_pk": 1}),
                json!({"room_pk": 1, "since_seq": 40}),
            ],
            refusals: &[Code::RoomForbidden, Code::RoomNotFound],
        },
        Name::LeaveRoom => Action {
            summary: "Gives up the seat.",
            details: "One may always leave, whatever became of one's rights.".into(),
            parameters: vec![],
            examples: vec![json!({})],
            refusals: &[Code::NotInRoom],
        },
        Name::CreateMessage => Action {
            summary: "Writes a message in the joined room.",
            details:
                "Everyone joined hears it. The text is kept and sent exactly as it came. With \
                      a `client_msg_id` the request can be sent again at any time: of one author \
                      and room, it names one message for ever."
                    .into(),
            parameters: vec![
                key("msg_text", text("The text.")),
                optional("client_msg_id", client_msg_id()),
            ],
            examples: vec![
                json!({"msg_text": "hello"}),
                json!({"msg_text": "hello", "client_msg_id": "a-7"}),
            ],
            refusals: &[
                Code::NotInRoom,
                Code::TextBlank,
                Code::TextTooLong,
                Code::TextHasNul,
                Code::InvalidClientMsgId,
                Code::ClientMsgIdTaken,
                Code::RoomForbidden,
                Code::BusinessRequired,
                Code::RoomNotFound,
            ],
        },
        Name::EditMessage => Action {
            summary: "Replaces the text of one of the user's own messages in the joined room.",
            details: "Everyone joined hears it. The message keeps its place.".into(),
            parameters: vec![
                key("msg_id", integer("The message's `id`.")),
                key("edited_msg_text", text("The new text.")),
            ],
            examples: vec![json!({"msg_id": 18, "edited_msg_text": "edit"})],
            refusals: &[
                Code::NotInRoom,
                Code::TextBlank,
                Code::TextTooLong,
                Code::TextHasNul,
                Code::RoomForbidden,
                Code::BusinessRequired,
                Code::RoomNotFound,
                Code::MessageNotFound,
            ],
        },
        Name::DeleteMessages => Action {
            summary: "Deletes messages of the joined room: brands their own, administrators anybody's.",
            details: "Everyone joined hears of those that were really deleted.".into(),
            parameters: vec![key(
                "msg_id_list",
                json!({
                    "type": "array",
                    "items": {"type": "integer"},
                    "maxItems": MAX_IDS,
                    "description": "The messages' `id`s.",
                }),
            )],
            examples: vec![json!({"msg_id_list": [18, 19]})],
            refusals: &[
                Code::NotInRoom,
                Code::TooManyIds,
                Code::RoomForbidden,
                Code::BusinessRequired,
                Code::RoomNotFound,
                Code::MessageNotFound,
            ],
        },
        Name::GetRoomMessages => Action {
            summary: "Messages of the joined room that are there.",
            details:
                "`before_seq`, `after_seq` and `page` exclude each other, and `page` takes no \
                      `limit`. With none of them: the newest. Reading by `seq` is stable while \
                      others write; pages move."
                    .into(),
            parameters: vec![
                optional(
                    "before_seq",
                    or_left_out(integer("The newest of those before this number.")),
                ),
                optional(
                    "after_seq",
                    or_left_out(integer("The oldest of those after this number.")),
                ),
                optional(
                    "limit",
                    up_to(
                        MAX_MESSAGES,
                        &format!("So many at most; {USUAL_MESSAGES} where nothing is said."),
                    ),
                ),
                optional(
                    "page",
                    from(
                        1,
                        &format!(
                            "The newest {MAX_MESSAGES}, the {MAX_MESSAGES} before them, and so on."
                        ),
                    ),
                ),
            ],
            examples: vec![
                json!({}),
                json!({"before_seq": 42, "limit": 1}),
                json!({"page": 1}),
            ],
            refusals: &[Code::NotInRoom, Code::RoomForbidden, Code::RoomNotFound],
        },
        Name::CurrentRoomInfo => Action {
            summary: "The joined room as it is now.",
            details: String::new(),
            parameters: vec![],
            examples: vec![json!({})],
            refusals: &[Code::NotInRoom, Code::RoomForbidden],
        },
        Name::MarkRead => Action {
            summary: "Remembers that the user has read the joined room up to a change, for `unread` in `list`.",
            details: "The mark never goes back, nor beyond the room's last change.".into(),
            parameters: vec![key(
                "seq",
                json!({
                    "type": "integer",
                    "minimum": 0,
                    "description": "The last number that was read.",
                }),
            )],
            examples: vec![json!({"seq": 42})],
            refusals: &[Code::NotInRoom, Code::RoomForbidden],
        },
    }
}
