use serde_json::Value;

use crate::{
    client::Client,
    command::{Running, SECRET, aftermatch},
    http::{get, get_at},
};

/// Whom the page offers.
async fn people(service: &Running) -> Vec<Value> {
    let (status, body) = get(service.address(), "/page/people.json").await;
    assert_eq!(status, 200);
    serde_json::from_str(&body).expect("an array")
}

#[tokio::test]
async fn a_demo_has_a_page_whose_people_can_come_in() {
    let service = aftermatch(&[]).start().await;
    let shown = format!("Chat in a browser: http://{}/", service.address());
    assert!(service.banner.contains(&shown), "{}", service.banner);
    let (status, html) = get(service.address(), "/").await;
    assert_eq!(status, 200);
    assert!(html.contains("/page/main.js"), "{html}");
    let people = people(&service).await;
    let ids: Vec<_> = people.iter().map(|person| person["id"].as_i64()).collect();
    assert_eq!(ids, [1, 2, 3, 4, 9].map(Some));
    for person in people {
        let token = person["token"].as_str().expect("a token");
        let (path, room) = match person["rooms"][0].as_i64() {
            Some(room) => ("/ws/chat/", room),
            None => ("/ws/admin-chat/", 1),
        };
        assert_eq!(person["brand"].is_null(), path == "/ws/admin-chat/");
        let mut client = Client::connect(service.address(), path, token).await;
        client.join(room).await;
    }
}

#[tokio::test]
async fn with_a_given_secret_there_is_a_page_only_if_asked_for_and_it_offers_nobody() {
    let with_secret = || aftermatch(&[]).with("CHAT_JWT_SECRET", SECRET);
    let service = with_secret().start().await;
    for path in ["/", "/page/people.json", "/page/main.js"] {
        assert_eq!(get(service.address(), path).await.0, 404, "{path}");
    }
    let service = with_secret().with("CHAT_PAGE", "true").start().await;
    assert_eq!(get(service.address(), "/").await.0, 200);
    assert_eq!(people(&service).await, [Value::Null; 0]);
}

#[tokio::test]
async fn a_demo_can_do_without_its_page() {
    let service = aftermatch(&["--page=false"]).start().await;
    assert!(
        !service.banner.contains("in a browser"),
        "{}",
        service.banner
    );
    for path in ["/", "/page/people.json"] {
        assert_eq!(get(service.address(), path).await.0, 404, "{path}");
    }
}

#[tokio::test]
async fn strangers_pages_get_no_tokens_by_a_name_of_their_own_for_this_address() {
    let service = aftermatch(&[]).start().await;
    let answer = get_at(service.address(), "evil.example:8000", "/page/people.json").await;
    assert_eq!(answer.0, 403);
    assert!(!answer.1.contains("token"), "{}", answer.1);
}
