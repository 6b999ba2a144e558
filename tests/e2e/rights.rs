//! Rights are checked at every action and event, not only at the handshake or the join.

mod closed;
mod during_burst;
mod eviction;
mod shutout;

use aftermatch_test_support::{
    Client, Service, Setup, TIMEOUT, Tariff, brand, in_milliseconds, on_every_store, room,
};
use serde_json::{Value, json};

/// Actions for a client in room 1, the writes first.
fn actions() -> [Value; 5] {
    [
        json!({"action": "create_message", "msg_text": "hello"}),
        json!({"action": "edit_message", "msg_id": 1, "edited_msg_text": "hello"}),
        json!({"action": "delete_messages", "msg_id_list": [1]}),
        json!({"action": "join_room", "room_pk": 1}),
        json!({"action": "list"}),
    ]
}

/// `client` writes in its room, and `others` receive that event and nothing else.
async fn expect_delivery(client: &mut Client, others: &mut [&mut Client]) -> Value {
    let response = client.create("we go on").await;
    for other in others {
        assert_eq!(other.receive().await, response);
        other.expect_silence().await;
    }
    response
}

/// The frame says that the client was removed from room 1.
fn expect_room_closed(frame: &Value, reason: &str) {
    assert_eq!(frame["action"], "room_closed", "{frame}");
    assert_eq!(frame["data"], json!({"room_pk": 1, "reason": reason}));
    assert_eq!(frame["request_id"], Value::Null, "{frame}");
}

/// `client` acts just after it lost its right to the room. It is refused for that reason
/// or, if it was removed from the room already, because it is in no room.
async fn expect_refusal_at_once(client: &mut Client, action: Value, status: u16, code: &str) {
    let id = client.send_action(action.clone()).await;
    let mut refusal = client.receive().await;
    let mut expected = vec![(status, code)];
    if refusal["request_id"] == Value::Null {
        assert_eq!(refusal["action"], "room_closed", "{action}: {refusal}");
        refusal = client.receive().await;
        expected.push((400, "not_in_room"));
    }
    assert_eq!(refusal["request_id"], id, "{action}: {refusal}");
    let as_expected = |refused: &(u16, &str)| {
        refusal["response_status"] == refused.0 && refusal["error_code"] == refused.1
    };
    assert!(expected.iter().any(as_expected), "{action}: {refusal}");
}

async fn removed_brand_neither_receives_nor_writes(setup: Setup) {
    let service = setup.start().await;
    let (mut ann, mut bob) = (service.joined(3, 1).await, service.joined(4, 1).await);
    let mut admin = service.admin_chat(9).await;
    admin.join(1).await;
    let mut requests = actions()[..4].to_vec();
    requests.push(json!({"action": "current_room_info"}));
    requests.push(json!({"action": "get_room_messages"}));
    requests.push(json!({"action": "search_messages", "text": "a"}));
    requests.push(json!({"action": "mark_read", "seq": 1}));
    let mut clients = Vec::new();
    for action in requests {
        clients.push((service.joined(3, 1).await, action));
    }

    service.put_room(room(1, &[2])).await;
    for (client, action) in &mut clients {
        expect_refusal_at_once(client, action.clone(), 403, "room_forbidden").await;
    }
    expect_delivery(&mut bob, &mut [&mut admin]).await;
    expect_room_closed(&ann.receive().await, "brand_removed");
    let rooms = ann.request(json!({"action": "list"})).await;
    assert_eq!(rooms["data"][0]["pk"], 2, "{rooms}");
    bob.expect_silence().await;
    admin.expect_silence().await;

    service.put_room(room(1, &[2, 1])).await;
    ann.join(1).await;
    let response = expect_delivery(&mut ann, &mut [&mut bob, &mut admin]).await;
    assert_eq!(
        response["data"]["seq"], 3,
        "refused writes take no event number"
    );
}

async fn removed_brand_may_leave_room(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.joined(3, 1).await;
    service.put_room(room(1, &[2])).await;
    let left = ann
        .request_amid_events(json!({"action": "leave_room"}))
        .await;
    // The client may have been removed from the room before.
    if left["response_status"] != 200 {
        assert_eq!(left["error_code"], "not_in_room", "{left}");
    }
    ann.join(2).await;
    expect_delivery(&mut ann, &mut []).await;
}

async fn added_brand_can_join(setup: Setup) {
    let service = setup.start().await;
    let (mut ann, mut eve) = (service.joined(3, 1).await, service.chat(5).await);
    let join = json!({"action": "join_room", "room_pk": 1});
    eve.expect_refusal(join, 403, "room_forbidden").await;
    service.put_room(room(1, &[1, 2, 3])).await;
    let joined = eve.join(1).await;
    assert_eq!(joined["data"]["participants"][2]["id"], 3);
    let response = expect_delivery(&mut eve, &mut [&mut ann]).await;
    assert_eq!(response["data"]["room"]["participants"][2]["id"], 3);
}

async fn has_business(service: &Service) -> Value {
    let room = service.chat(3).await.join(1).await;
    room["data"]["has_business"].clone()
}

async fn admin_writes_only_during_business_tariff(setup: Setup) {
    let service = setup.start().await;
    let mut bob = service.joined(4, 1).await;
    let mut admin = service.admin_chat(9).await;
    admin.join(1).await;
    let event = expect_delivery(&mut admin, &mut [&mut bob]).await;
    assert_eq!(event["data"]["room"]["has_business"], true);

    let ended = Some(in_milliseconds(0));
    service
        .put_brand(brand(2, 4, Tariff::Business, ended))
        .await;
    for action in &actions()[..3] {
        admin
            .expect_refusal(action.clone(), 403, "business_required")
            .await;
    }
    assert_eq!(has_business(&service).await, false);
    assert_eq!(admin.join(1).await["data"]["has_business"], false);
    let event = expect_delivery(&mut bob, &mut [&mut admin]).await;
    assert_eq!(event["data"]["room"]["has_business"], false);

    service.put_brand(brand(1, 3, Tariff::Business, None)).await;
    let event = expect_delivery(&mut admin, &mut [&mut bob]).await;
    assert_eq!(event["data"]["room"]["has_business"], true);
    assert_eq!(has_business(&service).await, true);
}

async fn tariff_expires_without_any_change(setup: Setup) {
    let service = setup.start().await;
    let mut admin = service.admin_chat(9).await;
    admin.join(1).await;
    let soon = Some(in_milliseconds(300));
    service.put_brand(brand(2, 4, Tariff::Business, soon)).await;
    let running_out = async { while admin.join(1).await["data"]["has_business"] == true {} };
    let run_out = tokio::time::timeout(TIMEOUT, running_out).await;
    run_out.expect("it expires in time");
    admin
        .expect_refusal(actions()[0].clone(), 403, "business_required")
        .await;
}

async fn removed_room_closed_for_its_subscribers_only(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.joined(3, 1).await;
    let (mut bob, mut eve) = (service.joined(4, 3).await, service.joined(5, 3).await);
    let mut admin = service.admin_chat(9).await;
    admin.join(1).await;

    let mut clients = Vec::new();
    for action in &actions()[..4] {
        let mut other = service.admin_chat(9).await;
        other.join(1).await;
        clients.push((service.joined(3, 1).await, other, action.clone()));
    }

    service.remove_room(1).await;
    for (ann, admin, action) in &mut clients {
        expect_refusal_at_once(ann, action.clone(), 403, "room_forbidden").await;
        expect_refusal_at_once(admin, action.clone(), 404, "room_not_found").await;
    }
    expect_room_closed(&ann.receive().await, "room_removed");
    expect_room_closed(&admin.receive().await, "room_removed");
    let left = ann.request(json!({"action": "list"})).await;
    assert_eq!(left["data"].as_array().map(Vec::len), Some(1), "{left}");
    ann.join(2).await;
    admin.join(2).await;
    expect_delivery(&mut ann, &mut [&mut admin]).await;
    expect_delivery(&mut bob, &mut [&mut eve]).await;
}

on_every_store!(
    removed_brand_neither_receives_nor_writes,
    removed_brand_may_leave_room,
    added_brand_can_join,
    admin_writes_only_during_business_tariff,
    tariff_expires_without_any_change,
    removed_room_closed_for_its_subscribers_only,
);
