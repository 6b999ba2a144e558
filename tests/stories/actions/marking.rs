use serde_json::{Value, json};

use super::{answer_bytes, create, delete, edit, written};
use crate::harness::{Client, Setup, on_every_store};

fn mark(seq: impl Into<Value>) -> Value {
    json!({"action": "mark_read", "seq": seq.into()})
}

/// Marks the joined room as read; returns up to where it is read now.
async fn marked(client: &mut Client, seq: i64) -> i64 {
    let answer = client.ask(mark(seq)).await;
    assert_eq!(answer["response_status"], 200, "{answer}");
    answer["data"]["seq"].as_i64().expect("a number")
}

/// How much is unread in the first of the user's rooms.
async fn unread(client: &mut Client) -> u64 {
    let list = client.ask(json!({"action": "list"})).await;
    list["data"][0]["unread"].as_u64().expect("a number")
}

async fn a_mark_is_told_to_the_asker_alone(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.joined(3, 1).await;
    let mut bob = service.joined(4, 1).await;
    let told = answer_bytes(&mut ann, mark(1)).await;
    let expected = r#"{"errors":[],"data":{"room_id":1,"seq":1},"action":"mark_read","response_status":200,"request_id":…}"#;
    assert_eq!(told, expected);
    bob.hears_nothing().await;
    let next = bob.create("next").await;
    assert_eq!(next["data"]["seq"], 2, "a mark takes no number");
}

async fn a_mark_never_goes_back_nor_beyond_what_there_is(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.joined(3, 1).await;
    for _ in 0..4 {
        ann.create("a").await;
    }
    for (seq, mark) in [
        (0, 0),
        (3, 3),
        (2, 3),
        (0, 3),
        (4, 4),
        (6, 5),
        (i64::MAX, 5),
        (1, 5),
    ] {
        assert_eq!(marked(&mut ann, seq).await, mark, "{seq}");
    }
    ann.ask(super::delete(&[1])).await;
    assert_eq!(marked(&mut ann, 5).await, 5);
    ann.send_text(r#"{"action":"mark_read","seq":98765432109876543210,"request_id":7}"#)
        .await;
    let beyond = ann.hear().await;
    assert_eq!(beyond["data"], json!({"room_id": 1, "seq": 6}), "{beyond}");
}

async fn unread_is_what_others_wrote_after_the_mark_and_is_there(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.chat(3).await;
    let mut bob = service.joined(4, 1).await;
    let mut boss = service.admin_chat(9).await;
    // Her own message is all there is, and it is one of his.
    assert_eq!(unread(&mut ann).await, 0);
    assert_eq!(unread(&mut bob).await, 1);
    let mut of_bob = Vec::new();
    for text in ["2", "3", "4"] {
        of_bob.push(written(&mut bob, text).await);
    }
    boss.join(1).await;
    boss.create("5").await;
    bob.hear().await;
    assert_eq!(unread(&mut ann).await, 4);
    assert_eq!(unread(&mut bob).await, 2);

    // To join is not to read.
    ann.join(1).await;
    assert_eq!(unread(&mut ann).await, 4);
    assert_eq!(marked(&mut ann, 2).await, 2);
    assert_eq!(unread(&mut ann).await, 3);
    ann.create("6").await;
    assert_eq!(unread(&mut ann).await, 3);

    // What is edited stays where it is; what is deleted is nothing to read.
    bob.hear().await;
    bob.ask(edit(of_bob[0], "read before")).await;
    bob.ask(edit(of_bob[1], "not yet")).await;
    for _ in 0..2 {
        ann.hear().await;
    }
    assert_eq!(unread(&mut ann).await, 3);
    bob.ask(delete(&of_bob[..2])).await;
    ann.hear().await;
    assert_eq!(unread(&mut ann).await, 2);
    // A mark goes by numbers, and those of deletions are some, too.
    assert_eq!(marked(&mut ann, 4).await, 4);
    assert_eq!(unread(&mut ann).await, 1);
    assert_eq!(marked(&mut ann, 9).await, 9);
    assert_eq!(unread(&mut ann).await, 0);
    bob.create("10").await;
    ann.hear().await;
    assert_eq!(unread(&mut ann).await, 1);
}

async fn a_mark_is_one_users_in_one_room(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.joined(3, 1).await;
    let mut again = service.chat(3).await;
    let mut bob = service.joined(4, 1).await;
    let mut eve = service.joined(5, 2).await;
    bob.create("2").await;
    ann.hear().await;
    eve.create("1").await;
    eve.create("2").await;
    let rooms = async |client: &mut Client| {
        let list = client.ask(json!({"action": "list"})).await;
        let rooms = list["data"].as_array().expect("a list").iter();
        let unread = rooms.map(|room| room["unread"].as_u64().expect("a number"));
        unread.collect::<Vec<_>>()
    };
    assert_eq!(rooms(&mut ann).await, [1, 2]);
    assert_eq!(marked(&mut ann, 2).await, 2);
    // On every connection of hers, and on those that come.
    for client in [&mut ann, &mut again, &mut service.chat(3).await] {
        assert_eq!(rooms(client).await, [0, 2]);
    }
    assert_eq!(rooms(&mut bob).await, [1, 0]);
    ann.join(2).await;
    assert_eq!(marked(&mut ann, 1).await, 1);
    assert_eq!(rooms(&mut again).await, [0, 1]);
    assert_eq!(rooms(&mut eve).await, [0, 0]);
}

async fn marks_are_for_brands_in_a_room_and_numbers_from_zero(setup: Setup) {
    let service = setup.start().await;
    let mut boss = service.admin_chat(9).await;
    boss.refused(mark(1), 405, "unknown_action").await;
    boss.join(1).await;
    boss.refused(mark(1), 405, "unknown_action").await;
    let mut ann = service.chat(3).await;
    ann.refused(mark(1), 400, "not_in_room").await;
    ann.join(1).await;
    for bad in [
        r#""seq":-1,"#,
        r#""seq":-98765432109876543210,"#,
        r#""seq":null,"#,
        r#""seq":"1","#,
        r#""seq":1.0,"#,
        r#""seq":true,"#,
        r#""seq":[1],"#,
        "",
    ] {
        ann.send_text(&format!(r#"{{"action":"mark_read",{bad}"request_id":7}}"#))
            .await;
        let refused = ann.hear().await;
        assert_eq!(refused["response_status"], 400, "{bad}: {refused}");
        assert_eq!(refused["error_code"], "invalid_parameter", "{bad}");
        let sentence = refused["errors"][0].as_str().expect("a sentence");
        assert!(sentence.contains("`seq`"), "{bad}: {sentence}");
    }
    let mut bob = service.joined(4, 1).await;
    bob.ask(create("2")).await;
    ann.hear().await;
    assert_eq!(unread(&mut ann).await, 1, "nothing was marked");
}

on_every_store!(
    a_mark_is_told_to_the_asker_alone,
    a_mark_never_goes_back_nor_beyond_what_there_is,
    unread_is_what_others_wrote_after_the_mark_and_is_there,
    a_mark_is_one_users_in_one_room,
    marks_are_for_brands_in_a_room_and_numbers_from_zero,
);
