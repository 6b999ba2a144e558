//! A client that only listens is removed when its right ends, and learns the reason.

use aftermatch_test_support::{
    Client, NewUser, Setup, Tariff, brand, create, on_every_store, room, user,
};
use serde_json::{Value, json};

use super::expect_delivery;

/// The frame that says that the client was removed from room 1.
pub fn room_closed(reason: &str) -> String {
    format!(
        r#"{{"errors":[],"data":{{"room_pk":1,"reason":"{reason}"}},"action":"room_closed","response_status":200,"request_id":null}}"#
    )
}

async fn removed_brand_notified_on_every_seat(setup: Setup) {
    let service = setup.start().await;
    let mut joined = [service.joined(3, 1).await, service.joined(3, 1).await];
    let mut elsewhere = service.joined(3, 2).await;
    let mut not_joined = service.chat(3).await;
    let mut bob = service.joined(4, 1).await;
    let mut admin = service.admin_joined(9, 1).await;

    service.put_room(room(1, &[2])).await;
    for ann in &mut joined {
        assert_eq!(ann.receive_text().await, room_closed("brand_removed"));
    }
    expect_delivery(&mut bob, &mut [&mut admin]).await;
    for ann in &mut joined {
        ann.expect_refusal(create("a"), 400, "not_in_room").await;
        ann.expect_refusal(json!({"action": "leave_room"}), 400, "not_in_room")
            .await;
        let join = json!({"action": "join_room", "room_pk": 1, "since_seq": 0});
        ann.expect_refusal(join, 403, "room_forbidden").await;
        ann.expect_silence().await;
    }
    elsewhere.expect_silence().await;
    not_joined.expect_silence().await;

    // The right comes back, but the room must be joined again.
    service.put_room(room(1, &[1, 2])).await;
    expect_delivery(&mut bob, &mut [&mut admin]).await;
    let [ann, again] = &mut joined;
    again.expect_silence().await;
    let response = ann.join_since(1, 1).await;
    assert_eq!(response["data"]["resumed"], true);
    for seq in [2, 3] {
        assert_eq!(ann.receive().await["data"]["seq"], seq);
    }
    expect_delivery(ann, &mut [&mut bob, &mut admin]).await;
    again.expect_silence().await;
}

async fn removed_room_notifies_every_subscriber(setup: Setup) {
    let service = setup.start().await;
    let mut admin = service.admin_joined(9, 1).await;
    let (mut ann, mut bob) = (service.joined(3, 1).await, service.joined(4, 1).await);
    let mut elsewhere = service.joined(3, 2).await;
    service.remove_room(1).await;
    for client in [&mut ann, &mut bob, &mut admin] {
        assert_eq!(client.receive_text().await, room_closed("room_removed"));
        client.expect_refusal(create("a"), 400, "not_in_room").await;
    }
    expect_delivery(&mut elsewhere, &mut []).await;

    // A new room with the same number is another room.
    service.put_room(room(1, &[1, 2])).await;
    for client in [&mut ann, &mut admin] {
        let response = client.join_since(1, 0).await;
        assert_eq!(response["data"]["last_seq"], 0);
    }
    let response = expect_delivery(&mut ann, &mut [&mut admin]).await;
    assert_eq!(response["data"]["seq"], 1);
    bob.expect_silence().await;
}

// Both changes reach the service as one: see `Service::hand_over`.
async fn changed_brand_loses_former_seat(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.joined(3, 1).await;
    let mut elsewhere = service.joined(3, 2).await;
    let mut bob = service.joined(4, 1).await;
    let given = brand(1, 8, Tariff::Light, None);
    let instead = brand(50, 3, Tariff::Light, None);
    service.hand_over(given, instead).await;
    assert_eq!(ann.receive_text().await, room_closed("brand_lost"));
    let event = elsewhere.receive_text().await;
    assert_eq!(event, room_closed("brand_lost").replace(":1,", ":2,"));
    expect_delivery(&mut bob, &mut [&mut service.joined(8, 1).await]).await;
    ann.expect_refusal(create("a"), 400, "not_in_room").await;
    let join = json!({"action": "join_room", "room_pk": 1});
    ann.expect_refusal(join, 403, "room_forbidden").await;
    service.put_room(room(1, &[1, 2, 50])).await;
    ann.join(1).await;
    expect_delivery(&mut ann, &mut [&mut bob]).await;
}

/// Checks that the connection is closed with this code, and receives nothing before.
async fn expect_close(client: &mut Client, code: u16) {
    let (received, closed) = client.receive_until_close().await;
    assert_eq!(received, Vec::<Value>::new());
    assert_eq!(closed, Some(code));
}

async fn deactivated_user_disconnected_everywhere(setup: Setup) {
    let service = setup.start().await;
    let also_admin = |active| NewUser {
        active,
        admin: true,
        ..user(3)
    };
    service.put_user(also_admin(true)).await;
    let mut admin_not_joined = service.admin_chat(3).await;
    let mut watching_joined = service.admin_chat(3).await;
    watching_joined.join(3).await;
    let (mut joined, mut not_joined) = (service.joined(3, 1).await, service.chat(3).await);
    let (mut bob, mut admin) = (service.joined(4, 1).await, service.admin_joined(9, 1).await);
    service.put_user(also_admin(false)).await;
    for client in [
        &mut joined,
        &mut not_joined,
        &mut admin_not_joined,
        &mut watching_joined,
    ] {
        expect_close(client, 4401).await;
    }
    expect_delivery(&mut bob, &mut [&mut admin]).await;
}

async fn former_admin_disconnected_from_admin_endpoint_only(setup: Setup) {
    let service = setup.start().await;
    let also_admin = NewUser {
        admin: true,
        ..user(3)
    };
    service.put_user(also_admin).await;
    let mut admin_not_joined = service.admin_chat(3).await;
    let mut watching_joined = service.admin_chat(3).await;
    watching_joined.join(1).await;
    let mut joined = service.joined(3, 1).await;
    let (mut bob, mut admin) = (service.joined(4, 1).await, service.admin_joined(9, 1).await);
    service.put_user(user(3)).await;
    expect_close(&mut admin_not_joined, 4403).await;
    expect_close(&mut watching_joined, 4403).await;
    expect_delivery(&mut bob, &mut [&mut joined, &mut admin]).await;
}

async fn user_without_brand_disconnected(setup: Setup) {
    let service = setup.start().await;
    let (mut joined, mut not_joined) = (service.joined(3, 1).await, service.chat(3).await);
    let mut bob = service.joined(4, 1).await;
    let transferred = brand(1, 8, Tariff::Light, None);
    service.put_brand(transferred).await;
    expect_close(&mut joined, 4403).await;
    expect_close(&mut not_joined, 4403).await;
    expect_delivery(&mut bob, &mut [&mut service.joined(8, 1).await]).await;
}

async fn unchanged_rights_keep_seat(setup: Setup) {
    let service = setup.start().await;
    let (mut ann, mut bob) = (service.joined(3, 1).await, service.joined(4, 1).await);
    let mut admin = service.admin_joined(9, 1).await;
    let mut eve = service.joined(5, 3).await;
    // A client that has moved on is not affected by the room it left.
    let mut moved_client = service.joined(4, 3).await;
    moved_client.join(1).await;
    service.put_user(user(3)).await;
    let unchanged_admin = NewUser {
        admin: true,
        ..user(9)
    };
    service.put_user(unchanged_admin).await;
    service.put_brand(brand(1, 3, Tariff::Business, None)).await;
    service.put_brand(brand(2, 4, Tariff::Light, None)).await;
    service.put_room(room(1, &[3, 2, 1])).await;
    service.put_room(room(2, &[3])).await;
    service.put_room(room(3, &[])).await;
    // When Eve is notified, every client has been checked.
    let event = eve.receive_text().await;
    assert_eq!(event, room_closed("brand_removed").replace(":1,", ":3,"));
    expect_delivery(&mut ann, &mut [&mut bob, &mut admin, &mut moved_client]).await;
    ann.expect_silence().await;
}

on_every_store!(
    removed_brand_notified_on_every_seat,
    changed_brand_loses_former_seat,
    removed_room_notifies_every_subscriber,
    deactivated_user_disconnected_everywhere,
    former_admin_disconnected_from_admin_endpoint_only,
    user_without_brand_disconnected,
    unchanged_rights_keep_seat,
);
