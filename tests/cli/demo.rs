use aftermatch_test_support::{Client, Demo, HttpRequest, SECRET, aftermatch};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

#[tokio::test]
async fn banner_shows_enough_to_chat() {
    let service = aftermatch(&[]).start_demo().await;
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
    let event = vera.create("hello").await;
    assert_eq!(oleg.receive().await, event);
    assert_eq!(admin.receive().await, event);
}

#[tokio::test]
async fn given_secret_banner_shows_no_token() {
    let service = aftermatch(&[])
        .env("CHAT_JWT_SECRET", SECRET)
        .start_demo()
        .await;
    assert_eq!(service.tokens(), [""; 0], "{}", service.banner);
    assert!(!service.banner.contains(SECRET));
    assert!(
        service.banner.contains("aftermatch token --user"),
        "{}",
        service.banner
    );
}

const TEXT: &str = "only the room may read this";
const WRONG: &str = "eyJhbGciOiJIUzI1NiJ9.eyJ1c2VyX2lkIjoxfQ.a-token-that-is-not-good";

/// Chats a little. Returns what no log may contain.
async fn chat(service: &Demo) -> Vec<String> {
    let tokens = service.tokens();
    let mut vera = Client::connect(service.address(), "/ws/chat/", tokens[0]).await;
    let mut oleg = Client::connect(service.address(), "/ws/chat", tokens[1]).await;
    vera.join(1).await;
    oleg.join(1).await;
    let id = vera.create(TEXT).await["data"]["id"].clone();
    let edit = json!({"action": "edit_message", "msg_id": id, "edited_msg_text": TEXT});
    vera.request(edit.clone()).await;
    oleg.receive().await;
    oleg.receive().await;
    oleg.expect_refusal(edit, 404, "message_not_found").await;
    oleg.send_text(&format!("{{\"action\": \"{TEXT}\", \"request_id\": 1}}"))
        .await;
    assert_eq!(oleg.receive().await["error_code"], "unknown_action");
    oleg.send_text(TEXT).await;
    assert_eq!(oleg.receive().await["error_code"], "not_json");
    for (path, token) in [("/ws/chat/", WRONG), ("/ws/admin-chat/", tokens[0])] {
        let endpoint = path.trim_matches('/').trim_start_matches("ws/");
        let protocols = format!("{endpoint}, {token}");
        let handshake = HttpRequest::websocket(path).header("Sec-WebSocket-Protocol", &protocols);
        let refused = handshake.send(service.address()).await;
        assert_ne!(refused.status, 101, "{path}");
    }
    let mut secrets = vec![TEXT.to_owned(), WRONG.to_owned()];
    for token in service.tokens() {
        secrets.push(token.to_owned());
        secrets.push(token.rsplit('.').next().expect("a signature").to_owned());
    }
    secrets
}

#[tokio::test]
async fn log_contains_no_token_or_text() {
    let service = aftermatch(&[]).env("CHAT_LOG", "trace").start_demo().await;
    let secrets = chat(&service).await;
    service.program.terminate().await;
    let banner = service.banner.clone();
    let ended = service.program.ended().await;
    assert!(
        ended.log.contains("create_message"),
        "it does log: {}",
        ended.log
    );
    assert_eq!(ended.stdout, banner, "logs go to standard error");
    for secret in secrets {
        assert!(!ended.log.contains(&secret), "{secret}: {}", ended.log);
    }
}

#[tokio::test]
async fn json_log_is_json_per_line() {
    let service = aftermatch(&["--log-format", "json"])
        .env("CHAT_LOG", "debug")
        .start_demo()
        .await;
    chat(&service).await;
    service.program.terminate().await;
    let log = service.program.ended().await.log;
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
async fn terminate_closes_clients_and_exits_cleanly() {
    let service = aftermatch(&[]).start_demo().await;
    let mut vera = Client::connect(service.address(), "/ws/chat/", service.tokens()[0]).await;
    vera.join(1).await;
    service.program.terminate().await;
    match vera.receive_frame().await {
        Message::Close(Some(close)) => assert_eq!(u16::from(close.code), 1001),
        other => panic!("{other:?}"),
    }
    drop(vera);
    let ended = service.program.ended().await;
    assert_eq!(ended.status.code(), Some(0), "{}", ended.log);
}
