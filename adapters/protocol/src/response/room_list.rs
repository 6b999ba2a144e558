//! Lists of rooms, which may be long.

use aftermatch_ports::{
    ListedRoom,
    model::{BrandId, RequestId, RoomId},
};
use schemars::JsonSchema;
use serde::Serialize;

use super::{
    envelope::{Data, EchoedId, Frame, NoErrors, Response, action, status},
    message::MessageShape,
    room::RoomShape,
    value::{EventNumber, brand_ids},
};
use crate::{action::Action, limits::MAX_ROOMS};

/// A room in a list.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "listed_room", deny_unknown_fields)]
pub(crate) struct ListedRoomShape<'a> {
    #[serde(flatten)]
    room: RoomShape<'a>,
    /// The number of the room's last event.
    last_seq: EventNumber,
    /// How many messages of others the user has not read there, up to 1,000; missing in
    /// an administrator's list.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u64")]
    unread: Option<u64>,
    last_message: Option<MessageShape<'a>>,
    /// The user's own read position; missing in an administrator's list.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "EventNumber")]
    read_seq: Option<EventNumber>,
    /// Which of the brands are online, for those who follow `presence`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<i64>")]
    online: Option<Vec<i64>>,
}

impl<'a> ListedRoomShape<'a> {
    /// `online`: which of its brands are online, if the receiver follows that.
    pub(crate) fn new(listed: &'a ListedRoom, online: Option<&[BrandId]>) -> Self {
        Self {
            room: (&listed.view).into(),
            last_seq: listed.last_seq.into(),
            unread: listed.unread,
            last_message: listed.last_message.as_ref().map(MessageShape::from),
            read_seq: listed.read_seq.map(EventNumber::from),
            online: online.map(brand_ids),
        }
    }
}

impl Frame for ListedRoomShape<'_> {}

/// All rooms.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline)]
pub(crate) struct Rooms<'a>(Vec<ListedRoomShape<'a>>);

impl Data for Rooms<'_> {
    const ACTION: &'static str = Action::List.as_str();
}

/// A page of the rooms.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline, deny_unknown_fields)]
pub(crate) struct RoomPage<'a> {
    errors: NoErrors,
    #[schemars(length(max = MAX_ROOMS))]
    data: Rooms<'a>,
    #[schemars(schema_with = "action::<Rooms<'static>>")]
    action: &'static str,
    #[schemars(schema_with = "status::<Rooms<'static>>")]
    response_status: u16,
    request_id: EchoedId<'a>,
    /// The `after_pk` of the next page; `null` if there is none.
    next_after_pk: Option<i64>,
}

impl Frame for RoomPage<'_> {}

/// The response to `list`, written room by room, so that a long list is never in
/// memory twice and never delays other connections.
#[derive(Debug, Default)]
pub struct RoomList {
    started: bool,
}

impl RoomList {
    /// The beginning of every such response.
    const HEAD: &[u8] = b"{\"errors\":[],\"data\":[";

    /// Adds a room. `online`: which of its brands are online, if the client follows that.
    pub fn add(&mut self, out: &mut Vec<u8>, listed: &ListedRoom, online: Option<&[BrandId]>) {
        if self.started {
            out.push(b',');
        } else {
            self.start(out);
        }
        ListedRoomShape::new(listed, online).write(out);
    }

    /// Ends the whole list.
    pub fn finish(self, out: &mut Vec<u8>, request_id: &RequestId) {
        self.end(out, &Response::new(request_id, Rooms(Vec::new())));
    }

    /// Ends a page of it, which continues after the room `next`.
    pub fn finish_page(self, out: &mut Vec<u8>, request_id: &RequestId, next: Option<RoomId>) {
        let page = RoomPage {
            errors: [],
            data: Rooms(Vec::new()),
            action: Rooms::ACTION,
            response_status: Rooms::STATUS,
            request_id: EchoedId(request_id),
            next_after_pk: next.map(|room| room.0),
        };
        self.end(out, &page);
    }

    fn start(&mut self, out: &mut Vec<u8>) {
        self.started = true;
        out.extend_from_slice(Self::HEAD);
    }

    /// Appends the part that follows the rooms. `empty` is the same response without
    /// rooms.
    fn end(mut self, out: &mut Vec<u8>, empty: &impl Frame) {
        if !self.started {
            self.start(out);
        }
        let empty = empty.to_vec();
        out.extend_from_slice(empty.strip_prefix(Self::HEAD).unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn list_in_pieces_equals_list_at_once() {
        let (listed, id) = (sample::listed(), sample::request_id());
        for count in 0..3 {
            let rooms = || {
                Rooms(
                    (0..count)
                        .map(|_| ListedRoomShape::new(&listed, None))
                        .collect(),
                )
            };
            let (mut list, mut out) = (RoomList::default(), Vec::new());
            (0..count).for_each(|_| list.add(&mut out, &listed, None));
            list.finish(&mut out, &id);
            assert_eq!(out, Response::new(&id, rooms()).to_vec());
        }
    }
}
