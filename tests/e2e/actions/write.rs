use aftermatch_test_support::{
    Setup, create, delete, edit, on_every_store, response_bytes, written,
};
use serde_json::json;

async fn text_delivered_unchanged(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.joined(3, 1).await;
    let mut bob = service.joined(4, 1).await;
    for text in [
        "a",
        "  both ends stay  ",
        "\nlines\r\nand\ttabs\n",
        r#"quotes " and ' and \ and / and \n and \u0041"#,
        "<b>&amp;</b><script>alert(1)</script>",
        "{\"action\":\"list\"}",
        "'; DROP TABLE messages; --",
        "%s {} $1 ${x}",
        "привет, мир",
        "👩‍👩‍👧‍👦 🏳️‍🌈 🦀",
        "שלום \u{202e}abc\u{202c} مرحبا",
        "e\u{301} is not é, and ﬁ stays one letter",
        "\u{200b}",
        "\u{feff}mark",
        "\u{1}\u{7f}\u{85}\u{2028}\u{2029}\u{fffd}\u{fffe}\u{10ffff}",
    ] {
        let created = ann.create(text).await;
        assert_eq!(created["data"]["text"], text);
        assert_eq!(bob.receive().await["data"]["text"], text);
        let edited = ann.request(edit(created["data"]["id"].clone(), text)).await;
        assert_eq!(edited["data"]["message_text"], text);
        assert_eq!(bob.receive().await["data"]["message_text"], text);
    }
}

async fn text_blank_long_or_nul_refused(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.joined(3, 1).await;
    let mut admin = service.admin_chat(9).await;
    admin.join(1).await;
    let fits = "🦀".repeat(10_000);
    let of_ann = ann.create(&fits).await["data"]["id"].clone();
    assert_eq!(admin.receive().await["data"]["text"], fits);
    let edited = ann.request(edit(of_ann.clone(), &fits)).await;
    assert_eq!(edited["data"]["message_text"], fits);
    admin.receive().await;
    let long = "🦀".repeat(10_001);
    let long_and_blank = " ".repeat(10_001);
    for (text, code) in [
        ("", "text_blank"),
        (" ", "text_blank"),
        ("\t\r\n\u{b}\u{c}", "text_blank"),
        ("\u{a0}", "text_blank"),
        (
            "\u{85}\u{1680}\u{2000}\u{2028}\u{2029}\u{202f}\u{205f}\u{3000}",
            "text_blank",
        ),
        ("\0", "text_has_nul"),
        ("before\0behind", "text_has_nul"),
        (&long, "text_too_long"),
        (&long_and_blank, "text_too_long"),
    ] {
        ann.expect_refusal(create(text), 400, code).await;
        ann.expect_refusal(edit(of_ann.clone(), text), 400, code)
            .await;
        admin.expect_refusal(create(text), 400, code).await;
        // The text is checked before the id.
        admin.expect_refusal(edit(999, text), 400, code).await;
    }
    ann.expect_silence().await;
    admin.expect_silence().await;
}

async fn text_limit_setting_is_applied(setup: Setup) {
    let service = setup.max_text_chars(3).start().await;
    let mut ann = service.joined(3, 1).await;
    let id = written(&mut ann, "жёл").await;
    ann.expect_refusal(create("abcd"), 400, "text_too_long")
        .await;
    ann.expect_refusal(edit(id, "abcd"), 400, "text_too_long")
        .await;
}

async fn admin_writes_only_in_business_rooms(setup: Setup) {
    let service = setup.start().await;
    let mut admin = service.admin_chat(9).await;
    let mut eve = service.joined(5, 2).await;
    let of_eve = written(&mut eve, "of Eve").await;
    admin.join(2).await;
    for action in [
        create("a"),
        edit(of_eve, "a"),
        edit(999, "a"),
        delete(&[of_eve]),
        delete(&[999]),
        delete(&[]),
    ] {
        admin.expect_refusal(action, 403, "business_required").await;
    }
    admin.expect_refusal(create(" "), 400, "text_blank").await;
    admin
        .expect_refusal(delete(&[of_eve; 1_001]), 400, "too_many_ids")
        .await;
    eve.expect_silence().await;
    // The administrator still receives events here, and may write in other rooms.
    let event = eve.create("good news").await;
    assert_eq!(admin.receive().await, event);
    for room in [1, 3] {
        admin.join(room).await;
        let id = written(&mut admin, "hello").await;
        assert_eq!(
            admin.request(edit(id, "hello there")).await["response_status"],
            200
        );
        assert_eq!(admin.request(delete(&[id])).await["response_status"], 200);
    }
}

async fn edit_own_message_in_joined_room(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.joined(3, 1).await;
    let mut bob = service.joined(4, 1).await;
    let id = written(&mut ann, "fisrt").await;
    bob.receive().await;
    for text in ["first", "first", "the first"] {
        let edited = ann.request(edit(id, text)).await;
        assert_eq!(edited["response_status"], 200);
        assert_eq!(edited["data"]["message_id"], id);
        assert_eq!(bob.receive().await, edited);
    }
    // The same from another connection, and with a message older than this run.
    let mut ann_again = service.joined(3, 1).await;
    for id in [id, 1] {
        assert_eq!(
            ann_again.request(edit(id, "mine")).await["response_status"],
            200
        );
        bob.receive().await;
    }
}

async fn edit_forbidden_message_looks_nonexistent(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.joined(3, 2).await;
    let elsewhere = written(&mut ann, "in room 2").await;
    ann.join(1).await;
    let deleted = written(&mut ann, "gone soon").await;
    ann.request(delete(&[deleted])).await;
    let mut bob = service.joined(4, 1).await;
    let of_bob = written(&mut bob, "of Bob").await;
    ann.receive().await;
    let mut admin = service.admin_chat(9).await;
    admin.join(1).await;

    for client in [&mut ann, &mut admin] {
        let expected = response_bytes(client, edit(999_999, "a")).await;
        let expected_end =
            r#""response_status":404,"request_id":…,"error_code":"message_not_found"}"#;
        assert!(expected.ends_with(expected_end), "{expected}");
        for id in [elsewhere, deleted, of_bob, 0, -1, i64::MIN, i64::MAX] {
            assert_eq!(
                response_bytes(client, edit(id, "a")).await,
                expected,
                "{id}"
            );
        }
    }
    admin
        .expect_refusal(edit(1, "of Ann"), 404, "message_not_found")
        .await;
    bob.expect_silence().await;
    // None of them changed: the message in the other room can be edited there.
    ann.join(2).await;
    let edited = ann.request(edit(elsewhere, "here")).await;
    assert_eq!(
        edited["data"],
        json!({"room_id": 2, "message_id": elsewhere, "message_text": "here", "seq": 2})
    );
}

on_every_store!(
    text_delivered_unchanged,
    text_blank_long_or_nul_refused,
    text_limit_setting_is_applied,
    admin_writes_only_in_business_rooms,
    edit_own_message_in_joined_room,
    edit_forbidden_message_looks_nonexistent,
);
