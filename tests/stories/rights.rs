//! Rights are those of the moment, not those of the handshake or the join.

mod in_time;
mod listening;
mod shut_out;

use std::time::Duration;

use aftermatch::SystemClock;
use aftermatch_ports::{
    Clock,
    model::{
        BrandId, Profile, RoomId, Tariff, Timestamp, UserId,
        world::{NewBrand, NewRoom, NewUser},
    },
};
use serde_json::{Value, json};

use crate::harness::{Client, Service, Setup, on_every_store};

fn user(id: i64) -> NewUser {
    NewUser {
        id: UserId(id),
        active: true,
        admin: false,
        profile: Profile::new("{}"),
    }
}

fn brand(id: i64, owner: i64, tariff: Tariff, tariff_until: Option<Timestamp>) -> NewBrand {
    NewBrand {
        id: BrandId(id),
        owner: UserId(owner),
        tariff: Some(tariff),
        tariff_until,
        profile: Profile::new("{}"),
    }
}

fn room(id: i64, participants: &[i64]) -> NewRoom {
    NewRoom {
        id: RoomId(id),
        participants: participants.iter().copied().map(BrandId).collect(),
    }
}

fn in_milliseconds(milliseconds: i64) -> Timestamp {
    let now = time::OffsetDateTime::from(SystemClock.now());
    (now + time::Duration::milliseconds(milliseconds)).into()
}

/// What can be asked in the joined room 1, the writes first.
fn actions() -> [Value; 5] {
    [
        json!({"action": "create_message", "msg_text": "hello"}),
        json!({"action": "edit_message", "msg_id": 1, "edited_msg_text": "hello"}),
        json!({"action": "delete_messages", "msg_id_list": [1]}),
        json!({"action": "join_room", "room_pk": 1}),
        json!({"action": "list"}),
    ]
}

/// `client` writes in its room, `others` hear it, and that is all they hear.
async fn goes_on(client: &mut Client, others: &mut [&mut Client]) -> Value {
    let answer = client.create("we go on").await;
    for other in others {
        assert_eq!(other.hear().await, answer);
        other.hears_nothing().await;
    }
    answer
}

/// The word that the seat in room 1 is gone.
fn is_closed(frame: &Value, reason: &str) {
    assert_eq!(frame["action"], "room_closed", "{frame}");
    assert_eq!(frame["data"], json!({"room_pk": 1, "reason": reason}));
    assert_eq!(frame["request_id"], Value::Null, "{frame}");
}

/// `client` asks when it has just lost its right to the room: it is refused as
/// one who has none, or, where the seat is gone already, as one without a seat.
async fn refused_at_once(client: &mut Client, action: Value, status: u16, code: &str) {
    let id = client.request(action.clone()).await;
    let mut told = client.hear().await;
    let mut expected = vec![(status, code)];
    if told["request_id"] == Value::Null {
        assert_eq!(told["action"], "room_closed", "{action}: {told}");
        told = client.hear().await;
        expected.push((400, "not_in_room"));
    }
    assert_eq!(told["request_id"], id, "{action}: {told}");
    let as_expected = |refused: &(u16, &str)| {
        told["response_status"] == refused.0 && told["error_code"] == refused.1
    };
    assert!(expected.iter().any(as_expected), "{action}: {told}");
}

async fn a_brand_taken_out_of_the_room_neither_hears_nor_writes(setup: Setup) {
    let service = setup.start().await;
    let (mut ann, mut bob) = (service.joined(3, 1).await, service.joined(4, 1).await);
    let mut admin = service.admin_chat(9).await;
    admin.join(1).await;
    let mut asked = actions()[..4].to_vec();
    asked.push(json!({"action": "current_room_info"}));
    asked.push(json!({"action": "get_room_messages"}));
    asked.push(json!({"action": "mark_read", "seq": 1}));
    let mut clients = Vec::new();
    for action in asked {
        clients.push((service.joined(3, 1).await, action));
    }

    service.put_room(room(1, &[2])).await;
    for (client, action) in &mut clients {
        refused_at_once(client, action.clone(), 403, "room_forbidden").await;
    }
    goes_on(&mut bob, &mut [&mut admin]).await;
    is_closed(&ann.hear().await, "brand_removed");
    let rooms = ann.ask(json!({"action": "list"})).await;
    assert_eq!(rooms["data"][0]["pk"], 2, "{rooms}");
    bob.hears_nothing().await;
    admin.hears_nothing().await;

    service.put_room(room(1, &[2, 1])).await;
    ann.join(1).await;
    let answer = goes_on(&mut ann, &mut [&mut bob, &mut admin]).await;
    assert_eq!(answer["data"]["seq"], 3, "refused writes take no number");
}

async fn one_may_leave_the_room_one_was_taken_out_of(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.joined(3, 1).await;
    service.put_room(room(1, &[2])).await;
    let left = ann.ask_amid(json!({"action": "leave_room"})).await;
    // The seat may have been taken away before.
    if left["response_status"] != 200 {
        assert_eq!(left["error_code"], "not_in_room", "{left}");
    }
    ann.join(2).await;
    goes_on(&mut ann, &mut []).await;
}

async fn a_brand_that_comes_into_the_room_joins_it(setup: Setup) {
    let service = setup.start().await;
    let (mut ann, mut eve) = (service.joined(3, 1).await, service.chat(5).await);
    let join = json!({"action": "join_room", "room_pk": 1});
    eve.refused(join, 403, "room_forbidden").await;
    service.put_room(room(1, &[1, 2, 3])).await;
    let joined = eve.join(1).await;
    assert_eq!(joined["data"]["participants"][2]["id"], 3);
    let answer = goes_on(&mut eve, &mut [&mut ann]).await;
    assert_eq!(answer["data"]["room"]["participants"][2]["id"], 3);
}

async fn has_business(service: &Service) -> Value {
    let room = service.chat(3).await.join(1).await;
    room["data"]["has_business"].clone()
}

async fn a_business_tariff_opens_the_room_to_the_admins_pen_while_it_lasts(setup: Setup) {
    let service = setup.start().await;
    let mut bob = service.joined(4, 1).await;
    let mut admin = service.admin_chat(9).await;
    admin.join(1).await;
    let told = goes_on(&mut admin, &mut [&mut bob]).await;
    assert_eq!(told["data"]["room"]["has_business"], true);

    let ended = Some(in_milliseconds(0));
    service
        .put_brand(brand(2, 4, Tariff::Business, ended))
        .await;
    for action in &actions()[..3] {
        admin
            .refused(action.clone(), 403, "business_required")
            .await;
    }
    assert_eq!(has_business(&service).await, false);
    assert_eq!(admin.join(1).await["data"]["has_business"], false);
    let told = goes_on(&mut bob, &mut [&mut admin]).await;
    assert_eq!(told["data"]["room"]["has_business"], false);

    service.put_brand(brand(1, 3, Tariff::Business, None)).await;
    let told = goes_on(&mut admin, &mut [&mut bob]).await;
    assert_eq!(told["data"]["room"]["has_business"], true);
    assert_eq!(has_business(&service).await, true);
}

async fn a_tariff_runs_out_though_nobody_touches_it(setup: Setup) {
    let service = setup.start().await;
    let mut admin = service.admin_chat(9).await;
    admin.join(1).await;
    let soon = Some(in_milliseconds(300));
    service.put_brand(brand(2, 4, Tariff::Business, soon)).await;
    let running_out = async { while admin.join(1).await["data"]["has_business"] == true {} };
    let run_out = tokio::time::timeout(Duration::from_secs(10), running_out).await;
    run_out.expect("it runs out");
    admin
        .refused(actions()[0].clone(), 403, "business_required")
        .await;
}

async fn a_removed_room_is_gone_for_everyone_in_it_and_for_nobody_else(setup: Setup) {
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

    service.remove_room(RoomId(1)).await;
    for (ann, admin, action) in &mut clients {
        refused_at_once(ann, action.clone(), 403, "room_forbidden").await;
        refused_at_once(admin, action.clone(), 404, "room_not_found").await;
    }
    is_closed(&ann.hear().await, "room_removed");
    is_closed(&admin.hear().await, "room_removed");
    let left = ann.ask(json!({"action": "list"})).await;
    assert_eq!(left["data"].as_array().map(Vec::len), Some(1), "{left}");
    ann.join(2).await;
    admin.join(2).await;
    goes_on(&mut ann, &mut [&mut admin]).await;
    goes_on(&mut bob, &mut [&mut eve]).await;
}

on_every_store!(
    a_brand_taken_out_of_the_room_neither_hears_nor_writes,
    one_may_leave_the_room_one_was_taken_out_of,
    a_brand_that_comes_into_the_room_joins_it,
    a_business_tariff_opens_the_room_to_the_admins_pen_while_it_lasts,
    a_tariff_runs_out_though_nobody_touches_it,
    a_removed_room_is_gone_for_everyone_in_it_and_for_nobody_else,
);
