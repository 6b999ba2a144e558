use std::net::TcpListener;

use aftermatch_test_support::{SECRET, aftermatch};

const SETTINGS: [&str; 40] = [
    "CHAT_LISTEN",
    "CHAT_WORLD",
    "DATABASE_URL",
    "CHAT_DATABASE_POOL",
    "CHAT_REPLICA_URL",
    "CHAT_BRIDGE",
    "CHAT_STATEMENT_TIMEOUT",
    "CHAT_NO_MIGRATE",
    "CHAT_RELAY",
    "CHAT_RELAY_CREDENTIALS_FILE",
    "CHAT_WEBHOOK_URL",
    "CHAT_WEBHOOK_SECRET_FILE",
    "CHAT_JWT_SECRET",
    "CHAT_JWT_SECRET_FILE",
    "CHAT_JWT_PREVIOUS_SECRET",
    "CHAT_JWT_PREVIOUS_SECRET_FILE",
    "CHAT_JWT_PREVIOUS_UNTIL",
    "CHAT_ATTACHMENT_SECRET_FILE",
    "CHAT_ALLOWED_ORIGINS",
    "CHAT_PAGE",
    "CHAT_TOKEN_EXPIRY",
    "CHAT_MAX_TEXT_CHARS",
    "CHAT_MAX_FRAME_BYTES",
    "CHAT_MAX_CONNECTIONS",
    "CHAT_MAX_CONNECTIONS_PER_USER",
    "CHAT_MAX_REQUESTS_PER_SECOND",
    "CHAT_MAX_OUTBOX_FRAMES",
    "CHAT_MAX_OUTBOX_BYTES",
    "CHAT_COMPRESSION",
    "CHAT_HANDSHAKE_TIMEOUT",
    "CHAT_PING_INTERVAL",
    "CHAT_IDLE_TIMEOUT",
    "CHAT_OPS_LISTEN",
    "CHAT_API_LISTEN",
    "CHAT_API_TOKEN_FILE",
    "CHAT_API_EVENTS",
    "CHAT_DRAIN_TIME",
    "CHAT_SHUTDOWN_TIMEOUT",
    "CHAT_LOG",
    "CHAT_LOG_FORMAT",
];

#[tokio::test]
async fn help_names_every_setting() {
    for flag in ["--help", "-h"] {
        let help = aftermatch(&[flag]).expect_success().await;
        let words = help.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
        let words: Vec<_> = words.collect();
        for name in SETTINGS {
            assert!(words.contains(&name), "{name}: {help}");
        }
    }
}

#[tokio::test]
async fn version_is_that_of_package() {
    let printed = aftermatch(&["--version"]).expect_success().await;
    assert_eq!(
        printed.trim(),
        concat!("aftermatch ", env!("CARGO_PKG_VERSION"))
    );
}

#[tokio::test]
async fn empty_variable_counts_as_not_set() {
    let mut program = aftermatch(&[]);
    for name in [
        "CHAT_ALLOWED_ORIGINS",
        "CHAT_COMPRESSION",
        "CHAT_JWT_SECRET",
        "CHAT_JWT_SECRET_FILE",
        "CHAT_MAX_OUTBOX_FRAMES",
        "CHAT_NO_MIGRATE",
        "CHAT_OPS_LISTEN",
        "CHAT_PAGE",
        "CHAT_WORLD",
        "DATABASE_URL",
    ] {
        program = program.env(name, "");
    }
    program.start_demo().await;
}

#[tokio::test]
async fn bad_value_refused_with_name_and_advice() {
    let number = "a whole number of at least 1 is needed";
    let time = "a time with its unit is needed, such as 500ms, 10s, 5m or 1h";
    let rows = [
        ("CHAT_MAX_TEXT_CHARS", "0", number),
        ("CHAT_MAX_FRAME_BYTES", "64k", number),
        ("CHAT_MAX_CONNECTIONS", "-1", number),
        ("CHAT_MAX_CONNECTIONS_PER_USER", "many", number),
        ("CHAT_MAX_REQUESTS_PER_SECOND", "0", "from 1 to 1000000"),
        ("CHAT_MAX_WRITES_PER_SECOND", "on", "or `off`"),
        ("CHAT_MAX_OUTBOX_FRAMES", "0", number),
        ("CHAT_MAX_OUTBOX_BYTES", "1.5", number),
        ("CHAT_COMPRESSION", "best", "value was not a boolean"),
        ("CHAT_DATABASE_POOL", "0", "from 1 to 1000"),
        ("CHAT_STATEMENT_TIMEOUT", "5", time),
        ("CHAT_HANDSHAKE_TIMEOUT", "10", time),
        ("CHAT_PING_INTERVAL", "0s", time),
        ("CHAT_IDLE_TIMEOUT", "-1s", time),
        ("CHAT_SHUTDOWN_TIMEOUT", "soon", time),
        ("CHAT_IDLE_TIMEOUT", "300000000000y", "at most 1day"),
        (
            "CHAT_MAX_CONNECTIONS_PER_USER",
            "10000",
            "less than CHAT_MAX_CONNECTIONS (10000)",
        ),
        (
            "CHAT_IDLE_TIMEOUT",
            "25s",
            "longer than CHAT_PING_INTERVAL (25s)",
        ),
        (
            "CHAT_LOG",
            "aftermatch=loud",
            "write a level (error, warn, info, debug, trace)",
        ),
        ("CHAT_LOG_FORMAT", "xml", "[possible values: text, json]"),
        ("CHAT_ALLOWED_ORIGINS", "localhost,http://", "write a host"),
        ("CHAT_LISTEN", "8000", "such as 127.0.0.1:8000"),
        ("CHAT_LOG", "warning", "`warning` is no level"),
        ("CHAT_MAX_TEXT_CHARS", "100000", "does not fit"),
        (
            "DATABASE_ULR",
            "postgres://localhost/aftermatch",
            "did you mean DATABASE_URL?",
        ),
        (
            "CHAT_JWT_SECRET_FILE",
            "/no/such/file",
            "cannot read the secret in /no/such/file",
        ),
    ];
    for (name, value, needed) in rows {
        let complaint = aftermatch(&[]).env(name, value).expect_refusal().await;
        for part in [name, needed] {
            assert!(
                complaint.contains(part),
                "{name}={value}: no {part:?} in {complaint}"
            );
        }
    }
}

#[tokio::test]
async fn misspelt_setting_refused_with_suggestion() {
    for arguments in [&[][..], &["serve"], &["token", "--user", "3"]] {
        let complaint = aftermatch(arguments)
            .env("CHAT_LISTN", "127.0.0.1:1")
            .expect_refusal()
            .await;
        let sentence = "CHAT_LISTN is not a setting: did you mean CHAT_LISTEN?";
        assert!(complaint.contains(sentence), "{complaint}");
    }
}

#[tokio::test]
async fn two_secrets_refused() {
    let twice = aftermatch(&[])
        .env("CHAT_JWT_SECRET", SECRET)
        .env("CHAT_JWT_SECRET_FILE", "file");
    let complaint = twice.expect_refusal().await;
    assert!(
        complaint.contains("CHAT_JWT_SECRET and CHAT_JWT_SECRET_FILE are both set"),
        "{complaint}"
    );
    assert!(!complaint.contains(SECRET), "{complaint}");
}

#[tokio::test]
async fn taken_port_refused_by_name() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("an address").to_string();
    for arguments in [&[][..], &["serve"]] {
        let complaint = aftermatch(arguments)
            .env("CHAT_LISTEN", &address)
            .expect_refusal()
            .await;
        assert!(
            complaint.contains(&format!("cannot listen on {address} (CHAT_LISTEN")),
            "{complaint}"
        );
    }
    let flag = format!("--listen={address}");
    let complaint = aftermatch(&[&flag])
        .env("CHAT_LISTEN", "127.0.0.1:0")
        .expect_refusal()
        .await;
    assert!(complaint.contains(&address), "the flag wins: {complaint}");
}
