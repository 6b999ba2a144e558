use aftermatch_test_support::{Client, Demo, HttpRequest, SECRET, aftermatch, get};
use serde_json::Value;

/// The people that the page offers.
async fn people(service: &Demo) -> Vec<Value> {
    let response = get(service.address(), "/page/people.json").await;
    assert_eq!(response.status, 200);
    serde_json::from_str(&response.body).expect("an array")
}

#[tokio::test]
async fn demo_page_people_can_join_rooms() {
    let service = aftermatch(&[]).start_demo().await;
    let shown = format!("Chat in a browser: http://{}/", service.address());
    assert!(service.banner.contains(&shown), "{}", service.banner);
    let html = get(service.address(), "/").await;
    assert_eq!(html.status, 200);
    assert!(html.body.contains("/page/main.js"), "{}", html.body);
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
async fn given_secret_page_optional_offers_nobody() {
    let with_secret = || aftermatch(&[]).env("CHAT_JWT_SECRET", SECRET);
    let service = with_secret().start_demo().await;
    for path in ["/", "/page/people.json", "/page/main.js"] {
        assert_eq!(get(service.address(), path).await.status, 404, "{path}");
    }
    let service = with_secret().env("CHAT_PAGE", "true").start_demo().await;
    assert_eq!(get(service.address(), "/").await.status, 200);
    assert_eq!(people(&service).await, [Value::Null; 0]);
}

#[tokio::test]
async fn page_disabled_serves_no_page() {
    let service = aftermatch(&["--page=false"]).start_demo().await;
    assert!(
        !service.banner.contains("in a browser"),
        "{}",
        service.banner
    );
    for path in ["/", "/page/people.json"] {
        assert_eq!(get(service.address(), path).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn foreign_host_name_gets_no_tokens() {
    let service = aftermatch(&[]).start_demo().await;
    let request = HttpRequest::new("GET", "/page/people.json")
        .without("Host")
        .header("Host", "evil.example:8000");
    let response = request.send(service.address()).await;
    assert_eq!(response.status, 403);
    assert!(!response.body.contains("token"), "{}", response.body);
}
