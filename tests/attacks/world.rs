//! The people of these tests, and what they have.

use aftermatch_test_support::{Limits, Setup};
use serde_json::{Value, json};

/// Shares room 1 with Bob. Both behave well.
pub const ANN: i64 = 1;
pub const BOB: i64 = 2;
/// Shares the rooms 2 and 3 with Trent, and attacks.
pub const MALLORY: i64 = 3;
pub const TRENT: i64 = 4;
/// An administrator.
pub const ADMIN: i64 = 9;

/// Messages in room 2 of [`with_history`]: with those that are written meanwhile, however late
/// somebody joins, as many as a replay may have.
pub const OLD: i64 = 480;
/// Rooms of [`with_many_rooms`], whose list has 36 MB.
pub const ROOMS: i64 = 600;
const PROFILE_BYTES: usize = 15_000;

/// Two rooms of Mallory and Trent, and one of Ann and Bob.
fn world(profile_bytes: usize, rooms: i64, messages: &[Value]) -> Value {
    let brands = (1..=4).map(|user| {
        let profile = json!({"about": "x".repeat(profile_bytes)});
        json!({"id": 100 + user, "user_id": user, "tariff": "business", "profile": profile})
    });
    let users = [ANN, BOB, MALLORY, TRENT].map(|id| json!({"id": id}));
    let users = [&users[..], &[json!({"id": ADMIN, "admin": true})]].concat();
    let rooms = (1..=rooms).map(|room| match room {
        1 => json!({"id": 1, "participants": [101, 102]}),
        2 | 3 => json!({"id": room, "participants": [103, 104]}),
        _ => json!({"id": room, "participants": [101, 102, 103, 104]}),
    });
    json!({
        "users": users,
        "brands": brands.collect::<Vec<_>>(),
        "rooms": rooms.collect::<Vec<_>>(),
        "messages": messages,
    })
}

pub fn usual_world() -> Value {
    world(0, 3, &[])
}

pub fn usual(setup: Setup) -> Setup {
    setup.world(usual_world().to_string())
}

/// The text of an old message: as long as it may be.
pub fn long_text() -> String {
    "🐈".repeat(10_000)
}

/// Room 2 has a long history of long messages, of 20 MB.
pub fn with_history(setup: Setup) -> Setup {
    let old = json!({
        "room_id": 2, "user_id": TRENT, "text": long_text(), "created_at": "2024-06-17T18:00:00.000Z",
    });
    setup.world(world(0, 3, &vec![old; OLD as usize]).to_string())
}

/// An administrator's list is very long.
pub fn with_many_rooms(setup: Setup) -> Setup {
    setup.world(world(PROFILE_BYTES, ROOMS, &[]).to_string())
}

/// The most bytes that the service may hold for so many connections that do not read: for
/// each a full outbox, and as much again for what is under way.
pub fn held_at_most(connections: usize) -> u64 {
    (connections * 2 * Limits::default().outbox_bytes) as u64
}
