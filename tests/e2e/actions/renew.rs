use aftermatch_test_support::{Setup, on_every_store, response_bytes, token_for};
use serde_json::json;

async fn renewed_token_keeps_connection_open(setup: Setup) {
    let setup = setup.limits(|limits| limits.close_expired = true);
    let service = setup.start().await;
    let mut ann = service.chat(3).await;
    let renew = |token: String| json!({"action": "renew", "token": token});
    let response = response_bytes(&mut ann, renew(token_for(3))).await;
    let begin = r#"{"errors":[],"data":{"token_exp":"#;
    assert!(response.starts_with(begin), "{response}");
    for (token, status, code) in [
        (token_for(4), 403, "user_mismatch"),
        ("a.b.c".to_owned(), 400, "invalid_token"),
        (String::new(), 400, "invalid_token"),
    ] {
        ann.expect_refusal(renew(token), status, code).await;
    }
    ann.expect_silence().await;
}

on_every_store!(renewed_token_keeps_connection_open);
