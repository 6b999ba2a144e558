//! TLS to the database, as `DATABASE_URL` asks for it: by `aftermatch check`, and by the
//! commands that use the database.

use aftermatch_test_support::{SECRET, aftermatch, empty, file_with, worlds};

/// What `check` prints about this database, and whether it succeeds.
async fn check(url: &str) -> (String, bool) {
    let check = aftermatch(&["check"])
        .env("CHAT_LISTEN", "127.0.0.1:0")
        .env("CHAT_JWT_SECRET", SECRET)
        .env("DATABASE_URL", url);
    let output = check.output().await;
    let printed = String::from_utf8(output.stdout).expect("UTF-8");
    (printed, output.status.success())
}

/// Every command refuses the database because of `reason`. Those that look at it before
/// they use it say what to do, too.
async fn expect_refused(url: &str, [reason, advice]: [&str; 2]) {
    let (printed, success) = check(url).await;
    assert!(!success, "{url}: {printed}");
    assert!(printed.contains(reason), "{url}: no {reason:?}: {printed}");
    assert!(printed.contains(advice), "{url}: no {advice:?}: {printed}");
    let world = file_with(worlds::many_members(2, 2).to_string());
    let world = world.path().display().to_string();
    for (arguments, part) in [
        (&["serve", "--listen=127.0.0.1:0"][..], advice),
        (&["migrate"], reason),
        (&["import", &world], reason),
    ] {
        let command = aftermatch(arguments).env("DATABASE_URL", url);
        let printed = command
            .env("CHAT_JWT_SECRET", SECRET)
            .expect_refusal()
            .await;
        assert!(printed.contains(part), "{url}: no {part:?}: {printed}");
    }
}

#[tokio::test]
async fn tls_files_not_usable_are_refused() {
    let database = empty().await;
    let no_certificate = file_with("this is no certificate");
    let no_certificate = no_certificate.path().display().to_string();
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path().display().to_string();
    for (query, parts) in [
        (
            "sslmode=verify-full&sslrootcert=/no/such/ca.pem".to_owned(),
            ["sslrootcert names the file /no/such/ca.pem", "No such file"],
        ),
        (
            format!("sslmode=verify-ca&sslrootcert={folder}"),
            ["sslrootcert names the file", "Is a directory"],
        ),
        (
            format!("sslmode=verify-full&sslrootcert={no_certificate}"),
            ["has no certificate in it", "in PEM"],
        ),
        (
            "sslmode=require&sslcert=/no/such/client.pem&sslkey=/no/such/client.key".to_owned(),
            ["sslcert names the file /no/such/client.pem", "No such file"],
        ),
        (
            "sslmode=verify-full&sslrootcert=system".to_owned(),
            ["sslrootcert=system is not supported", "without sslrootcert"],
        ),
    ] {
        let url = format!("{}?{query}", database.url());
        expect_refused(&url, parts).await;
    }
    // A server that is away changes nothing about a mistake.
    let away = "postgres://chat@127.0.0.1:1/chat?sslmode=verify-full&sslrootcert=/no/such/ca.pem";
    expect_refused(away, ["/no/such/ca.pem", "No such file"]).await;
}
