use aftermatch_test_support::{Setup, delete, edit, on_every_store, response_bytes, written};
use serde_json::json;

async fn delete_foreign_message_refused_own_deleted(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.joined(3, 1).await;
    let mut bob = service.joined(4, 1).await;
    bob.expect_refusal(delete(&[1]), 404, "message_not_found")
        .await;
    ann.expect_silence().await;
    let deleted = ann.request(delete(&[1])).await;
    assert_eq!(deleted["errors"], json!([]));
    assert_eq!(
        deleted["data"],
        json!({"room_id": 1, "messages_ids": [1], "seq": 2})
    );
    assert_eq!(bob.receive().await, deleted);
}

async fn admin_deletes_any_message_of_room(setup: Setup) {
    let service = setup.start().await;
    let mut bob = service.joined(4, 3).await;
    let elsewhere = written(&mut bob, "in room 3").await;
    bob.join(1).await;
    let of_bob = written(&mut bob, "of Bob").await;
    let mut admin = service.admin_chat(9).await;
    admin.join(1).await;
    let of_admin = written(&mut admin, "of the boss").await;
    bob.receive().await;
    let deleted = admin.request(delete(&[of_admin, of_bob, 1])).await;
    assert_eq!(deleted["errors"], json!([]));
    assert_eq!(
        deleted["data"]["messages_ids"],
        json!([of_admin, of_bob, 1])
    );
    assert_eq!(bob.receive().await, deleted);
    admin
        .expect_refusal(delete(&[elsewhere]), 404, "message_not_found")
        .await;
    bob.join(3).await;
    assert_eq!(
        bob.request(edit(elsewhere, "still here")).await["response_status"],
        200
    );
}

async fn undeleted_ids_reported_to_requester_only(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.joined(3, 1).await;
    let mut ann_again = service.joined(3, 1).await;
    let mut bob = service.joined(4, 1).await;
    let second = written(&mut ann, "second").await;
    bob.receive().await;
    let of_bob = written(&mut bob, "of Bob").await;
    ann.receive().await;
    ann_again.receive().await;
    ann_again.receive().await;
    let mut response = ann.request(delete(&[second, of_bob, 999, 1])).await;
    assert_eq!(response["response_status"], 200);
    assert_eq!(
        response["data"],
        json!({"room_id": 1, "messages_ids": [second, 1], "seq": 4})
    );
    assert_eq!(response.get("error_code"), None, "{response}");
    let errors = std::mem::replace(&mut response["errors"], json!([]));
    let [sentence] = errors.as_array().expect("a list").as_slice() else {
        panic!("{errors}");
    };
    let digits = sentence
        .as_str()
        .expect("a sentence")
        .split(|c: char| !c.is_ascii_digit());
    let reported: Vec<i64> = digits.filter_map(|digits| digits.parse().ok()).collect();
    assert_eq!(reported, [of_bob, 999], "{sentence}");
    // Everybody else, the requester's other connection included, receives a success.
    assert_eq!(ann_again.receive().await, response);
    assert_eq!(bob.receive().await, response);
    assert_eq!(
        bob.request(edit(of_bob, "still here")).await["response_status"],
        200
    );
}

async fn delete_ids_keep_order_without_duplicates(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.joined(3, 1).await;
    let mut bob = service.joined(4, 1).await;
    let mut ids = Vec::new();
    for text in ["a", "b", "c"] {
        ids.push(written(&mut ann, text).await);
        bob.receive().await;
    }
    let (a, b, c) = (ids[0], ids[1], ids[2]);
    let response = ann.request(delete(&[c, a, c, 1, a, b, b])).await;
    assert_eq!(response["errors"], json!([]));
    assert_eq!(response["data"]["messages_ids"], json!([c, a, 1, b]));
    assert_eq!(bob.receive().await, response);
}

async fn deleted_message_cannot_be_changed(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.joined(3, 1).await;
    let mut bob = service.joined(4, 1).await;
    ann.request(delete(&[1])).await;
    bob.receive().await;
    ann.expect_refusal(edit(1, "a"), 404, "message_not_found")
        .await;
    let expected = response_bytes(&mut ann, delete(&[1])).await;
    let expected_end = r#""response_status":404,"request_id":…,"error_code":"message_not_found"}"#;
    assert!(expected.ends_with(expected_end), "{expected}");
    for ids in [&[][..], &[999], &[0, -1, 999], &[1, 1]] {
        assert_eq!(
            response_bytes(&mut ann, delete(ids)).await,
            expected,
            "{ids:?}"
        );
    }
    bob.expect_silence().await;
    // Its id is not used again.
    assert!(written(&mut ann, "next").await > 1);
}

async fn delete_over_thousand_ids_refused(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.joined(3, 1).await;
    let mut bob = service.joined(4, 1).await;
    let mut ids: Vec<i64> = (10_000..11_000).collect();
    ids.push(1);
    ann.expect_refusal(delete(&ids), 400, "too_many_ids").await;
    ann.expect_refusal(delete(&[1; 1_001]), 400, "too_many_ids")
        .await;
    bob.expect_silence().await;
    let response = ann.request(delete(&ids[1..])).await;
    assert_eq!(response["data"]["messages_ids"], json!([1]));
    assert_eq!(bob.receive().await["data"]["messages_ids"], json!([1]));
}

on_every_store!(
    delete_foreign_message_refused_own_deleted,
    admin_deletes_any_message_of_room,
    undeleted_ids_reported_to_requester_only,
    delete_ids_keep_order_without_duplicates,
    deleted_message_cannot_be_changed,
    delete_over_thousand_ids_refused,
);
