use std::io::Write;

use tempfile::NamedTempFile;

use crate::{
    client::Client,
    command::{SECRET, aftermatch},
};

fn file_with(text: &str) -> NamedTempFile {
    let mut file = NamedTempFile::new().expect("a file");
    file.write_all(text.as_bytes()).expect("room on the disk");
    file
}

#[tokio::test]
async fn a_token_without_a_secret_is_refused_with_what_to_do() {
    let said = aftermatch(&["token", "--user", "3"]).refuses().await;
    assert!(
        said.contains("set CHAT_JWT_SECRET or CHAT_JWT_SECRET_FILE"),
        "{said}"
    );
}

#[tokio::test]
async fn what_makes_no_token_is_refused() {
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
        let said = aftermatch(arguments)
            .with("CHAT_JWT_SECRET", SECRET)
            .refuses()
            .await;
        assert!(said.contains(part), "{said}");
    }
}

#[tokio::test]
async fn a_token_opens_the_service_that_has_the_same_secret() {
    // Editors end files with a line break.
    let file = file_with(&format!("{SECRET}\n"));
    let token = ["token", "--user", "1", "--ttl", "1h"];
    let flag = format!("--jwt-secret-file={}", file.path().display());
    let tokens = [
        aftermatch(&token).with("CHAT_JWT_SECRET", SECRET),
        aftermatch(&token).with("CHAT_JWT_SECRET_FILE", file.path()),
        aftermatch(&[&token[..], &[&flag]].concat()),
        // A whole configuration in the environment does not disturb.
        aftermatch(&token)
            .with("CHAT_JWT_SECRET", SECRET)
            .with("CHAT_LISTEN", "127.0.0.1:1"),
    ];
    let services = [
        aftermatch(&[])
            .with("CHAT_JWT_SECRET", SECRET)
            .start()
            .await,
        aftermatch(&["serve"])
            .with("CHAT_JWT_SECRET_FILE", file.path())
            .start()
            .await,
    ];
    for token in tokens {
        let printed = token.prints().await;
        let token = printed.trim_end();
        assert_eq!(printed, format!("{token}\n"));
        for service in &services {
            let mut vera = Client::connect(service.address(), "/ws/chat/", token).await;
            vera.join(1).await;
        }
    }
}

#[tokio::test]
async fn an_empty_secret_file_is_refused() {
    let file = file_with("\n");
    let name = file.path().display().to_string();
    for arguments in [&[][..], &["token", "--user", "1"]] {
        let said = aftermatch(arguments)
            .with("CHAT_JWT_SECRET_FILE", &name)
            .refuses()
            .await;
        assert!(
            said.contains(&format!("{name} (CHAT_JWT_SECRET_FILE) is empty")),
            "{said}"
        );
    }
}
