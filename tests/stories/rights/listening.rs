//! Who only listens hears no more of what it may not see, and is told why.

use aftermatch_ports::model::{RoomId, Tariff, world::NewUser};
use serde_json::{Value, json};

use super::{brand, goes_on, room, user};
use crate::harness::{Client, Service, Setup, create, on_every_store};

/// The word that the seat in room 1 is gone.
pub fn closed(reason: &str) -> String {
    format!(
        r#"{{"errors":[],"data":{{"room_pk":1,"reason":"{reason}"}},"action":"room_closed","response_status":200,"request_id":null}}"#
    )
}

pub async fn admin_joined(service: &Service, room: i64) -> Client {
    let mut boss = service.admin_chat(9).await;
    boss.join(room).await;
    boss
}

async fn a_brand_that_is_taken_out_is_told_on_every_seat(setup: Setup) {
    let service = setup.start().await;
    let mut seated = [service.joined(3, 1).await, service.joined(3, 1).await];
    let mut elsewhere = service.joined(3, 2).await;
    let mut standing = service.chat(3).await;
    let mut bob = service.joined(4, 1).await;
    let mut boss = admin_joined(&service, 1).await;

    service.put_room(room(1, &[2])).await;
    for ann in &mut seated {
        assert_eq!(ann.text().await, closed("brand_removed"));
    }
    goes_on(&mut bob, &mut [&mut boss]).await;
    for ann in &mut seated {
        ann.refused(create("a"), 400, "not_in_room").await;
        ann.refused(json!({"action": "leave_room"}), 400, "not_in_room")
            .await;
        let join = json!({"action": "join_room", "room_pk": 1, "since_seq": 0});
        ann.refused(join, 403, "room_forbidden").await;
        ann.hears_nothing().await;
    }
    elsewhere.hears_nothing().await;
    standing.hears_nothing().await;

    // The seat does not come back with the right.
    service.put_room(room(1, &[1, 2])).await;
    goes_on(&mut bob, &mut [&mut boss]).await;
    let [ann, again] = &mut seated;
    again.hears_nothing().await;
    let answer = ann.join_since(1, 1).await;
    assert_eq!(answer["data"]["resumed"], true);
    for seq in [2, 3] {
        assert_eq!(ann.hear().await["data"]["seq"], seq);
    }
    goes_on(ann, &mut [&mut bob, &mut boss]).await;
    again.hears_nothing().await;
}

async fn a_room_that_is_removed_is_closed_to_everyone(setup: Setup) {
    let service = setup.start().await;
    let mut boss = admin_joined(&service, 1).await;
    let (mut ann, mut bob) = (service.joined(3, 1).await, service.joined(4, 1).await);
    let mut elsewhere = service.joined(3, 2).await;
    service.remove_room(RoomId(1)).await;
    for client in [&mut ann, &mut bob, &mut boss] {
        assert_eq!(client.text().await, closed("room_removed"));
        client.refused(create("a"), 400, "not_in_room").await;
    }
    goes_on(&mut elsewhere, &mut []).await;

    // Another room of that number is another room.
    service.put_room(room(1, &[1, 2])).await;
    for client in [&mut ann, &mut boss] {
        let answer = client.join_since(1, 0).await;
        assert_eq!(answer["data"]["last_seq"], 0);
    }
    let answer = goes_on(&mut ann, &mut [&mut boss]).await;
    assert_eq!(answer["data"]["seq"], 1);
    bob.hears_nothing().await;
}

/// Both changes are one to the service: see [`Service::hand_over`].
async fn whose_brand_is_another_loses_the_seat_of_the_former(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.joined(3, 1).await;
    let mut elsewhere = service.joined(3, 2).await;
    let mut bob = service.joined(4, 1).await;
    let given = brand(1, 8, Tariff::Light, None);
    let instead = brand(50, 3, Tariff::Light, None);
    service.hand_over(given, instead).await;
    assert_eq!(ann.text().await, closed("brand_lost"));
    let told = elsewhere.text().await;
    assert_eq!(told, closed("brand_lost").replace(":1,", ":2,"));
    goes_on(&mut bob, &mut [&mut service.joined(8, 1).await]).await;
    ann.refused(create("a"), 400, "not_in_room").await;
    let join = json!({"action": "join_room", "room_pk": 1});
    ann.refused(join, 403, "room_forbidden").await;
    service.put_room(room(1, &[1, 2, 50])).await;
    ann.join(1).await;
    goes_on(&mut ann, &mut [&mut bob]).await;
}

#[tokio::test]
async fn whose_brand_is_another_loses_the_seat_of_the_former_in_memory() {
    whose_brand_is_another_loses_the_seat_of_the_former(Setup::memory()).await;
}

#[tokio::test]
async fn whose_brand_is_another_loses_the_seat_of_the_former_on_postgres() {
    whose_brand_is_another_loses_the_seat_of_the_former(Setup::postgres()).await;
}

/// Checks that the connection is closed so, without a word before.
async fn is_closed_with(client: &mut Client, code: u16) {
    let (heard, closed) = client.until_closed().await;
    assert_eq!(heard, Vec::<Value>::new());
    assert_eq!(closed, Some(code));
}

async fn a_deactivated_user_is_closed_wherever_it_is(setup: Setup) {
    let service = setup.start().await;
    let admin = |active| NewUser {
        active,
        admin: true,
        ..user(3)
    };
    service.put_user(admin(true)).await;
    let mut watching = service.admin_chat(3).await;
    let mut watching_joined = service.admin_chat(3).await;
    watching_joined.join(3).await;
    let (mut seated, mut standing) = (service.joined(3, 1).await, service.chat(3).await);
    let (mut bob, mut boss) = (service.joined(4, 1).await, admin_joined(&service, 1).await);
    service.put_user(admin(false)).await;
    for client in [
        &mut seated,
        &mut standing,
        &mut watching,
        &mut watching_joined,
    ] {
        is_closed_with(client, 4401).await;
    }
    goes_on(&mut bob, &mut [&mut boss]).await;
}

async fn who_is_no_administrator_any_more_is_closed_at_that_door_alone(setup: Setup) {
    let service = setup.start().await;
    let admin = NewUser {
        admin: true,
        ..user(3)
    };
    service.put_user(admin).await;
    let mut watching = service.admin_chat(3).await;
    let mut watching_joined = service.admin_chat(3).await;
    watching_joined.join(1).await;
    let mut seated = service.joined(3, 1).await;
    let (mut bob, mut boss) = (service.joined(4, 1).await, admin_joined(&service, 1).await);
    service.put_user(user(3)).await;
    is_closed_with(&mut watching, 4403).await;
    is_closed_with(&mut watching_joined, 4403).await;
    goes_on(&mut bob, &mut [&mut seated, &mut boss]).await;
}

async fn who_owns_no_brand_any_more_is_closed(setup: Setup) {
    let service = setup.start().await;
    let (mut seated, mut standing) = (service.joined(3, 1).await, service.chat(3).await);
    let mut bob = service.joined(4, 1).await;
    let moved = brand(1, 8, Tariff::Light, None);
    service.put_brand(moved).await;
    is_closed_with(&mut seated, 4403).await;
    is_closed_with(&mut standing, 4403).await;
    goes_on(&mut bob, &mut [&mut service.joined(8, 1).await]).await;
}

async fn who_keeps_its_rights_keeps_its_seat_whatever_changes(setup: Setup) {
    let service = setup.start().await;
    let (mut ann, mut bob) = (service.joined(3, 1).await, service.joined(4, 1).await);
    let mut boss = admin_joined(&service, 1).await;
    let mut eve = service.joined(5, 3).await;
    // Whoever moves on has nothing to lose where it was.
    let mut moved = service.joined(4, 3).await;
    moved.join(1).await;
    service.put_user(user(3)).await;
    let boss_still = NewUser {
        admin: true,
        ..user(9)
    };
    service.put_user(boss_still).await;
    service.put_brand(brand(1, 3, Tariff::Business, None)).await;
    service.put_brand(brand(2, 4, Tariff::Light, None)).await;
    service.put_room(room(1, &[3, 2, 1])).await;
    service.put_room(room(2, &[3])).await;
    service.put_room(room(3, &[])).await;
    // When she is told, everybody has been looked at.
    let told = eve.text().await;
    assert_eq!(told, closed("brand_removed").replace(":1,", ":3,"));
    goes_on(&mut ann, &mut [&mut bob, &mut boss, &mut moved]).await;
    ann.hears_nothing().await;
}

on_every_store!(
    a_brand_that_is_taken_out_is_told_on_every_seat,
    a_room_that_is_removed_is_closed_to_everyone,
    a_deactivated_user_is_closed_wherever_it_is,
    who_is_no_administrator_any_more_is_closed_at_that_door_alone,
    who_owns_no_brand_any_more_is_closed,
    who_keeps_its_rights_keeps_its_seat_whatever_changes,
);
