use aftermatch_test_support::{
    Client, HttpRequest, NewUser, Service, Setup, Tariff, brand, on_every_store, token_for, user,
};
use serde_json::Value;

use super::{actions, expect_delivery};

/// Each connection of a user is refused at its next action and then closed, or closed
/// before that. Nobody else notices.
async fn expect_shutout(
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
        client.send_action(action.clone()).await;
        let (received, end) = client.receive_until_close().await;
        assert_eq!(end, Some(close), "{action}");
        assert!(received.len() <= 1, "{action}: {received:?}");
        for refused in received {
            assert_eq!(refused["response_status"], status, "{action}: {refused}");
            assert_eq!(refused["error_code"], code, "{action}: {refused}");
            assert_eq!(refused["data"], Value::Null, "{action}: {refused}");
        }
    }
    let again = HttpRequest::websocket(path)
        .bearer(&token)
        .send(service.address)
        .await;
    again.expect_refusal(status, code);
    expect_delivery(&mut bob, &mut [&mut service.joined(4, 1).await]).await;
}

async fn deactivated_user_shut_out_of_both_endpoints(setup: Setup) {
    let service = setup.start().await;
    let refusal = (401, "user_deactivated", 4401);
    for user_at in [(3, "/ws/chat/"), (9, "/ws/admin-chat/")] {
        let deactivated = NewUser {
            active: false,
            admin: user_at.0 == 9,
            ..user(user_at.0)
        };
        expect_shutout(&service, user_at, service.put_user(deactivated), refusal).await;
    }
    service.put_user(user(3)).await;
    expect_delivery(&mut service.joined(3, 1).await, &mut []).await;
}

async fn former_admin_shut_out(setup: Setup) {
    let service = setup.start().await;
    let user_at = (9, "/ws/admin-chat/");
    let refusal = (403, "admin_required", 4403);
    expect_shutout(&service, user_at, service.put_user(user(9)), refusal).await;
}

async fn former_brand_owner_shut_out(setup: Setup) {
    let service = setup.start().await;
    let user_at = (3, "/ws/chat/");
    let refusal = (403, "brand_required", 4403);
    let transferred = brand(1, 8, Tariff::Light, None);
    expect_shutout(&service, user_at, service.put_brand(transferred), refusal).await;

    let mut new_owner = service.joined(8, 1).await;
    let response = expect_delivery(&mut new_owner, &mut []).await;
    assert_eq!(response["data"]["user"]["id"], 8);
    // This message belongs to the former owner.
    new_owner
        .expect_refusal(actions()[1].clone(), 404, "message_not_found")
        .await;
}

on_every_store!(
    deactivated_user_shut_out_of_both_endpoints,
    former_admin_shut_out,
    former_brand_owner_shut_out,
);
