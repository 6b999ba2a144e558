use aftermatch_test_support::{
    Client, Setup, delete, edit, on_every_store, read, response_bytes, written,
};
use serde_json::{Value, json};

async fn list(client: &mut Client, mut parameters: Value) -> Value {
    parameters["action"] = "list".into();
    let response = client.request(parameters).await;
    assert_eq!(response["response_status"], 200, "{response}");
    response
}

fn pks(list: &Value) -> Vec<i64> {
    let rooms = list["data"].as_array().expect("a list").iter();
    rooms
        .map(|room| room["pk"].as_i64().expect("a pk"))
        .collect()
}

async fn list_shows_last_message_and_seq(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.joined(3, 1).await;
    let mut admin = service.admin_chat(9).await;
    let all = json!({"action": "list"});
    let second = written(&mut ann, "second").await;
    ann.request(edit(second, "the second")).await;
    for (client, unread, read_seq) in [
        (&mut ann, r#""unread":0,"#, r#","read_seq":0"#),
        (&mut admin, "", ""),
    ] {
        let newest = list(client, json!({})).await["data"][0]["last_message"].clone();
        let listed = response_bytes(client, all.clone()).await;
        let begin = format!(
            r#""has_business":true,"id":1,"last_seq":3,{unread}"last_message":{{"id":{second},"text":"the second","user":{{"id":3,"email":"ann@example.com"}},"created_at":"#
        );
        assert!(listed.contains(&begin), "{listed} lacks {begin}");
        let end = format!(
            r#","room_id":1,"seq":2,"edited_at":{}}}{read_seq}}},{{"pk":2,"#,
            newest["edited_at"]
        );
        assert!(listed.contains(&end), "{listed} lacks {end}");
        let end = r#""action":"list","response_status":200,"request_id":…}"#;
        assert!(listed.ends_with(end), "{listed}");
    }
    let page = read(&mut ann, json!({})).await;
    let listed = list(&mut ann, json!({})).await;
    assert_eq!(listed["data"][0]["last_message"], page["results"][1]);
    assert_eq!(listed["data"][1]["last_message"], Value::Null);

    // After a deletion the newest message left is shown, and none in an empty room.
    ann.request(delete(&[second])).await;
    let listed = list(&mut ann, json!({})).await;
    assert_eq!(listed["data"][0]["last_message"], page["results"][0]);
    assert_eq!(listed["data"][0]["last_seq"], 4);
    ann.request(delete(&[1])).await;
    let listed = list(&mut admin, json!({})).await;
    assert_eq!(listed["data"][0]["last_message"], Value::Null);
    assert_eq!(listed["data"][0]["last_seq"], 5);
}

async fn list_pages_follow_cursor(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.chat(3).await;
    let mut admin = service.admin_chat(9).await;
    let null = Value::Null;
    for (query, anns, after, all, after_all) in [
        (
            json!({"limit": 1}),
            &[1][..],
            &json!(1),
            &[1][..],
            &json!(1),
        ),
        (
            json!({"limit": 1, "after_pk": 1}),
            &[2],
            &null,
            &[2],
            &json!(2),
        ),
        (json!({"limit": 1, "after_pk": 2}), &[], &null, &[3], &null),
        (json!({"limit": 2}), &[1, 2], &null, &[1, 2], &json!(2)),
        (
            json!({"limit": 2, "after_pk": null}),
            &[1, 2],
            &null,
            &[1, 2],
            &json!(2),
        ),
        (json!({"limit": 3}), &[1, 2], &null, &[1, 2, 3], &null),
        (json!({"limit": 1000}), &[1, 2], &null, &[1, 2, 3], &null),
        (json!({"after_pk": 0}), &[1, 2], &null, &[1, 2, 3], &null),
        (
            json!({"after_pk": i64::MIN}),
            &[1, 2],
            &null,
            &[1, 2, 3],
            &null,
        ),
        (json!({"after_pk": 1}), &[2], &null, &[2, 3], &null),
        (
            json!({"after_pk": 1, "limit": null}),
            &[2],
            &null,
            &[2, 3],
            &null,
        ),
        (json!({"after_pk": 99}), &[], &null, &[], &null),
        (json!({"after_pk": u64::MAX}), &[], &null, &[], &null),
    ] {
        for (client, rooms, next) in [(&mut ann, anns, after), (&mut admin, all, after_all)] {
            let page_of_rooms = list(client, query.clone()).await;
            assert_eq!(pks(&page_of_rooms), rooms, "{query}");
            assert_eq!(page_of_rooms.get("next_after_pk"), Some(next), "{query}");
        }
    }
    for (after, next) in [(1, "null"), (0, "1")] {
        let action = json!({"action": "list", "limit": 1, "after_pk": after});
        let page_of_rooms = response_bytes(&mut ann, action).await;
        let end = format!(
            r#"],"action":"list","response_status":200,"request_id":…,"next_after_pk":{next}}}"#
        );
        assert!(page_of_rooms.ends_with(&end), "{page_of_rooms}");
    }
    // Without a limit and a cursor the list is whole, and names no next page.
    for all in [json!({}), json!({"limit": null, "after_pk": null})] {
        let all = list(&mut ann, all).await;
        assert_eq!(pks(&all), [1, 2]);
        assert_eq!(all.get("next_after_pk"), None);
    }
    let whole = list(&mut ann, json!({})).await["data"].clone();
    let page_of_rooms = list(&mut ann, json!({"limit": 1, "after_pk": 1})).await;
    assert_eq!(
        page_of_rooms["data"][0], whole[1],
        "a room is the same on a page"
    );
}

async fn long_list_equal_for_any_page_size(setup: Setup) {
    let rooms: Vec<_> = (1..=1_203)
        .map(|nth| json!({"id": nth * 7, "participants": [1]}))
        .collect();
    let world = json!({
        "users": [{"id": 3}, {"id": 9, "admin": true}],
        "brands": [{"id": 1, "user_id": 3}],
        "rooms": rooms,
    });
    let service = setup.world(world.to_string()).start().await;
    let mut ann = service.chat(3).await;
    let mut admin = service.admin_chat(9).await;
    let all: Vec<_> = (1..=1_203).map(|nth| nth * 7).collect();
    for client in [&mut ann, &mut admin] {
        assert_eq!(pks(&list(client, json!({})).await), all);
        for limit in [401, 500, 501, 1_000] {
            let (mut found, mut next) = (Vec::new(), json!(0));
            while next != Value::Null {
                let page_of_rooms = list(client, json!({"limit": limit, "after_pk": next})).await;
                let rooms = pks(&page_of_rooms);
                assert!(rooms.len() <= limit, "{limit}");
                assert!(!rooms.is_empty(), "{limit}: an empty page");
                found.extend(rooms);
                next = page_of_rooms["next_after_pk"].clone();
            }
            assert_eq!(found, all, "{limit}");
        }
        let page_of_rooms = list(client, json!({"after_pk": 7})).await;
        assert_eq!(
            pks(&page_of_rooms),
            all[1..=1_000],
            "a thousand where nothing is said"
        );
        assert_eq!(page_of_rooms["next_after_pk"], all[1_000]);
    }
}

async fn list_bad_parameter_named(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.chat(3).await;
    let mut admin = service.admin_chat(9).await;
    let no_integer = [r#""1""#, "1.0", "1e0", "true", "[1]", "{}"];
    let no_limit = ["0", "-1", "1001", "1000000000000000000000000000000"];
    for (name, bad) in [
        ("limit", &[&no_integer[..], &no_limit][..]),
        ("after_pk", &[&no_integer]),
    ] {
        for value in bad.iter().copied().flatten() {
            for client in [&mut ann, &mut admin] {
                let request = format!(r#"{{"action":"list","{name}":{value},"request_id":7}}"#);
                client.send_text(&request).await;
                let refused = client.receive().await;
                assert_eq!(refused["response_status"], 400, "{request}: {refused}");
                assert_eq!(refused["error_code"], "invalid_parameter", "{request}");
                let sentence = refused["errors"][0].as_str().expect("a sentence");
                let name = format!("`{name}`");
                assert!(sentence.contains(&name), "{request}: {sentence}");
            }
        }
    }
}

on_every_store!(
    list_shows_last_message_and_seq,
    list_pages_follow_cursor,
    long_list_equal_for_any_page_size,
    list_bad_parameter_named,
);
