//! The frames that answer an action, for the published contract.

use aftermatch_ports::{Missed, model::Seq};
use schemars::SchemaGenerator;

use super::{
    Data, Frame, LeftRoom, ReadPosition, Response, current_room, joined, left,
    message::{MessagePage, MessageRange},
    page, range, read,
    room::{JoinedRoom, Room, RoomList, RoomPage, Rooms},
};
use crate::{
    action::Action,
    event,
    published::{Published, Receiver},
    sample,
};

/// Every frame that is sent because of `action`, except for its refusal.
pub(crate) fn published(action: Action, generator: &mut SchemaGenerator) -> Vec<Published> {
    let id = &sample::request_id();
    match action {
        Action::List => lists(generator),
        Action::JoinRoom => vec![answer::<JoinedRoom<'_>>(
            generator,
            "The room is joined.",
            [Missed::NotAsked, Missed::Steps(vec![]), Missed::TooMuch]
                .map(|missed| joined(id, &sample::joined(missed)).to_vec()),
        )],
        Action::LeaveRoom => vec![answer::<LeftRoom>(
            generator,
            "The room is left.",
            [left(id, sample::ROOM).to_vec()],
        )],
        Action::CreateMessage => event::created(generator),
        Action::EditMessage => event::edited(generator),
        Action::DeleteMessages => event::deleted(generator),
        Action::GetRoomMessages => messages(generator),
        Action::CurrentRoomInfo => vec![answer::<Room<'_>>(
            generator,
            "The room.",
            [current_room(id, &sample::room()).to_vec()],
        )],
        Action::MarkRead => vec![answer::<ReadPosition>(
            generator,
            "The position is stored.",
            [read(id, sample::ROOM, Seq(42)).to_vec()],
        )],
    }
}

/// The usual answer to an action.
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
        list.add(&mut out, &sample::listed());
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
            "A page of the rooms, where `limit` or `after_pk` was given.",
            [None, Some(sample::ROOM)]
                .map(|next| list(&|list, out| list.finish_page(out, id, next))),
        ),
    ]
}

fn messages(generator: &mut SchemaGenerator) -> Vec<Published> {
    let id = &sample::request_id();
    vec![
        answer::<MessageRange<'_>>(
            generator,
            "A range of the messages, oldest first.",
            [range(id, &sample::history()).to_vec()],
        ),
        Published {
            name: "get_room_messages.page".into(),
            ..answer::<MessagePage<'_>>(
                generator,
                "A numbered page of the messages, newest first.",
                [
                    page(id, 1, &[sample::message()], None).to_vec(),
                    page(id, 101, &[sample::message()], Some(2)).to_vec(),
                ],
            )
        },
    ]
}
