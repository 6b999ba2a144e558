use aftermatch_test_support::{aftermatch, create, delete, edit, file_with, get};
use serde_json::json;
use tokio::time::{Duration, sleep, timeout};

use crate::platform::{PATIENCE, Platform};

#[tokio::test]
async fn platform_and_clients_meet_in_a_room() {
    let platform = Platform::adopted().await;
    let one = platform.serve().await;
    let other = platform.serve().await;
    let mut ann = one.joined(1, 21).await;
    let mut bob = other.joined(2, 21).await;

    // What the old service, the ORM or an admin writes.
    platform
        .run("INSERT INTO platform.chat_message (id, room_id, user_id, text) VALUES (70, 21, 2, 'by the platform')")
        .await;
    for client in [&mut ann, &mut bob] {
        let message = client.receive_action("create_message").await;
        assert_eq!(
            (&message["id"], &message["text"], &message["seq"]),
            (&json!(70), &json!("by the platform"), &json!(5))
        );
    }
    platform
        .run("UPDATE platform.chat_message SET text = 'edited by the platform' WHERE id = 70")
        .await;
    for client in [&mut ann, &mut bob] {
        let message = client.receive_action("edit_message").await;
        assert_eq!(message["message_text"], "edited by the platform");
    }

    // What clients write.
    let written = ann.create("by Ann").await;
    let id = written["data"]["id"].as_i64().expect("an id");
    assert_eq!(written["data"]["seq"], 7);
    assert_eq!(bob.receive_action("create_message").await["text"], "by Ann");
    let there = format!("SELECT user_id || text FROM platform.chat_message WHERE id = {id}");
    platform.becomes(&there, "1by Ann").await;
    ann.request(edit(id, "by Ann, edited")).await;
    platform.becomes(&there, "1by Ann, edited").await;
    ann.request(delete(&[id])).await;
    let gone = format!("SELECT count(*) FROM platform.chat_message WHERE id = {id}");
    platform.becomes(&gone, "0").await;

    // The next event of the room has the next number: nothing came twice.
    let next = bob.request_amid_events(create("by Bob")).await;
    assert_eq!(next["data"]["seq"], 10);
}

#[tokio::test]
async fn new_room_is_listed_and_deactivated_user_leaves() {
    let platform = Platform::adopted().await;
    let service = platform.serve().await;
    let mut ann = service.chat(1).await;
    platform
        .run(
            "BEGIN;
             INSERT INTO platform.chat_room (id) VALUES (80);
             INSERT INTO platform.chat_room_participants (room_id, brand_id) VALUES (80, 11), (80, 13);
             COMMIT",
        )
        .await;
    let listed = async {
        loop {
            let list = ann.request(json!({"action": "list"})).await;
            if list.to_string().contains("\"pk\":80") {
                break;
            }
            sleep(Duration::from_millis(50)).await;
        }
    };
    let listed = timeout(PATIENCE, listed).await;
    listed.expect("the room of the platform in the list");
    platform
        .run("UPDATE platform.accounts_user SET is_active = false WHERE email LIKE 'user1@%'")
        .await;
    assert_eq!(ann.close_code().await, Some(4401));
    let metrics = get(service.address().await, "/metrics").await.body;
    for metric in [
        "aftermatch_bridge_marks",
        "aftermatch_bridge_oldest_mark_seconds",
        "aftermatch_bridge_missing_triggers 0",
    ] {
        assert!(metrics.contains(metric), "{metrics}");
    }
}

#[tokio::test]
async fn bridge_is_checked_and_removed() {
    let platform = Platform::adopted().await;
    let same = platform.bridge("check").expect_success().await;
    assert_eq!(same, "no differences\n");
    platform
        .run("SET session_replication_role = replica; DELETE FROM platform.chat_message WHERE id = 1")
        .await;
    let output = platform.bridge("check").output().await;
    assert_eq!(output.status.code(), Some(1));
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(printed.contains("message 1 is missing there"), "{printed}");
    platform.bridge("remove").expect_success().await;
    let output = platform.bridge("check").output().await;
    assert_eq!(output.status.code(), Some(2));
    // A service that expects a bridge says that there is none, and serves.
    let service = platform.serve().await;
    service.logs("run `aftermatch bridge install`", 1).await;
}

/// Each with its line, before anything is changed.
#[tokio::test]
async fn mistakes_of_mapping_are_reported_by_every_command() {
    let platform = Platform::adopted().await;
    let wrong = file_with("schemma = \"platform\"\n[users]\nquery = 7\n");
    let file = wrong.path().display().to_string();
    for step in ["plan", "install", "check", "remove"] {
        let command = aftermatch(&["bridge", step, &file]).env("DATABASE_URL", platform.url());
        let refused = command.expect_refusal().await;
        for part in [
            "line 1: schemma is no key",
            "did you mean schema?",
            "line 3: query must be",
        ] {
            assert!(refused.contains(part), "{step}: {refused}");
        }
    }
    let serve = aftermatch(&["serve"])
        .env("DATABASE_URL", platform.url())
        .env("CHAT_JWT_SECRET", "a secret that is long enough for HS256")
        .env("CHAT_BRIDGE", &file);
    let refused = serve.expect_refusal().await;
    assert!(refused.contains("line 1: schemma is no key"), "{refused}");
    let without = aftermatch(&["serve"]).env("CHAT_BRIDGE", &file);
    let refused = without.expect_refusal().await;
    assert!(
        refused.contains("set DATABASE_URL, or leave CHAT_BRIDGE out"),
        "{refused}"
    );
}
