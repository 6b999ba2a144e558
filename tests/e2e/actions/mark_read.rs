use aftermatch_test_support::{
    Client, Setup, create, delete, edit, on_every_store, response_bytes, written,
};
use serde_json::{Value, json};

fn mark_read(seq: impl Into<Value>) -> Value {
    json!({"action": "mark_read", "seq": seq.into()})
}

/// Marks the joined room as read up to `seq`; returns the read position.
async fn read_position(client: &mut Client, seq: i64) -> i64 {
    let response = client.request(mark_read(seq)).await;
    assert_eq!(response["response_status"], 200, "{response}");
    response["data"]["seq"].as_i64().expect("a number")
}

/// The number of unread messages in the first of the user's rooms.
async fn unread(client: &mut Client) -> u64 {
    let list = client.request(json!({"action": "list"})).await;
    list["data"][0]["unread"].as_u64().expect("a number")
}

async fn mark_read_answers_requester_only(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.joined(3, 1).await;
    let mut bob = service.joined(4, 1).await;
    let response = response_bytes(&mut ann, mark_read(1)).await;
    let expected = r#"{"errors":[],"data":{"room_id":1,"seq":1},"action":"mark_read","response_status":200,"request_id":…}"#;
    assert_eq!(response, expected);
    bob.expect_silence().await;
    let next = bob.create("next").await;
    assert_eq!(next["data"]["seq"], 2, "a mark takes no event number");
}

async fn read_position_never_retreats_or_passes_end(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.joined(3, 1).await;
    for _ in 0..4 {
        ann.create("a").await;
    }
    for (seq, mark_read) in [
        (0, 0),
        (3, 3),
        (2, 3),
        (0, 3),
        (4, 4),
        (6, 5),
        (i64::MAX, 5),
        (1, 5),
    ] {
        assert_eq!(read_position(&mut ann, seq).await, mark_read, "{seq}");
    }
    ann.request(delete(&[1])).await;
    assert_eq!(read_position(&mut ann, 5).await, 5);
    ann.send_text(r#"{"action":"mark_read","seq":98765432109876543210,"request_id":7}"#)
        .await;
    let beyond = ann.receive().await;
    assert_eq!(beyond["data"], json!({"room_id": 1, "seq": 6}), "{beyond}");
}

async fn unread_counts_others_messages_after_position(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.chat(3).await;
    let mut bob = service.joined(4, 1).await;
    let mut admin = service.admin_chat(9).await;
    // The only message is Ann's own, so it is unread for Bob alone.
    assert_eq!(unread(&mut ann).await, 0);
    assert_eq!(unread(&mut bob).await, 1);
    let mut of_bob = Vec::new();
    for text in ["2", "3", "4"] {
        of_bob.push(written(&mut bob, text).await);
    }
    admin.join(1).await;
    admin.create("5").await;
    bob.receive().await;
    assert_eq!(unread(&mut ann).await, 4);
    assert_eq!(unread(&mut bob).await, 2);

    // Joining does not mark as read.
    ann.join(1).await;
    assert_eq!(unread(&mut ann).await, 4);
    assert_eq!(read_position(&mut ann, 2).await, 2);
    assert_eq!(unread(&mut ann).await, 3);
    ann.create("6").await;
    assert_eq!(unread(&mut ann).await, 3);

    // An edit does not make a message unread again; a deleted message does not count.
    bob.receive().await;
    bob.request(edit(of_bob[0], "read before")).await;
    bob.request(edit(of_bob[1], "not yet")).await;
    for _ in 0..2 {
        ann.receive().await;
    }
    assert_eq!(unread(&mut ann).await, 3);
    bob.request(delete(&of_bob[..2])).await;
    ann.receive().await;
    assert_eq!(unread(&mut ann).await, 2);
    // A read position is an event number, and deletions have event numbers too.
    assert_eq!(read_position(&mut ann, 4).await, 4);
    assert_eq!(unread(&mut ann).await, 1);
    assert_eq!(read_position(&mut ann, 9).await, 9);
    assert_eq!(unread(&mut ann).await, 0);
    bob.create("10").await;
    ann.receive().await;
    assert_eq!(unread(&mut ann).await, 1);
}

async fn read_position_belongs_to_user_and_room(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.joined(3, 1).await;
    let mut again = service.chat(3).await;
    let mut bob = service.joined(4, 1).await;
    let mut eve = service.joined(5, 2).await;
    bob.create("2").await;
    ann.receive().await;
    eve.create("1").await;
    eve.create("2").await;
    let rooms = async |client: &mut Client| {
        let list = client.request(json!({"action": "list"})).await;
        let rooms = list["data"].as_array().expect("a list").iter();
        let unread = rooms.map(|room| room["unread"].as_u64().expect("a number"));
        unread.collect::<Vec<_>>()
    };
    assert_eq!(rooms(&mut ann).await, [1, 2]);
    assert_eq!(read_position(&mut ann, 2).await, 2);
    // The read position holds on every connection of Ann, later ones included.
    for client in [&mut ann, &mut again, &mut service.chat(3).await] {
        assert_eq!(rooms(client).await, [0, 2]);
    }
    assert_eq!(rooms(&mut bob).await, [1, 0]);
    ann.join(2).await;
    assert_eq!(read_position(&mut ann, 1).await, 1);
    assert_eq!(rooms(&mut again).await, [0, 1]);
    assert_eq!(rooms(&mut eve).await, [0, 0]);
}

async fn mark_read_by_admin_or_bad_seq_refused(setup: Setup) {
    let service = setup.start().await;
    let mut admin = service.admin_chat(9).await;
    admin
        .expect_refusal(mark_read(1), 405, "unknown_action")
        .await;
    admin.join(1).await;
    admin
        .expect_refusal(mark_read(1), 405, "unknown_action")
        .await;
    let mut ann = service.chat(3).await;
    ann.expect_refusal(mark_read(1), 400, "not_in_room").await;
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
        let refused = ann.receive().await;
        assert_eq!(refused["response_status"], 400, "{bad}: {refused}");
        assert_eq!(refused["error_code"], "invalid_parameter", "{bad}");
        let sentence = refused["errors"][0].as_str().expect("a sentence");
        assert!(sentence.contains("`seq`"), "{bad}: {sentence}");
    }
    let mut bob = service.joined(4, 1).await;
    bob.request(create("2")).await;
    ann.receive().await;
    assert_eq!(unread(&mut ann).await, 1, "nothing was marked");
}

on_every_store!(
    mark_read_answers_requester_only,
    read_position_never_retreats_or_passes_end,
    unread_counts_others_messages_after_position,
    read_position_belongs_to_user_and_room,
    mark_read_by_admin_or_bad_seq_refused,
);
