//! Rights are those of the moment, not those of the handshake or the join.

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

use crate::harness::{Client, Handshake, Service, Setup, on_every_store, token_for};

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

async fn a_brand_taken_out_of_the_room_neither_hears_nor_writes(setup: Setup) {
    let service = setup.start().await;
    let (mut ann, mut bob) = (service.joined(3, 1).await, service.joined(4, 1).await);
    let mut admin = service.admin_chat(9).await;
    admin.join(1).await;

    service.put_room(room(1, &[2])).await;
    goes_on(&mut bob, &mut [&mut admin]).await;
    ann.hears_nothing().await;
    for action in &actions()[..4] {
        ann.refused(action.clone(), 403, "room_forbidden").await;
    }
    ann.refused(
        json!({"action": "current_room_info"}),
        403,
        "room_forbidden",
    )
    .await;
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
    let left = ann.ask(json!({"action": "leave_room"})).await;
    assert_eq!(left["response_status"], 200, "{left}");
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

/// A user is told so at its next action, whatever that is, and then closed;
/// nobody else notices.
async fn is_shut_out(
    service: &Service,
    (user, path): (i64, &str),
    platform: impl Future<Output = ()>,
    (status, code, close): (u16, &str, u16),
) {
    let token = token_for(user);
    let mut clients = Vec::new();
    for action in actions() {
        let mut client = Client::connect(service.address, path, &token).await;
        client.join(1).await;
        clients.push((client, action));
    }
    let mut bob = service.joined(4, 1).await;
    platform.await;
    for (mut client, action) in clients {
        client.refused(action.clone(), status, code).await;
        assert_eq!(client.close_code().await, Some(close), "{action}");
    }
    let again = Handshake::to(path)
        .bearing(&token)
        .send(service.address)
        .await;
    again.is_refused(status, code);
    goes_on(&mut bob, &mut [&mut service.joined(4, 1).await]).await;
}

async fn a_deactivated_user_is_shut_out_of_both_endpoints(setup: Setup) {
    let service = setup.start().await;
    let told = (401, "user_deactivated", 4401);
    for who in [(3, "/ws/chat/"), (9, "/ws/admin-chat/")] {
        let deactivated = NewUser {
            active: false,
            admin: who.0 == 9,
            ..user(who.0)
        };
        is_shut_out(&service, who, service.put_user(deactivated), told).await;
    }
    service.put_user(user(3)).await;
    goes_on(&mut service.joined(3, 1).await, &mut []).await;
}

async fn who_is_no_administrator_any_more_is_shut_out(setup: Setup) {
    let service = setup.start().await;
    let who = (9, "/ws/admin-chat/");
    let told = (403, "admin_required", 4403);
    is_shut_out(&service, who, service.put_user(user(9)), told).await;
}

async fn a_brand_that_changed_hands_shuts_out_the_former_owner(setup: Setup) {
    let service = setup.start().await;
    let who = (3, "/ws/chat/");
    let told = (403, "brand_required", 4403);
    let moved = brand(1, 8, Tariff::Light, None);
    is_shut_out(&service, who, service.put_brand(moved), told).await;

    let mut heir = service.joined(8, 1).await;
    let answer = goes_on(&mut heir, &mut []).await;
    assert_eq!(answer["data"]["user"]["id"], 8);
    // The former owner's message.
    heir.refused(actions()[1].clone(), 404, "message_not_found")
        .await;
}

async fn a_removed_room_is_gone_for_everyone_in_it_and_for_nobody_else(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.joined(3, 1).await;
    let (mut bob, mut eve) = (service.joined(4, 3).await, service.joined(5, 3).await);
    let mut admin = service.admin_chat(9).await;
    admin.join(1).await;

    service.remove_room(RoomId(1)).await;
    for action in &actions()[..4] {
        ann.refused(action.clone(), 403, "room_forbidden").await;
        admin.refused(action.clone(), 404, "room_not_found").await;
    }
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
    a_deactivated_user_is_shut_out_of_both_endpoints,
    who_is_no_administrator_any_more_is_shut_out,
    a_brand_that_changed_hands_shuts_out_the_former_owner,
    a_removed_room_is_gone_for_everyone_in_it_and_for_nobody_else,
);
