//! The room events, for the published contract.

use aftermatch_ports::model::{BrandId, EventKind, RoomEvent, Seq};
use schemars::SchemaGenerator;

use super::{
    data::{MessageCreated, MessageEdited, MessagesDeleted},
    frames::{Event, ExistingMessage, Replay, event, existing_message, partly_deleted, replayed},
    inbox::{
        PresenceChanged, REMOVALS, ReadMoved, RoomAdded, RoomChanged, RoomRemoved, TypingUsers,
        presence, read, room_added, room_changed, room_removed, typing as typing_users,
    },
    notice::{EVICTIONS, Notice, RoomClosed, room_closed as closed},
};
use crate::{
    published::{Published, Receiver},
    response::envelope::{Data, Frame, Response},
    sample,
};

/// The frames of `create_message`.
pub(crate) fn created(generator: &mut SchemaGenerator) -> Vec<Published> {
    let named = sample::change(41, EventKind::Created(sample::message_with_client_id()));
    let attached = sample::change(41, EventKind::Created(sample::message_with_attachment()));
    let existing = sample::change(41, EventKind::Created(sample::edited_message()));
    vec![
        delivered::<MessageCreated<'_>>(generator, &[sample::created(), named, attached]),
        Published::new::<Response<'_, ExistingMessage<'_>>>(
            generator,
            "create_message.repeated",
            Receiver::Requester,
            "The message existed already, with the same `client_msg_id`, the same text and the \
             same attachments. This is the message as it is now. Nothing was stored.",
            [existing_message(&existing, Some(&sample::participants())).to_vec()],
        ),
        replay::<MessageCreated<'_>>(generator, sample::created()),
    ]
}

/// The frames of `edit_message`.
pub(crate) fn edited(generator: &mut SchemaGenerator) -> Vec<Published> {
    vec![
        delivered::<MessageEdited<'_>>(generator, &[sample::edited()]),
        replay::<MessageEdited<'_>>(generator, sample::edited()),
    ]
}

/// The frames of `delete_messages`.
pub(crate) fn deleted(generator: &mut SchemaGenerator) -> Vec<Published> {
    let partly = sample::deleted(&[19, 400]);
    vec![
        delivered::<MessagesDeleted>(generator, &[sample::deleted(&[])]),
        Published::new::<Response<'_, MessagesDeleted, [&str; 1]>>(
            generator,
            "delete_messages.partly",
            Receiver::Requester,
            "Some messages were deleted. `errors` names those that were not. In the frame of \
             everyone else `errors` is empty.",
            partly_deleted(&partly).map(|frame| frame.to_vec()),
        ),
        replay::<MessagesDeleted>(generator, sample::deleted(&[])),
    ]
}

/// What a session receives that lost its seat.
pub(crate) fn room_closed(generator: &mut SchemaGenerator) -> Published {
    Published::new::<Notice<RoomClosed>>(
        generator,
        RoomClosed::ACTION,
        Receiver::Others,
        "The connection has lost its room: the brand was taken out of the room, the room was \
         removed, the user no longer owns the brand, the service now has another database \
         (`restarted`), or events of the room could not be read for too long (`behind`).",
        EVICTIONS.map(|eviction| closed(sample::ROOM, eviction).to_vec()),
    )
}

/// What those receive who follow more than the joined room.
pub(crate) fn inbox(generator: &mut SchemaGenerator) -> Vec<Published> {
    let online: &[_] = &sample::ONLINE;
    let summary = sample::summary();
    let user = sample::READ_POSITIONS[0].0;
    vec![
        told::<RoomChanged<'_>>(
            generator,
            "The newest state of a room that the connection follows and has not joined, or whose \
             participants have changed. At most one a second for each room.",
            [
                room_changed(&summary, false, None, false).to_vec(),
                room_changed(&summary, true, Some(online), true).to_vec(),
            ],
        ),
        told::<RoomAdded<'_>>(
            generator,
            "A room has come into reach.",
            [room_added(&summary, None).to_vec()],
        ),
        told::<RoomRemoved>(
            generator,
            "A room is out of reach.",
            REMOVALS.map(|reason| room_removed(sample::ROOM, reason).to_vec()),
        ),
        told::<PresenceChanged>(
            generator,
            "A brand of the joined room is online or no longer.",
            [None, Some(sample::message().created_at)]
                .map(|last_seen| presence(BrandId(2), last_seen).to_vec()),
        ),
        told::<ReadMoved>(
            generator,
            "Somebody has read the joined room further; or the user has, on another connection.",
            [read(sample::ROOM, user, Seq(42)).to_vec()],
        ),
    ]
}

/// Who is typing, for the published contract.
pub(crate) fn typing(generator: &mut SchemaGenerator) -> Published {
    Published {
        name: "typing.told".into(),
        ..told::<TypingUsers>(
            generator,
            "All who are typing in the joined room now.",
            [typing_users(sample::ROOM, [sample::READ_POSITIONS[0].0]).to_vec()],
        )
    }
}

fn told<D: Data>(
    generator: &mut SchemaGenerator,
    summary: &'static str,
    examples: impl IntoIterator<Item = Vec<u8>>,
) -> Published {
    Published::new::<Notice<D>>(generator, D::ACTION, Receiver::Others, summary, examples)
}

fn delivered<D: Data>(generator: &mut SchemaGenerator, events: &[RoomEvent]) -> Published {
    let frames = events
        .iter()
        .map(|one| event(one, Some(&sample::participants())).to_vec());
    Published::new::<Event<'_, D>>(
        generator,
        format!("{}.told", D::ACTION),
        Receiver::Everyone,
        "Everyone joined receives this frame, with the `request_id` of its author. For its author \
         it is the response. `request_id` is `null` only for what nobody requested.",
        frames,
    )
}

fn replay<D: Data>(generator: &mut SchemaGenerator, change: RoomEvent) -> Published {
    Published::new::<Replay<D>>(
        generator,
        format!("{}.replayed", D::ACTION),
        Receiver::Others,
        "A change that the client missed, sent after a join with `since_seq`.",
        [replayed(
            &change.room,
            change.seq,
            &change.kind,
            Some(&sample::participants()),
        )
        .to_vec()],
    )
}
