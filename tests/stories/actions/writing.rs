use serde_json::json;

use super::{answer_bytes, create, delete, edit, written};
use crate::harness::{Setup, on_every_store};

async fn a_text_is_sent_exactly_as_it_came(setup: Setup) {
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
        assert_eq!(bob.hear().await["data"]["text"], text);
        let edited = ann.ask(edit(created["data"]["id"].clone(), text)).await;
        assert_eq!(edited["data"]["message_text"], text);
        assert_eq!(bob.hear().await["data"]["message_text"], text);
    }
}

async fn a_text_must_be_fit_to_be_read(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.joined(3, 1).await;
    let mut boss = service.admin_chat(9).await;
    boss.join(1).await;
    let fits = "🦀".repeat(10_000);
    let of_ann = ann.create(&fits).await["data"]["id"].clone();
    assert_eq!(boss.hear().await["data"]["text"], fits);
    let edited = ann.ask(edit(of_ann.clone(), &fits)).await;
    assert_eq!(edited["data"]["message_text"], fits);
    boss.hear().await;
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
        ann.refused(create(text), 400, code).await;
        ann.refused(edit(of_ann.clone(), text), 400, code).await;
        boss.refused(create(text), 400, code).await;
        // What is wrong with the text is said before what is wrong with the id.
        boss.refused(edit(999, text), 400, code).await;
    }
    ann.hears_nothing().await;
    boss.hears_nothing().await;
}

async fn the_length_of_a_text_is_for_the_operators_to_say(setup: Setup) {
    let service = setup.max_text_chars(3).start().await;
    let mut ann = service.joined(3, 1).await;
    let id = written(&mut ann, "жёл").await;
    ann.refused(create("abcd"), 400, "text_too_long").await;
    ann.refused(edit(id, "abcd"), 400, "text_too_long").await;
}

async fn an_administrator_writes_where_a_participant_has_business(setup: Setup) {
    let service = setup.start().await;
    let mut boss = service.admin_chat(9).await;
    let mut eve = service.joined(5, 2).await;
    let of_eve = written(&mut eve, "of Eve").await;
    boss.join(2).await;
    for action in [
        create("a"),
        edit(of_eve, "a"),
        edit(999, "a"),
        delete(&[of_eve]),
        delete(&[999]),
        delete(&[]),
    ] {
        boss.refused(action, 403, "business_required").await;
    }
    boss.refused(create(" "), 400, "text_blank").await;
    boss.refused(delete(&[of_eve; 1_001]), 400, "too_many_ids")
        .await;
    eve.hears_nothing().await;
    // Reading is free, and the same hand writes elsewhere.
    let told = eve.create("to whom it may concern").await;
    assert_eq!(boss.hear().await, told);
    for room in [1, 3] {
        boss.join(room).await;
        let id = written(&mut boss, "hello").await;
        assert_eq!(
            boss.ask(edit(id, "hello there")).await["response_status"],
            200
        );
        assert_eq!(boss.ask(delete(&[id])).await["response_status"], 200);
    }
}

async fn one_edits_ones_own_messages_in_the_joined_room(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.joined(3, 1).await;
    let mut bob = service.joined(4, 1).await;
    let id = written(&mut ann, "fisrt").await;
    bob.hear().await;
    for text in ["first", "first", "the first"] {
        let edited = ann.ask(edit(id, text)).await;
        assert_eq!(edited["response_status"], 200);
        assert_eq!(edited["data"]["message_id"], id);
        assert_eq!(bob.hear().await, edited);
    }
    // From another connection, too, and one that was written before this run.
    let mut ann_again = service.joined(3, 1).await;
    for id in [id, 1] {
        assert_eq!(
            ann_again.ask(edit(id, "mine")).await["response_status"],
            200
        );
        bob.hear().await;
    }
}

async fn what_one_may_not_edit_cannot_be_told_from_what_is_not_there(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.joined(3, 2).await;
    let elsewhere = written(&mut ann, "in room 2").await;
    ann.join(1).await;
    let gone = written(&mut ann, "gone soon").await;
    ann.ask(delete(&[gone])).await;
    let mut bob = service.joined(4, 1).await;
    let of_bob = written(&mut bob, "of Bob").await;
    ann.hear().await;
    let mut boss = service.admin_chat(9).await;
    boss.join(1).await;

    for client in [&mut ann, &mut boss] {
        let expected = answer_bytes(client, edit(999_999, "a")).await;
        let told = r#""response_status":404,"request_id":…,"error_code":"message_not_found"}"#;
        assert!(expected.ends_with(told), "{expected}");
        for id in [elsewhere, gone, of_bob, 0, -1, i64::MIN, i64::MAX] {
            assert_eq!(answer_bytes(client, edit(id, "a")).await, expected, "{id}");
        }
    }
    boss.refused(edit(1, "of Ann"), 404, "message_not_found")
        .await;
    bob.hears_nothing().await;
    // None of them was touched: in its room, the one elsewhere can be edited.
    ann.join(2).await;
    let edited = ann.ask(edit(elsewhere, "here")).await;
    assert_eq!(
        edited["data"],
        json!({"room_id": 2, "message_id": elsewhere, "message_text": "here", "seq": 2})
    );
}

on_every_store!(
    a_text_is_sent_exactly_as_it_came,
    a_text_must_be_fit_to_be_read,
    the_length_of_a_text_is_for_the_operators_to_say,
    an_administrator_writes_where_a_participant_has_business,
    one_edits_ones_own_messages_in_the_joined_room,
    what_one_may_not_edit_cannot_be_told_from_what_is_not_there,
);
