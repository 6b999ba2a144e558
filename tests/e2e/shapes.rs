//! The exact bytes of responses: names, the order of keys, and the platform's profiles as
//! they came.

use aftermatch_test_support::{Client, Setup, on_every_store, without_epoch};

const ROOM_1: &str = r#"{"pk":1,"participants":[{"id":1,"fullname":"Alpha"},{"id":2,"fullname":"Beta","big":12345678901234567890123}],"has_business":true,"id":1}"#;
const ROOM_2: &str = r#"{"pk":2,"participants":[{"id":3,"fullname":"Gamma"},{"id":1,"fullname":"Alpha"}],"has_business":false,"id":2}"#;
const ROOM_3: &str = r#"{"pk":3,"participants":[{"id":2,"fullname":"Beta","big":12345678901234567890123},{"id":3,"fullname":"Gamma"}],"has_business":true,"id":3}"#;

const HELLO: &str = r#"{"id":1,"text":"hello","user":{"id":3,"email":"ann@example.com"},"created_at":"2024-06-17T18:00:00.000Z","room_id":1,"seq":1,"edited_at":null}"#;
const UNTOUCHED: &str = r#""last_seq":0,"unread":0,"last_message":null,"read_seq":0"#;

/// The room with more keys after those it always has.
fn with(room: &str, more: &str) -> String {
    let open = room.strip_suffix('}').expect("an object");
    format!("{open},{more}}}")
}

/// Sends a request with the `request_id` 7 and returns the response.
async fn response(client: &mut Client, request: &str) -> String {
    client
        .send_text(&format!(r#"{{{request},"request_id":7}}"#))
        .await;
    without_epoch(&client.receive_text().await)
}

fn success(data: &str, action: &str, status: u16) -> String {
    format!(
        r#"{{"errors":[],"data":{data},"action":"{action}","response_status":{status},"request_id":7}}"#
    )
}

/// Replaces the time in a response to `create_message`, and checks its form: UTC, to the
/// millisecond.
fn without_time(response: &str) -> String {
    let (before, after) = response.split_once(r#""created_at":""#).expect("a moment");
    let (time, rest) = after.split_once('"').expect("a string");
    let digits_as_0: String = time
        .chars()
        .map(|c| if c.is_ascii_digit() { '0' } else { c })
        .collect();
    assert_eq!(digits_as_0, "0000-00-00T00:00:00.000Z", "{time}");
    assert!(time > "2024-06-17T18:00:00.000Z", "{time}");
    format!(r#"{before}"created_at":"…"{rest}"#)
}

async fn list_and_room_bytes_match_contract(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.chat(3).await;
    let mut admin = service.admin_chat(9).await;
    let list = response(&mut ann, r#""action":"list""#).await;
    let one = format!(r#""last_seq":1,"unread":0,"last_message":{HELLO},"read_seq":0"#);
    let (one, two) = (with(ROOM_1, &one), with(ROOM_2, UNTOUCHED));
    assert_eq!(list, success(&format!("[{one},{two}]"), "list", 200));
    let list = response(&mut admin, r#""action":"list""#).await;
    let one = format!(r#""last_seq":1,"last_message":{HELLO}"#);
    let one = with(ROOM_1, &one);
    let [two, three] =
        [ROOM_2, ROOM_3].map(|room| with(room, r#""last_seq":0,"last_message":null"#));
    let all = format!("[{one},{two},{three}]");
    assert_eq!(list, success(&all, "list", 200));
    for (pk, room, last) in [(1, ROOM_1, 1), (2, ROOM_2, 0)] {
        let join = format!(r#""action":"join_room","room_pk":{pk}"#);
        let room = with(room, &format!(r#""last_seq":{last},"epoch":…"#));
        for client in [&mut admin, &mut ann] {
            let joined = response(client, &join).await;
            assert_eq!(joined, success(&room, "join_room", 200));
        }
    }
    let current = response(&mut ann, r#""action":"current_room_info""#).await;
    assert_eq!(current, success(ROOM_2, "current_room_info", 200));
    let left = response(&mut ann, r#""action":"leave_room""#).await;
    let said = r#"{"response":"leaved room 2 successfully!"}"#;
    assert_eq!(left, success(said, "leave_room", 200));
}

async fn event_bytes_match_contract(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.joined(3, 1).await;
    let mut admin = service.admin_chat(9).await;
    let write = r#""action":"create_message","msg_text":"\u0061 / \"b\" \n ж \ud83e\udd80""#;
    let created = response(&mut ann, write).await;
    let data = format!(
        r#"{{"id":2,"text":"a / \"b\" \n ж 🦀","user":{{"id":3,"email":"ann@example.com"}},"created_at":"…","room":{ROOM_1},"room_id":1,"seq":2}}"#
    );
    assert_eq!(
        without_time(&created),
        success(&data, "create_message", 201)
    );
    let edit = r#""action":"edit_message","msg_id":2,"edited_msg_text":"c""#;
    let data = r#"{"room_id":1,"message_id":2,"message_text":"c","seq":3}"#;
    assert_eq!(
        response(&mut ann, edit).await,
        success(data, "edit_message", 200)
    );
    let delete = r#""action":"delete_messages","msg_id_list":[2,1]"#;
    let data = r#"{"room_id":1,"messages_ids":[2,1],"seq":4}"#;
    assert_eq!(
        response(&mut ann, delete).await,
        success(data, "delete_messages", 200)
    );

    admin.join(3).await;
    let created = response(&mut admin, r#""action":"create_message","msg_text":"d""#).await;
    // Ids are not consecutive.
    let read: serde_json::Value = serde_json::from_str(&created).expect("JSON");
    let id = read["data"]["id"].as_i64().expect("an id");
    let data = format!(
        r#"{{"id":{id},"text":"d","user":{{"id":9,"email":"boss@example.com"}},"created_at":"…","room":{ROOM_3},"room_id":3,"seq":1}}"#
    );
    assert_eq!(
        without_time(&created),
        success(&data, "create_message", 201)
    );
}

async fn error_bytes_match_contract(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.chat(3).await;
    let refused = response(&mut ann, r#""action":"leave_room""#).await;
    let read: serde_json::Value = serde_json::from_str(&refused).expect("JSON");
    let sentence = &read["errors"][0];
    assert!(sentence.is_string(), "{refused}");
    let expected = format!(
        r#"{{"errors":[{sentence}],"data":null,"action":"leave_room","response_status":400,"request_id":7,"error_code":"not_in_room"}}"#
    );
    assert_eq!(refused, expected);
}

async fn profiles_passed_through_except_id(setup: Setup) {
    let world = r#"{
      "users": [
        {"id":1,"profile":{}},
        {"id":2,"profile":{"email":"\u0436@example.com","id":2,"n":1.10,"empty":{},"id_card":null}}
      ],
      "brands": [
        {"id":10,"user_id":1,"profile":{"user":{"id":1},"z":1,"a":[1e400,-0.0,{"b":"\/"}]}},
        {"id":20,"user_id":2,"tariff":"business","profile":{"goals":[],"id":20,"a":1}}
      ],
      "rooms": [
        {"id":5,"participants":[20,10]},
        {"id":9007199254740993,"participants":[10]}
      ],
      "messages": []
    }"#;
    let brand_10 = r#"{"id":10,"user":{"id":1},"z":1,"a":[1e400,-0.0,{"b":"\/"}]}"#;
    let brand_20 = r#"{"goals":[],"id":20,"a":1}"#;
    let big = format!(
        r#"{{"pk":9007199254740993,"participants":[{brand_10}],"has_business":false,"id":9007199254740993}}"#
    );
    let both =
        format!(r#"{{"pk":5,"participants":[{brand_20},{brand_10}],"has_business":true,"id":5}}"#);

    let service = setup.world(world).start().await;
    let mut one = service.chat(1).await;
    let list = response(&mut one, r#""action":"list""#).await;
    let rooms = format!("[{},{}]", with(&both, UNTOUCHED), with(&big, UNTOUCHED));
    assert_eq!(list, success(&rooms, "list", 200));
    let mut two = service.chat(2).await;
    for (client, pk, room) in [(&mut one, "9007199254740993", &big), (&mut two, "5", &both)] {
        let join = format!(r#""action":"join_room","room_pk":{pk}"#);
        let room = with(room, r#""last_seq":0,"epoch":…"#);
        let joined = response(client, &join).await;
        assert_eq!(joined, success(&room, "join_room", 200));
    }
    let user_2 = r#"{"email":"\u0436@example.com","id":2,"n":1.10,"empty":{},"id_card":null}"#;
    for (client, id, user, room, pk) in [
        (&mut one, 1, r#"{"id":1}"#, &big, 9_007_199_254_740_993_i64),
        (&mut two, 2, user_2, &both, 5),
    ] {
        let created = response(client, r#""action":"create_message","msg_text":"a""#).await;
        let data = format!(
            r#"{{"id":{id},"text":"a","user":{user},"created_at":"…","room":{room},"room_id":{pk},"seq":1}}"#
        );
        assert_eq!(
            without_time(&created),
            success(&data, "create_message", 201)
        );
    }
}

async fn empty_list_and_room_bytes(setup: Setup) {
    let world = r#"{
      "users": [{"id":1,"profile":{}}, {"id":9,"admin":true,"profile":{}}],
      "brands": [{"id":10,"user_id":1,"profile":{}}],
      "rooms": [{"id":1,"participants":[]}],
      "messages": []
    }"#;
    let service = setup.world(world).start().await;
    let mut without_rooms = service.chat(1).await;
    assert_eq!(
        response(&mut without_rooms, r#""action":"list""#).await,
        success("[]", "list", 200)
    );
    let mut admin = service.admin_chat(9).await;
    let empty = r#"{"pk":1,"participants":[],"has_business":false,"id":1}"#;
    let list = response(&mut admin, r#""action":"list""#).await;
    let listed = with(empty, r#""last_seq":0,"last_message":null"#);
    assert_eq!(list, success(&format!("[{listed}]"), "list", 200));
    let joined = response(&mut admin, r#""action":"join_room","room_pk":1"#).await;
    let room = with(empty, r#""last_seq":0,"epoch":…"#);
    assert_eq!(joined, success(&room, "join_room", 200));
}

on_every_store!(
    list_and_room_bytes_match_contract,
    event_bytes_match_contract,
    error_bytes_match_contract,
    profiles_passed_through_except_id,
    empty_list_and_room_bytes,
);
