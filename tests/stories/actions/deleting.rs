use serde_json::json;

use super::{answer_bytes, delete, edit, written};
use crate::harness::{Setup, on_every_store};

async fn a_brand_deletes_its_own_messages_alone(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.joined(3, 1).await;
    let mut bob = service.joined(4, 1).await;
    bob.refused(delete(&[1]), 404, "message_not_found").await;
    ann.hears_nothing().await;
    let deleted = ann.ask(delete(&[1])).await;
    assert_eq!(deleted["errors"], json!([]));
    assert_eq!(
        deleted["data"],
        json!({"room_id": 1, "messages_ids": [1], "seq": 2})
    );
    assert_eq!(bob.hear().await, deleted);
}

async fn an_administrator_deletes_anybodys_in_the_joined_room(setup: Setup) {
    let service = setup.start().await;
    let mut bob = service.joined(4, 3).await;
    let elsewhere = written(&mut bob, "in room 3").await;
    bob.join(1).await;
    let of_bob = written(&mut bob, "of Bob").await;
    let mut boss = service.admin_chat(9).await;
    boss.join(1).await;
    let of_boss = written(&mut boss, "of the boss").await;
    bob.hear().await;
    let deleted = boss.ask(delete(&[of_boss, of_bob, 1])).await;
    assert_eq!(deleted["errors"], json!([]));
    assert_eq!(deleted["data"]["messages_ids"], json!([of_boss, of_bob, 1]));
    assert_eq!(bob.hear().await, deleted);
    boss.refused(delete(&[elsewhere]), 404, "message_not_found")
        .await;
    bob.join(3).await;
    assert_eq!(
        bob.ask(edit(elsewhere, "still here")).await["response_status"],
        200
    );
}

async fn only_the_asker_is_told_what_was_not_deleted(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.joined(3, 1).await;
    let mut ann_again = service.joined(3, 1).await;
    let mut bob = service.joined(4, 1).await;
    let second = written(&mut ann, "second").await;
    bob.hear().await;
    let of_bob = written(&mut bob, "of Bob").await;
    ann.hear().await;
    ann_again.hear().await;
    ann_again.hear().await;
    let mut answer = ann.ask(delete(&[second, of_bob, 999, 1])).await;
    assert_eq!(answer["response_status"], 200);
    assert_eq!(
        answer["data"],
        json!({"room_id": 1, "messages_ids": [second, 1], "seq": 4})
    );
    assert_eq!(answer.get("error_code"), None, "{answer}");
    let errors = std::mem::replace(&mut answer["errors"], json!([]));
    let [sentence] = errors.as_array().expect("a list").as_slice() else {
        panic!("{errors}");
    };
    let digits = sentence
        .as_str()
        .expect("a sentence")
        .split(|c: char| !c.is_ascii_digit());
    let named: Vec<i64> = digits.filter_map(|digits| digits.parse().ok()).collect();
    assert_eq!(named, [of_bob, 999], "{sentence}");
    // For all others, the asker's other connection included, it went well.
    assert_eq!(ann_again.hear().await, answer);
    assert_eq!(bob.hear().await, answer);
    assert_eq!(
        bob.ask(edit(of_bob, "still here")).await["response_status"],
        200
    );
}

async fn deletions_come_in_the_order_asked_and_once_each(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.joined(3, 1).await;
    let mut bob = service.joined(4, 1).await;
    let mut ids = Vec::new();
    for text in ["a", "b", "c"] {
        ids.push(written(&mut ann, text).await);
        bob.hear().await;
    }
    let (a, b, c) = (ids[0], ids[1], ids[2]);
    let answer = ann.ask(delete(&[c, a, c, 1, a, b, b])).await;
    assert_eq!(answer["errors"], json!([]));
    assert_eq!(answer["data"]["messages_ids"], json!([c, a, 1, b]));
    assert_eq!(bob.hear().await, answer);
}

async fn a_deleted_message_is_gone(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.joined(3, 1).await;
    let mut bob = service.joined(4, 1).await;
    ann.ask(delete(&[1])).await;
    bob.hear().await;
    ann.refused(edit(1, "a"), 404, "message_not_found").await;
    let expected = answer_bytes(&mut ann, delete(&[1])).await;
    let told = r#""response_status":404,"request_id":…,"error_code":"message_not_found"}"#;
    assert!(expected.ends_with(told), "{expected}");
    for ids in [&[][..], &[999], &[0, -1, 999], &[1, 1]] {
        assert_eq!(
            answer_bytes(&mut ann, delete(ids)).await,
            expected,
            "{ids:?}"
        );
    }
    bob.hears_nothing().await;
    // Its number is not given again.
    assert!(written(&mut ann, "next").await > 1);
}

async fn a_deletion_names_a_thousand_messages_at_most(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.joined(3, 1).await;
    let mut bob = service.joined(4, 1).await;
    let mut ids: Vec<i64> = (10_000..11_000).collect();
    ids.push(1);
    ann.refused(delete(&ids), 400, "too_many_ids").await;
    ann.refused(delete(&[1; 1_001]), 400, "too_many_ids").await;
    bob.hears_nothing().await;
    let answer = ann.ask(delete(&ids[1..])).await;
    assert_eq!(answer["data"]["messages_ids"], json!([1]));
    assert_eq!(bob.hear().await["data"]["messages_ids"], json!([1]));
}

on_every_store!(
    a_brand_deletes_its_own_messages_alone,
    an_administrator_deletes_anybodys_in_the_joined_room,
    only_the_asker_is_told_what_was_not_deleted,
    deletions_come_in_the_order_asked_and_once_each,
    a_deleted_message_is_gone,
    a_deletion_names_a_thousand_messages_at_most,
);
