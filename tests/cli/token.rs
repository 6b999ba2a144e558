use aftermatch_test_support::{Client, HttpRequest, SECRET, aftermatch, file_with};

#[tokio::test]
async fn token_without_secret_refused_with_advice() {
    let complaint = aftermatch(&["token", "--user", "3"]).expect_refusal().await;
    assert!(
        complaint.contains("set CHAT_JWT_SECRET or CHAT_JWT_SECRET_FILE"),
        "{complaint}"
    );
}

#[tokio::test]
async fn token_bad_arguments_refused() {
    for (arguments, part) in [
        (&["token"][..], "--user <ID>"),
        (
            &["token", "--user", "0"],
            "an id is a whole number of at least 1",
        ),
        (
            &["token", "--user", "ann"],
            "an id is a whole number of at least 1",
        ),
        (
            &["token", "--user", "3", "--ttl", "1"],
            "a time with its unit is needed",
        ),
    ] {
        let complaint = aftermatch(arguments)
            .env("CHAT_JWT_SECRET", SECRET)
            .expect_refusal()
            .await;
        assert!(complaint.contains(part), "{complaint}");
    }
}

#[tokio::test]
async fn token_command_issues_accepted_tokens() {
    // Editors end files with a line break.
    let file = file_with(format!("{SECRET}\n"));
    let token = ["token", "--user", "1", "--ttl", "1h"];
    let flag = format!("--jwt-secret-file={}", file.path().display());
    let tokens = [
        aftermatch(&token).env("CHAT_JWT_SECRET", SECRET),
        aftermatch(&token).env("CHAT_JWT_SECRET_FILE", file.path()),
        aftermatch(&[&token[..], &[&flag]].concat()),
        // Other settings in the environment do not matter.
        aftermatch(&token)
            .env("CHAT_JWT_SECRET", SECRET)
            .env("CHAT_LISTEN", "127.0.0.1:1"),
    ];
    let services = [
        aftermatch(&[])
            .env("CHAT_JWT_SECRET", SECRET)
            .start_demo()
            .await,
        aftermatch(&["serve"])
            .env("CHAT_JWT_SECRET_FILE", file.path())
            .start_demo()
            .await,
    ];
    for token in tokens {
        let printed = token.expect_success().await;
        let token = printed.trim_end();
        assert_eq!(printed, format!("{token}\n"));
        for service in &services {
            let mut vera = Client::connect(service.address(), "/ws/chat/", token).await;
            vera.join(1).await;
        }
    }
}

#[tokio::test]
async fn empty_secret_file_refused() {
    let file = file_with("\n");
    let name = file.path().display().to_string();
    for arguments in [&[][..], &["token", "--user", "1"]] {
        let complaint = aftermatch(arguments)
            .env("CHAT_JWT_SECRET_FILE", &name)
            .expect_refusal()
            .await;
        assert!(
            complaint.contains(&format!("{name} (CHAT_JWT_SECRET_FILE) is empty")),
            "{complaint}"
        );
    }
}

#[tokio::test]
async fn tokens_of_both_secrets_accepted_until_then() {
    const BEFORE: &str = "the secret that was in use before, of thirty-two bytes";
    let token = |secret| aftermatch(&["token", "--user", "3"]).env("CHAT_JWT_SECRET", secret);
    let (old, new) = (
        token(BEFORE).expect_success().await,
        token(SECRET).expect_success().await,
    );
    let file = file_with(format!("{BEFORE}\n"));
    for (until, accepted) in [
        ("", true),
        ("9999-12-31T23:59:59Z", true),
        ("2020-01-31T12:00:00Z", false),
    ] {
        let program = aftermatch(&[])
            .env("CHAT_JWT_SECRET", SECRET)
            .env("CHAT_JWT_PREVIOUS_SECRET_FILE", file.path())
            .env("CHAT_JWT_PREVIOUS_UNTIL", until)
            .start_demo()
            .await;
        let status = async |token: &str| {
            let handshake = HttpRequest::websocket("/ws/chat/").bearer(token.trim());
            handshake.send(program.address()).await.status
        };
        let of_old = if accepted { 101 } else { 401 };
        assert_eq!(status(&old).await, of_old, "until {until:?}");
        assert_eq!(status(&new).await, 101, "until {until:?}");
    }
}

#[tokio::test]
async fn previous_secret_that_means_nothing_refused() {
    for (settings, part) in [
        (
            &[("CHAT_JWT_PREVIOUS_SECRET", SECRET)][..],
            "no present secret",
        ),
        (
            &[
                ("CHAT_JWT_SECRET", SECRET),
                ("CHAT_JWT_PREVIOUS_SECRET", SECRET),
            ],
            "is the same secret as CHAT_JWT_SECRET",
        ),
        (
            &[("CHAT_JWT_PREVIOUS_UNTIL", "2027-01-31T12:00:00Z")],
            "but no previous secret",
        ),
        (
            &[("CHAT_JWT_PREVIOUS_UNTIL", "tomorrow")],
            "a moment in UTC is needed, such as 2027-01-31T12:00:00Z",
        ),
    ] {
        let program = aftermatch(&[]);
        let program = settings
            .iter()
            .fold(program, |program, (name, value)| program.env(name, value));
        let complaint = program.expect_refusal().await;
        assert!(complaint.contains(part), "{complaint}");
    }
}
