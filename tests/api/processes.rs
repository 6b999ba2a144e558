//! Several processes on one database, and what the database refuses.

use std::fmt::Write;

use aftermatch_test_support::empty;
use serde_json::json;

use crate::platform::Served;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn message_reaches_members_at_other_process() {
    let database = empty().await;
    let first = Served::on(&database).await;
    let second = Served::on(&database).await;
    first.put_usual().await;
    let mut here = first.program.joined(3, 7).await;
    let mut there = second.program.joined(4, 7).await;
    let text = json!({"user_id": 900, "text": "You have matched", "client_msg_id": "match:7"});
    let messages = "/v1/rooms/7/messages";
    let created = first.expect(201, "POST", messages, text.clone()).await;
    for member in [&mut here, &mut there] {
        let event = member.receive_action("create_message").await;
        assert_eq!(event["text"], "You have matched", "{event}");
        assert_eq!(event["user"]["fullname"], "Support", "{event}");
    }
    assert_eq!(second.expect(200, "POST", messages, text).await, created);
    second
        .expect(200, "PUT", "/v1/users/3", json!({"active": false}))
        .await;
    assert_eq!(here.close_code().await, Some(4401));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_puts_of_one_room_all_succeed() {
    let database = empty().await;
    let processes = [Served::on(&database).await, Served::on(&database).await];
    processes[0].put_usual().await;
    let puts = (0..20).map(|nth: usize| {
        let platform = &processes[nth % 2];
        let participants = if nth.is_multiple_of(3) {
            json!([1, 2])
        } else {
            json!([2, 1])
        };
        let room = json!({"participants": participants});
        async move {
            loop {
                let answer = platform.call("PUT", "/v1/rooms/8", room.clone()).await;
                // A busy machine has no connection in time: a platform sends it again.
                if answer.0 != 503 {
                    return answer;
                }
            }
        }
    });
    let answers = futures_util::future::join_all(puts).await;
    for (status, answer) in answers {
        assert!([200, 201].contains(&status), "{status} {answer}");
    }
    let room = processes[0].expect(200, "GET", "/v1/rooms/8", None).await;
    assert_eq!(room["participants"].as_array().map(Vec::len), Some(2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_database_refuses_is_no_failure() {
    let database = empty().await;
    let platform = Served::on(&database).await;
    let mut deep = String::new();
    let _ = write!(
        deep,
        r#"{{"profile":{{"a":{}{}}}}}"#,
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    let request = Served::request("PUT", "/v1/users/3").json(deep);
    let refused = platform.send(request).await;
    assert_eq!(refused.status, 422, "{}", refused.body);
    assert!(
        refused.body.contains("stack depth limit exceeded"),
        "{}",
        refused.body
    );
    let odd = json!({"profile": {"\u{0}": "\u{0}\u{d7ff}", "n": 1e300}});
    let put = platform.expect(201, "PUT", "/v1/users/3", odd).await;
    assert_eq!(platform.expect(200, "GET", "/v1/users/3", None).await, put);
}
