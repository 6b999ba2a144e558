//! What a request is answered with, besides what users see of it.

use serde_json::json;

use crate::platform::on_both_stores;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answer_can_be_put_again() {
    on_both_stores(async |platform| {
        platform.put_usual().await;
        let brand = json!({
            "user_id": 3, "tariff": "business", "tariff_until": "2027-06-17T20:00:00+02:00",
            "profile": {"id": 1, "b": 1.0, "имя": "Ж"}
        });
        let put = platform.expect(200, "PUT", "/v1/brands/1", brand).await;
        assert_eq!(put["tariff_until"], "2027-06-17T18:00:00.000Z");
        let room =
            json!({"participants": [2, 1], "kind": "support", "pen": "never", "frozen": true});
        platform.expect(200, "PUT", "/v1/rooms/7", room).await;
        for path in ["/v1/users/900", "/v1/brands/1", "/v1/rooms/7"] {
            let read = platform.expect(200, "GET", path, None).await;
            let again = platform.expect(200, "PUT", path, read.clone()).await;
            assert_eq!(again, read);
        }
        let rooms = platform
            .expect(200, "GET", "/v1/rooms?limit=10", None)
            .await;
        let rooms = json!({"rooms": rooms["results"]});
        let counts = platform.expect(200, "PUT", "/v1/records", rooms).await;
        assert_eq!(counts, json!({"created": 0, "changed": 0, "unchanged": 1}));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lists_are_read_page_by_page() {
    on_both_stores(async |platform| {
        platform.put_usual().await;
        for room in [8, 12] {
            let path = format!("/v1/rooms/{room}");
            platform
                .expect(201, "PUT", &path, json!({"participants": [1, 2]}))
                .await;
        }
        let first = platform.expect(200, "GET", "/v1/rooms?limit=2", None).await;
        assert_eq!(first["next_after"], 8, "{first}");
        let rest = platform
            .expect(200, "GET", "/v1/rooms?limit=2&after=8", None)
            .await;
        assert_eq!(rest["results"][0]["id"], 12, "{rest}");
        assert_eq!(rest["next_after"], json!(null), "{rest}");

        for nth in 1..=5 {
            let message = json!({"user_id": 900, "text": nth.to_string()});
            platform
                .expect(201, "POST", "/v1/rooms/7/messages", message)
                .await;
        }
        let mut path = "/v1/rooms/7/messages?limit=2".to_owned();
        let mut texts = Vec::new();
        loop {
            let page = platform.expect(200, "GET", &path, None).await;
            assert_eq!(page["last_seq"], 5, "{page}");
            let results = page["results"].as_array().expect("a list");
            texts.extend(results.iter().rev().map(|message| message["text"].clone()));
            if page["next_before_seq"].is_null() {
                break;
            }
            path = format!(
                "/v1/rooms/7/messages?limit=2&before_seq={}",
                page["next_before_seq"]
            );
        }
        assert_eq!(json!(texts), json!(["5", "4", "3", "2", "1"]));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mistakes_have_sentences_and_change_nothing() {
    on_both_stores(async |platform| {
        platform.put_usual().await;
        let long = "x".repeat(10_001);
        for (status, code, method, path, body) in [
            (
                409,
                "invalid_reference",
                "PUT",
                "/v1/brands/3",
                json!({"user_id": 5}),
            ),
            (
                409,
                "invalid_reference",
                "PUT",
                "/v1/brands/3",
                json!({"user_id": 3}),
            ),
            (
                409,
                "invalid_reference",
                "PUT",
                "/v1/rooms/8",
                json!({"participants": [1, 3]}),
            ),
            (
                422,
                "invalid_body",
                "PUT",
                "/v1/rooms/8",
                json!({"participants": [1, 1]}),
            ),
            (422, "invalid_body", "PUT", "/v1/users/5", json!({"id": 6})),
            (422, "invalid_body", "PUT", "/v1/users/5", json!([])),
            (
                409,
                "invalid_reference",
                "DELETE",
                "/v1/users/3",
                json!(null),
            ),
            (404, "not_found", "GET", "/v1/brands/3", json!(null)),
            (404, "not_found", "GET", "/v1/rooms/8/messages", json!(null)),
            (
                404,
                "not_found",
                "POST",
                "/v1/rooms/8/messages",
                json!({"user_id": 3, "text": "a"}),
            ),
            (
                409,
                "invalid_reference",
                "POST",
                "/v1/rooms/7/messages",
                json!({"user_id": 5, "text": "a"}),
            ),
            (
                422,
                "invalid_body",
                "POST",
                "/v1/rooms/7/messages",
                json!({"user_id": 3, "text": " "}),
            ),
            (
                422,
                "invalid_body",
                "POST",
                "/v1/rooms/7/messages",
                json!({"user_id": 3, "text": long}),
            ),
            (
                404,
                "not_found",
                "PATCH",
                "/v1/rooms/7/messages/5",
                json!({"text": "a"}),
            ),
            (
                404,
                "not_found",
                "PATCH",
                "/v1/rooms/8/messages/5",
                json!({"text": "a"}),
            ),
            (
                404,
                "not_found",
                "DELETE",
                "/v1/rooms/8/messages/5",
                json!(null),
            ),
            (
                409,
                "invalid_reference",
                "DELETE",
                "/v1/rooms/7/messages/5?by=5",
                json!(null),
            ),
            (
                400,
                "invalid_parameter",
                "DELETE",
                "/v1/rooms/7/messages/5?reason=spam",
                json!(null),
            ),
            (
                400,
                "invalid_parameter",
                "DELETE",
                "/v1/rooms/7/messages/5?by=9&reason=",
                json!(null),
            ),
            (
                400,
                "invalid_parameter",
                "GET",
                "/v1/rooms?limit=1001",
                json!(null),
            ),
            (
                400,
                "invalid_parameter",
                "GET",
                "/v1/rooms?before_seq=1",
                json!(null),
            ),
            (
                400,
                "invalid_parameter",
                "GET",
                "/v1/rooms?limit=1&limit=1",
                json!(null),
            ),
        ] {
            let body = Some(body).filter(|body| !body.is_null());
            let refused = platform.expect(status, method, path, body).await;
            assert_eq!(refused["error_code"], code, "{method} {path}: {refused}");
            assert_eq!(refused["response_status"], status, "{refused}");
            let sentence = refused["errors"][0].as_str().expect("a sentence");
            assert!(sentence.len() > 15, "{sentence}");
        }
        let many: Vec<_> = (1..=1_001).map(|id| json!({"id": id})).collect();
        let refused = platform
            .expect(413, "PUT", "/v1/records", json!({"users": many}))
            .await;
        assert_eq!(refused["error_code"], "too_large", "{refused}");
        platform.expect(404, "GET", "/v1/users/1", None).await;
        let rooms = platform.expect(200, "GET", "/v1/rooms", None).await;
        assert_eq!(
            rooms["results"].as_array().map(Vec::len),
            Some(1),
            "{rooms}"
        );
    })
    .await;
}
