use serde_json::{Value, json};
use tokio_tungstenite::{
    connect_async,
    tungstenite::{Message, client::IntoClientRequest},
};

use crate::{
    client::Client,
    command::{Running, SECRET, aftermatch},
};

#[tokio::test]
async fn what_is_shown_at_the_start_is_enough_to_talk() {
    let service = aftermatch(&[]).start().await;
    for person in [
        "Вера Лунина",
        "Олег Травин",
        "Nina Sedova",
        "Timur Azimov",
        "admin@example.com",
    ] {
        assert!(
            service.banner.contains(person),
            "{person}: {}",
            service.banner
        );
    }
    let tokens = service.tokens();
    let mut vera = Client::connect(service.address(), "/ws/chat/", tokens[0]).await;
    let mut oleg = Client::connect(service.address(), "/ws/chat/", tokens[1]).await;
    let mut admin = Client::connect(service.address(), "/ws/admin-chat/", tokens[4]).await;
    for client in [&mut vera, &mut oleg, &mut admin] {
        client.join(1).await;
    }
    let told = vera.create("hello").await;
    assert_eq!(oleg.hear().await, told);
    assert_eq!(admin.hear().await, told);
}

#[tokio::test]
async fn a_service_with_a_given_secret_shows_no_token() {
    let service = aftermatch(&[])
        .with("CHAT_JWT_SECRET", SECRET)
        .start()
        .await;
    assert_eq!(service.tokens(), [""; 0], "{}", service.banner);
    assert!(!service.banner.contains(SECRET));
    assert!(
        service.banner.contains("aftermatch token --user"),
        "{}",
        service.banner
    );
}

const TEXT: &str = "nobody but the room shall read this";
const WRONG: &str = "eyJhbGciOiJIUzI1NiJ9.eyJ1c2VyX2lkIjoxfQ.a-token-that-is-not-good";

/// Talks a little. Returns what no log may contain.
async fn talk(service: &Running) -> Vec<String> {
    let tokens = service.tokens();
    let mut vera = Client::connect(service.address(), "/ws/chat/", tokens[0]).await;
    let mut oleg = Client::connect(service.address(), "/ws/chat", tokens[1]).await;
    vera.join(1).await;
    oleg.join(1).await;
    let id = vera.create(TEXT).await["data"]["id"].clone();
    let edit = json!({"action": "edit_message", "msg_id": id, "edited_msg_text": TEXT});
    vera.ask(edit.clone()).await;
    oleg.hear().await;
    oleg.hear().await;
    oleg.refused(edit, 404, "message_not_found").await;
    oleg.send_text(&format!("{{\"action\": \"{TEXT}\", \"request_id\": 1}}"))
        .await;
    assert_eq!(oleg.hear().await["error_code"], "unknown_action");
    oleg.send_text(TEXT).await;
    assert_eq!(oleg.hear().await["error_code"], "not_json");
    for (path, token) in [("/ws/chat/", WRONG), ("/ws/admin-chat/", tokens[0])] {
        let mut request = format!("ws://{}{path}", service.address())
            .into_client_request()
            .expect("a request");
        let headers = request.headers_mut();
        headers.insert("Origin", "http://localhost".parse().expect("a header"));
        let protocols = format!(
            "{}, {token}",
            path.trim_matches('/').trim_start_matches("ws/")
        );
        headers.insert(
            "Sec-WebSocket-Protocol",
            protocols.parse().expect("a header"),
        );
        assert!(connect_async(request).await.is_err());
    }
    let mut secrets = vec![TEXT.to_owned(), WRONG.to_owned()];
    for token in service.tokens() {
        secrets.push(token.to_owned());
        secrets.push(token.rsplit('.').next().expect("a signature").to_owned());
    }
    secrets
}

#[tokio::test]
async fn no_log_has_a_token_or_a_text_in_it() {
    let service = aftermatch(&[]).with("CHAT_LOG", "trace").start().await;
    let secrets = talk(&service).await;
    service.terminate().await;
    let ended = service.ended().await;
    assert!(
        ended.log.contains("create_message"),
        "it does log: {}",
        ended.log
    );
    assert_eq!(ended.afterwards, "", "standard output is not for logs");
    for secret in secrets {
        assert!(!ended.log.contains(&secret), "{secret}: {}", ended.log);
    }
}

#[tokio::test]
async fn a_log_for_machines_is_json_line_by_line() {
    let service = aftermatch(&["--log-format", "json"])
        .with("CHAT_LOG", "debug")
        .start()
        .await;
    talk(&service).await;
    service.terminate().await;
    let log = service.ended().await.log;
    let lines = log.lines().map(|line| {
        let line: Value =
            serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert!(
            line["level"].is_string() && line["timestamp"].is_string(),
            "{line}"
        );
        line
    });
    let answered = lines.filter(|line| line["fields"]["message"] == "answered");
    assert!(answered.count() >= 5, "{log}");
}

#[tokio::test]
async fn a_service_told_to_stop_says_goodbye_and_ends_well() {
    let service = aftermatch(&[]).start().await;
    let mut vera = Client::connect(service.address(), "/ws/chat/", service.tokens()[0]).await;
    vera.join(1).await;
    service.terminate().await;
    match vera.frame().await {
        Message::Close(Some(close)) => assert_eq!(u16::from(close.code), 1001),
        other => panic!("{other:?}"),
    }
    drop(vera);
    let ended = service.ended().await;
    assert_eq!(ended.status.code(), Some(0), "{}", ended.log);
}
