//! What a connection follows, and the limits in force.

use std::time::Duration;

use aftermatch_ports::{
    Followed,
    model::{FollowedRooms, RequestId},
};
use schemars::JsonSchema;
use serde::Serialize;

use super::{
    envelope::{Data, Frame, Response},
    value::Time,
};
use crate::{
    action::Action,
    limits::{MAX_FOLLOWED, MAX_IDS, MAX_MESSAGES, MAX_REPLAY},
};

/// What operators allow a connection.
#[derive(Debug, Clone, Copy)]
pub struct Allowed {
    /// The largest message a client may send, in bytes.
    pub frame_bytes: usize,
    /// Frames that one connection may send in a second; `None` without a limit.
    pub requests_per_second: Option<u32>,
    /// From one ping to the next.
    pub ping: Duration,
    /// How long a client may be silent.
    pub idle: Duration,
}

/// What the connection receives beyond the events of its joined room.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline, deny_unknown_fields)]
pub(crate) struct FollowedShape {
    rooms: RoomsShape,
    typing: bool,
    presence: bool,
    read_positions: bool,
    limits: LimitsShape,
}

/// All rooms in reach or none, or these.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(inline)]
enum RoomsShape {
    All(bool),
    These(#[schemars(length(max = MAX_FOLLOWED))] Vec<i64>),
}

/// The limits of the service.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline, deny_unknown_fields)]
struct LimitsShape {
    /// The longest text of a message, in characters.
    text_chars: usize,
    /// The largest frame, in bytes.
    frame_bytes: usize,
    /// How many messages one deletion may name.
    ids_per_delete: usize,
    /// The most messages in one response.
    page: usize,
    /// How many events are replayed after a join with `since_seq`.
    replay: usize,
    /// How many frames a connection may send in a second, as a mean over four seconds; `null`
    /// without a limit.
    requests_per_second: Option<u32>,
    /// How often the service sends a ping, in milliseconds.
    ping_ms: u64,
    /// After how many milliseconds without a sign of the client its connection is closed.
    idle_ms: u64,
    server_time: Time,
    /// How many attachments a message may have; 0 if the service takes none.
    attachments: usize,
}

impl Data for FollowedShape {
    const ACTION: &'static str = Action::Follow.as_str();
}

/// The response to `follow`.
pub fn followed(request_id: &RequestId, followed: &Followed, allowed: Allowed) -> impl Frame {
    let following = &followed.following;
    let rooms = match &following.rooms {
        FollowedRooms::None => RoomsShape::All(false),
        FollowedRooms::InReach => RoomsShape::All(true),
        FollowedRooms::These(rooms) => RoomsShape::These(rooms.iter().map(|room| room.0).collect()),
    };
    let data = FollowedShape {
        rooms,
        typing: following.typing,
        presence: following.presence,
        read_positions: following.read_positions,
        limits: LimitsShape {
            text_chars: followed.max_text_chars,
            frame_bytes: allowed.frame_bytes,
            ids_per_delete: MAX_IDS,
            page: MAX_MESSAGES,
            replay: MAX_REPLAY,
            requests_per_second: allowed.requests_per_second,
            ping_ms: millis(allowed.ping),
            idle_ms: millis(allowed.idle),
            server_time: Time(followed.now),
            attachments: followed.max_attachments,
        },
    };
    Response::new(request_id, data)
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
