//! The settings of the API of the platform.

use aftermatch_test_support::{SECRET, aftermatch, file_with};

const ADDRESS: &str = "127.0.0.1:0";

#[tokio::test]
async fn api_settings_refused_alone_and_contradicting() {
    let token = file_with("0123456789abcdef");
    let token = token.path().display().to_string();
    for (settings, part) in [
        (
            &[("CHAT_API_LISTEN", ADDRESS)][..],
            "CHAT_API_LISTEN is set, but no token: set CHAT_API_TOKEN_FILE",
        ),
        (
            &[("CHAT_API_TOKEN_FILE", &token)],
            "CHAT_API_TOKEN_FILE is for the API of the platform: set CHAT_API_LISTEN",
        ),
        (
            &[
                ("CHAT_API_LISTEN", "127.0.0.1:8000"),
                ("CHAT_API_TOKEN_FILE", &token),
            ],
            "CHAT_API_LISTEN and CHAT_LISTEN are both 127.0.0.1:8000: give the API another port",
        ),
        (
            &[
                ("CHAT_API_LISTEN", "127.0.0.1:9000"),
                ("CHAT_OPS_LISTEN", "127.0.0.1:9000"),
                ("CHAT_API_TOKEN_FILE", &token),
            ],
            "CHAT_API_LISTEN and CHAT_OPS_LISTEN are both 127.0.0.1:9000",
        ),
        (
            &[
                ("CHAT_API_LISTEN", ADDRESS),
                ("CHAT_API_TOKEN_FILE", &token),
                ("CHAT_BRIDGE", "mapping.toml"),
                ("DATABASE_URL", "postgres://127.0.0.1/chat"),
            ],
            "CHAT_BRIDGE and CHAT_API_LISTEN are both set",
        ),
        (
            &[("CHAT_API_EVENTS", "on")],
            "CHAT_API_EVENTS is for the API of the platform, which asks for events: set",
        ),
        (
            &[
                ("CHAT_API_LISTEN", ADDRESS),
                ("CHAT_API_TOKEN_FILE", &token),
                ("CHAT_API_EVENTS", "on"),
                ("CHAT_WEBHOOK_URL", "https://platform.example"),
            ],
            "CHAT_API_EVENTS and CHAT_WEBHOOK_URL are both set: either the platform asks",
        ),
    ] {
        let command = aftermatch(&["serve"]).env("CHAT_JWT_SECRET", SECRET);
        let settings = settings.iter();
        let command = settings.fold(command, |command, (name, value)| command.env(name, value));
        let complaint = command.expect_refusal().await;
        assert!(complaint.contains(part), "{part}: {complaint}");
    }
}

#[tokio::test]
async fn bad_token_file_refused_by_name() {
    let short = file_with("0123456789abcdef\nsecret\n");
    let empty = file_with("\n");
    let short = short.path().display().to_string();
    let empty = empty.path().display().to_string();
    for (file, part) in [
        (
            short.as_str(),
            "has a token of 6 bytes in line 2: at least 16 are needed",
        ),
        (&empty, "is empty: it must contain a token"),
        (
            "/no/such/token",
            "cannot read the token in /no/such/token (CHAT_API_TOKEN_FILE)",
        ),
    ] {
        let start = |command: &'static str| {
            aftermatch(&[command])
                .env("CHAT_LISTEN", ADDRESS)
                .env("CHAT_API_LISTEN", ADDRESS)
                .env("CHAT_API_TOKEN_FILE", file)
        };
        let complaint = start("serve").expect_refusal().await;
        assert!(
            complaint.contains(file) && complaint.contains(part),
            "{complaint}"
        );
        assert!(!complaint.contains("secret\n"), "{complaint}");
        let checked = start("check").output().await;
        let printed = String::from_utf8_lossy(&checked.stdout).into_owned();
        assert_eq!(checked.status.code(), Some(2), "{printed}");
        assert!(printed.contains(part), "{printed}");
    }
}

#[tokio::test]
async fn unusable_address_of_api_is_a_problem() {
    let token = file_with("0123456789abcdef");
    let check = aftermatch(&["check"])
        .env("CHAT_LISTEN", ADDRESS)
        .env("CHAT_API_LISTEN", "8001")
        .env("CHAT_API_TOKEN_FILE", token.path());
    let checked = check.output().await;
    let printed = String::from_utf8_lossy(&checked.stdout).into_owned();
    assert!(
        printed.contains("cannot listen on 8001 (CHAT_API_LISTEN"),
        "{printed}"
    );
}

#[tokio::test]
async fn world_file_is_served_beside_api() {
    let token = file_with("0123456789abcdef");
    let world = file_with(
        r#"{"users": [{"id": 3, "admin": true}], "rooms": [{"id": 7, "participants": []}]}"#,
    );
    let demo = aftermatch(&[])
        .env("CHAT_WORLD", world.path())
        .env("CHAT_API_LISTEN", ADDRESS)
        .env("CHAT_API_TOKEN_FILE", token.path())
        .start_demo()
        .await;
    assert!(demo.banner.contains("user 3"), "{}", demo.banner);
}
