//! What users experience of what the platform does.

use aftermatch_test_support::Client;
use serde_json::{Value, json};

use crate::platform::on_both_stores;

/// The events of a message that was written, edited and deleted, with null as `request_id`.
async fn expect_events(client: &mut Client, first: i64) {
    for (seq, action) in (first..).zip(["create_message", "edit_message", "delete_messages"]) {
        let event = client.receive().await;
        assert_eq!(event["action"], action, "{event}");
        assert_eq!(event["data"]["seq"], seq, "{event}");
        assert_eq!(event["request_id"], Value::Null, "{event}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn platform_makes_chat_from_nothing() {
    on_both_stores(async |platform| {
        platform.expect(201, "PUT", "/v1/users/3", json!({})).await;
        platform
            .expect(
                201,
                "PUT",
                "/v1/users/4",
                json!({"profile": {"email": "bob@example.com"}}),
            )
            .await;
        platform
            .expect(201, "PUT", "/v1/users/9", json!({"admin": true}))
            .await;
        let paid =
            json!({"user_id": 3, "tariff": "business", "tariff_until": "2099-01-01T00:00:00Z"});
        platform.expect(201, "PUT", "/v1/brands/1", paid).await;
        platform
            .expect(201, "PUT", "/v1/brands/2", json!({"user_id": 4}))
            .await;
        platform
            .expect(201, "PUT", "/v1/rooms/7", json!({"participants": [1, 2]}))
            .await;

        let mut ann = platform.program.joined(3, 7).await;
        let mut bob = platform.program.joined(4, 7).await;
        let mut admin = platform.admin(7).await;
        bob.create("hello").await;
        for client in [&mut ann, &mut admin] {
            let event = client.receive().await;
            assert_eq!(event["data"]["text"], "hello", "{event}");
            assert_eq!(event["data"]["user"]["email"], "bob@example.com", "{event}");
            assert_eq!(event["data"]["room"]["has_business"], true, "{event}");
        }
        let history = platform
            .expect(200, "GET", "/v1/rooms/7/messages", None)
            .await;
        assert_eq!(history["results"][0]["text"], "hello", "{history}");
        assert_eq!(history["last_seq"], 1, "{history}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_of_platform_arrive_live() {
    on_both_stores(async |platform| {
        platform.put_usual().await;
        let frozen = json!({"participants": [1, 2], "frozen": true});
        platform.expect(200, "PUT", "/v1/rooms/7", frozen).await;
        let mut members = vec![
            platform.program.joined(3, 7).await,
            platform.program.joined(4, 7).await,
        ];
        members.push(platform.admin(7).await);
        let mut follower = platform.program.chat(3).await;
        follower
            .request(json!({"action": "follow", "rooms": true}))
            .await;

        let messages = "/v1/rooms/7/messages";
        let text = json!({"user_id": 900, "text": "You have matched", "client_msg_id": "match:7"});
        let created = platform.expect(201, "POST", messages, text.clone()).await;
        assert_eq!(created["user"]["fullname"], "Support", "{created}");
        let again = platform.expect(200, "POST", messages, text).await;
        assert_eq!(again, created);
        let path = format!("{messages}/{}", created["id"]);
        for _ in 0..2 {
            platform
                .expect(204, "PATCH", &path, json!({"text": "You have matched!"}))
                .await;
        }
        let deletion = format!("{path}?by=9&reason=a%20duplicate");
        for _ in 0..2 {
            platform.expect(204, "DELETE", &deletion, None).await;
        }
        for member in &mut members {
            expect_events(member, 1).await;
        }
        loop {
            let changed = follower.receive_action("room_changed").await;
            if changed["last_seq"] == 3 {
                break;
            }
        }
        let audit = members[2].request(json!({"action": "get_audit"})).await;
        assert_eq!(
            audit["data"]["results"][0]["reason"], "a duplicate",
            "{audit}"
        );
        let taken = json!({"user_id": 900, "text": "other", "client_msg_id": "match:7"});
        let refused = platform.expect(409, "POST", messages, taken).await;
        assert_eq!(refused["error_code"], "client_msg_id_taken");
        let gone = platform
            .expect(404, "PATCH", &path, json!({"text": "late"}))
            .await;
        assert_eq!(gone["error_code"], "not_found");

        // Without `by`, it is its author who deletes.
        let own = json!({"user_id": 900, "text": "oops"});
        let created = platform.expect(201, "POST", messages, own).await;
        platform
            .expect(
                204,
                "DELETE",
                &format!("{messages}/{}", created["id"]),
                None,
            )
            .await;
        let event = members[0].receive_action("delete_messages").await;
        assert_eq!(event["messages_ids"][0], created["id"], "{event}");
        let history = platform.expect(200, "GET", messages, None).await;
        assert_eq!(
            history,
            json!({"results": [], "next_before_seq": null, "last_seq": 5})
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rights_end_with_records() {
    on_both_stores(async |platform| {
        platform.put_usual().await;
        let mut ann = platform.program.joined(3, 7).await;
        let mut bob = platform.program.joined(4, 7).await;
        let mut admin = platform.admin(7).await;
        // The same again closes nothing.
        platform.expect(200, "PUT", "/v1/users/3", json!({})).await;
        ann.expect_silence().await;

        platform
            .expect(200, "PUT", "/v1/users/3", json!({"active": false}))
            .await;
        assert_eq!(ann.close_code().await, Some(4401));
        platform.expect(200, "PUT", "/v1/users/9", json!({})).await;
        assert_eq!(admin.close_code().await, Some(4403));
        platform.expect(204, "DELETE", "/v1/brands/2", None).await;
        assert_eq!(bob.close_code().await, Some(4403));
        let room = platform.expect(200, "GET", "/v1/rooms/7", None).await;
        assert_eq!(room["participants"], json!([1]));
        platform.expect(204, "DELETE", "/v1/users/4", None).await;
        platform.expect(404, "GET", "/v1/users/4", None).await;
        assert_eq!(platform.program.handshake(4).await.status, 401);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rooms_come_and_go_for_followers_and_members() {
    on_both_stores(async |platform| {
        platform.put_usual().await;
        let mut member = platform.program.chat(3).await;
        let joined = member.join(7).await;
        let mut follower = platform.program.chat(4).await;
        follower
            .request(json!({"action": "follow", "rooms": true}))
            .await;

        platform
            .expect(201, "PUT", "/v1/rooms/8", json!({"participants": [2, 1]}))
            .await;
        let added = follower.receive_action("room_added").await;
        assert_eq!(added["pk"], 8, "{added}");

        platform.expect(204, "DELETE", "/v1/rooms/7", None).await;
        let closed = member.receive_action("room_closed").await;
        assert_eq!(closed["reason"], "room_removed", "{closed}");
        let removed = follower.receive_action("room_removed").await;
        assert_eq!(removed["room_pk"], 7, "{removed}");
        platform
            .expect(201, "PUT", "/v1/rooms/7", json!({"participants": [1, 2]}))
            .await;
        let again = member.join(7).await;
        assert_ne!(
            again["data"]["epoch"], joined["data"]["epoch"],
            "another log"
        );
        assert_eq!(again["data"]["last_seq"], 0);
    })
    .await;
}
