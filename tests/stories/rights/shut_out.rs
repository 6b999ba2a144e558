use aftermatch_ports::model::{Tariff, world::NewUser};
use serde_json::Value;

use super::{actions, brand, goes_on, user};
use crate::harness::{Client, Handshake, Service, Setup, on_every_store, token_for};

/// A user is told so at its next action, whatever that is, and then closed, or is
/// closed before it has asked; nobody else notices.
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
        client.request(action.clone()).await;
        let (heard, end) = client.until_closed().await;
        assert_eq!(end, Some(close), "{action}");
        assert!(heard.len() <= 1, "{action}: {heard:?}");
        for refused in heard {
            assert_eq!(refused["response_status"], status, "{action}: {refused}");
            assert_eq!(refused["error_code"], code, "{action}: {refused}");
            assert_eq!(refused["data"], Value::Null, "{action}: {refused}");
        }
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

on_every_store!(
    a_deactivated_user_is_shut_out_of_both_endpoints,
    who_is_no_administrator_any_more_is_shut_out,
    a_brand_that_changed_hands_shuts_out_the_former_owner,
);
