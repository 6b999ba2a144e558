//! Responses: what only the requester receives.

pub(crate) mod attachments;
mod audit;
pub(crate) mod envelope;
mod follow;
mod long_list;
pub(crate) mod message;
pub(crate) mod profile;
pub(crate) mod refusal;
pub(crate) mod room;
pub(crate) mod room_list;
pub(crate) mod value;

use aftermatch_ports::{
    Missed, Replay,
    model::{RequestId, RoomId, Seq},
};
use schemars::{JsonSchema, SchemaGenerator};
use serde::Serialize;

pub use self::{
    audit::AuditList,
    envelope::Frame,
    follow::{Allowed, followed},
    message::{MessageList, RangeEnds},
    profile::ReadyParticipants,
    refusal::{handshake_refused, malformed, refused},
    room::{current_room, joined},
    room_list::RoomList,
};
use self::{
    audit::{AuditedEvents, Versions},
    envelope::{Data, Response},
    follow::FollowedShape,
    message::{FoundMessages, MessagePage, MessageRange},
    room::{JoinedRoom, RoomShape},
    room_list::{RoomPage, Rooms},
    value::EventNumber,
};
use crate::{
    action::Action,
    event,
    published::{Published, Receiver},
    sample,
};

/// The room that was left.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline, deny_unknown_fields)]
struct LeftRoom {
    #[schemars(regex(pattern = r"^leaved room -?[0-9]+ successfully!$"))]
    response: String,
}

impl Data for LeftRoom {
    const ACTION: &'static str = Action::LeaveRoom.as_str();
}

/// The response to `leave_room`.
pub fn left(request_id: &RequestId, room: RoomId) -> impl Frame {
    let response = format!("leaved room {room} successfully!");
    Response::new(request_id, LeftRoom { response })
}

/// The room in which the user is typing.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline, deny_unknown_fields)]
struct TypingAnswer {
    /// The room's `pk`.
    room_pk: i64,
}

impl Data for TypingAnswer {
    const ACTION: &'static str = Action::Typing.as_str();
}

/// The response to `typing`.
pub fn typing(request_id: &RequestId, room: RoomId) -> impl Frame {
    Response::new(request_id, TypingAnswer { room_pk: room.0 })
}

/// The token in force.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline, deny_unknown_fields)]
struct TokenRenewed {
    /// When it expires, in seconds since 1970.
    token_exp: i64,
}

impl Data for TokenRenewed {
    const ACTION: &'static str = Action::Renew.as_str();
}

/// The response to `renew`.
pub fn renewed(request_id: &RequestId, expires: i64) -> impl Frame {
    let token_exp = expires;
    Response::new(request_id, TokenRenewed { token_exp })
}

/// The read position of a user.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline, deny_unknown_fields)]
struct ReadPosition {
    /// The room's `pk`.
    room_id: i64,
    /// The number of the last event that was read.
    seq: EventNumber,
}

impl Data for ReadPosition {
    const ACTION: &'static str = Action::MarkRead.as_str();
}

/// The response to `mark_read`.
pub fn read(request_id: &RequestId, room: RoomId, seq: Seq) -> impl Frame {
    let position = ReadPosition {
        room_id: room.0,
        seq: seq.into(),
    };
    Response::new(request_id, position)
}

/// Every frame that is sent because of `action`, except for its refusal.
pub(crate) fn published(action: Action, generator: &mut SchemaGenerator) -> Vec<Published> {
    let id = &sample::request_id();
    match action {
        Action::List => lists(generator),
        Action::Follow => {
            let example = |now| followed(id, &now, sample::allowed()).to_vec();
            let mut frames = vec![answer::<FollowedShape>(
                generator,
                "What the connection follows now, and the limits of the service.",
                sample::followed().map(example),
            )];
            frames.extend(event::published::inbox(generator));
            frames
        }
        Action::Renew => vec![answer::<TokenRenewed>(
            generator,
            "The new token is in force.",
            [renewed(id, 1_718_217_178).to_vec()],
        )],
        Action::JoinRoom => vec![answer::<JoinedRoom<'_>>(
            generator,
            "The connection has joined the room.",
            [
                Missed::NotRequested,
                Missed::Events(Replay::default()),
                Missed::TooMuch,
            ]
            .map(|missed| {
                let (online, read) = (sample::ONLINE, sample::READ_POSITIONS);
                joined(
                    id,
                    &sample::room(),
                    sample::head(),
                    &missed,
                    Some(&online),
                    Some(&read),
                )
                .to_vec()
            }),
        )],
        Action::LeaveRoom => vec![answer::<LeftRoom>(
            generator,
            "The connection has left the room.",
            [left(id, sample::ROOM).to_vec()],
        )],
        Action::CreateMessage => event::published::created(generator),
        Action::EditMessage => event::published::edited(generator),
        Action::DeleteMessages => event::published::deleted(generator),
        Action::GetRoomMessages => messages(generator),
        Action::SearchMessages => vec![answer::<FoundMessages<'_>>(
            generator,
            "The messages that have the words, the newest first.",
            [
                sample::found_messages(&[sample::message()], Some(Seq(41))),
                sample::found_messages(&[], None),
            ],
        )],
        Action::GetMessageHistory => vec![answer::<Versions<'_>>(
            generator,
            "The versions of the message, the oldest first.",
            [sample::versions(&sample::all_versions(), Some(Seq(41)))],
        )],
        Action::GetAudit => vec![answer::<AuditedEvents<'_>>(
            generator,
            "The edits and deletions, the newest first.",
            [sample::audit(&sample::audited(), None)],
        )],
        Action::CurrentRoomInfo => vec![answer::<RoomShape<'_>>(
            generator,
            "The room.",
            [current_room(id, &sample::room()).to_vec()],
        )],
        Action::Typing => vec![
            answer::<TypingAnswer>(
                generator,
                "It is passed on.",
                [typing(id, sample::ROOM).to_vec()],
            ),
            event::published::typing(generator),
        ],
        Action::MarkRead => vec![answer::<ReadPosition>(
            generator,
            "The read position is stored.",
            [read(id, sample::ROOM, Seq(42)).to_vec()],
        )],
    }
}

/// The usual response to an action.
fn answer<D: Data>(
    generator: &mut SchemaGenerator,
    summary: &'static str,
    examples: impl IntoIterator<Item = Vec<u8>>,
) -> Published {
    Published::new::<Response<'_, D>>(
        generator,
        format!("{}.answer", D::ACTION),
        Receiver::Requester,
        summary,
        examples,
    )
}

fn lists(generator: &mut SchemaGenerator) -> Vec<Published> {
    let id = &sample::request_id();
    let list = |finish: &dyn Fn(RoomList, &mut Vec<u8>)| {
        let (mut list, mut out) = (RoomList::default(), Vec::new());
        list.add(&mut out, &sample::listed(), None);
        finish(list, &mut out);
        out
    };
    vec![
        answer::<Rooms<'_>>(
            generator,
            "The rooms.",
            [list(&|list, out| list.finish(out, id))],
        ),
        Published::new::<RoomPage<'_>>(
            generator,
            "list.portion",
            Receiver::Requester,
            "A page of the rooms, after a request with `limit` or `after_pk`.",
            [None, Some(sample::ROOM)]
                .map(|next| list(&|list, out| list.finish_page(out, id, next))),
        ),
    ]
}

fn messages(generator: &mut SchemaGenerator) -> Vec<Published> {
    vec![
        answer::<MessageRange<'_>>(
            generator,
            "A range of the messages, the oldest first.",
            [sample::message_range(&[sample::edited_message()])],
        ),
        Published {
            name: "get_room_messages.page".into(),
            ..answer::<MessagePage<'_>>(
                generator,
                "A numbered page of the messages, the newest first.",
                [
                    sample::message_page(&[sample::message()], 1, None),
                    sample::message_page(&[sample::message()], 101, Some(2)),
                ],
            )
        },
    ]
}
