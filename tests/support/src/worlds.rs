//! Users, brands, rooms and messages that a service starts with.

use serde_json::{Value, json};

/// The world of a [`Setup`](crate::Setup) unless a test brings its own.
///
/// Ann (user 3, brand 1) and Bob (user 4, brand 2, business tariff) share room 1, which
/// holds one message. Eve (user 5, brand 3) shares room 2 with Ann, where nobody has a
/// business tariff, and room 3 with Bob. User 9 is an administrator without a brand,
/// user 8 owns nothing, user 7 is deactivated.
pub const USUAL: &str = r#"{
  "users": [
    {"id":3,"profile":{"email":"ann@example.com"}},
    {"id":4,"profile":{"email":"bob@example.com"}},
    {"id":5,"profile":{"id":5,"email":"eve@example.com"}},
    {"id":8,"profile":{}},
    {"id":7,"active":false,"profile":{}},
    {"id":9,"admin":true,"profile":{"email":"boss@example.com"}}
  ],
  "brands": [
    {"id":1,"user_id":3,"tariff":"light","tariff_until":null,"profile":{"fullname":"Alpha"}},
    {"id":2,"user_id":4,"tariff":"business","tariff_until":"2099-01-01T00:00:00Z","profile":{"fullname":"Beta","big":12345678901234567890123}},
    {"id":3,"user_id":5,"tariff":"business","tariff_until":"2020-01-01T00:00:00Z","profile":{"id":3,"fullname":"Gamma"}},
    {"id":4,"user_id":7,"profile":{}}
  ],
  "rooms": [
    {"id":1,"participants":[1,2]},
    {"id":2,"participants":[3,1]},
    {"id":3,"participants":[2,3]}
  ],
  "messages": [
    {"room_id":1,"user_id":3,"text":"hello","created_at":"2024-06-17T18:00:00.000Z"}
  ]
}"#;

/// Users 1 to `users`, each with a brand (user 1 owns brand 101), all of them in each of
/// the rooms 1 to `rooms`.
pub fn many_members(users: i64, rooms: i64) -> Value {
    let users = 1..=users;
    let participants: Vec<_> = users.clone().map(|user| 100 + user).collect();
    let brands = users
        .clone()
        .map(|user| json!({"id": 100 + user, "user_id": user}));
    let rooms = (1..=rooms).map(|room| json!({"id": room, "participants": participants}));
    json!({
        "brands": brands.collect::<Vec<_>>(),
        "rooms": rooms.collect::<Vec<_>>(),
        "users": users.map(|user| json!({"id": user})).collect::<Vec<_>>(),
    })
}
