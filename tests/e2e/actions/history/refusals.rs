use aftermatch_test_support::{Client, Setup, on_every_store};
use tokio_tungstenite::tungstenite::Message;

async fn history_bad_parameter_named(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.joined(3, 1).await;
    let mut admin = service.admin_chat(9).await;
    admin.join(1).await;
    let no_number = [r#""1""#, "1.0", "1e0", "true", "[1]", "{}", r#""""#];
    let no_count = ["0", "-1", "-9223372036854775809"];
    let too_many = ["101", "1000000000000000000000000000000"];
    for (name, bad) in [
        ("before_seq", &[&no_number[..]][..]),
        ("after_seq", &[&no_number]),
        ("limit", &[&no_number, &no_count, &too_many]),
        ("page", &[&no_number, &no_count]),
    ] {
        for value in bad.iter().copied().flatten() {
            let request =
                format!(r#"{{"action":"get_room_messages","{name}":{value},"request_id":7}}"#);
            for client in [&mut ann, &mut admin] {
                expect_named(client, &request, &[name]).await;
            }
        }
    }
    let both = ["before_seq", "after_seq", "page"];
    for (query, names) in [
        (r#""before_seq":5,"after_seq":1"#, &both[..]),
        (r#""before_seq":5,"page":1"#, &both),
        (r#""after_seq":5,"page":1"#, &both),
        (r#""after_seq":5,"before_seq":1,"page":1"#, &both),
        (r#""page":1,"limit":100"#, &["page", "limit"]),
    ] {
        let request = format!(r#"{{"action":"get_room_messages",{query},"request_id":7}}"#);
        expect_named(&mut ann, &request, names).await;
    }
}

/// The request is refused, and the sentence names the bad parameters.
async fn expect_named(client: &mut Client, request: &str, names: &[&str]) {
    client.send(Message::text(request)).await;
    let refused = client.receive().await;
    assert_eq!(refused["response_status"], 400, "{request}: {refused}");
    assert_eq!(refused["error_code"], "invalid_parameter", "{request}");
    let sentence = refused["errors"][0].as_str().expect("a sentence");
    for name in names {
        let name = format!("`{name}`");
        assert!(sentence.contains(&name), "{request}: {sentence}");
    }
}

on_every_store!(history_bad_parameter_named);
