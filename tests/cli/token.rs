use aftermatch_test_support::{Client, SECRET, aftermatch, file_with};

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
