//! TLS to the database, as `DATABASE_URL` asks for it: by `aftermatch check`, and by the
//! commands that use the database.

use aftermatch_test_support::{
    Authority, Program, SECRET, Server, aftermatch, empty, file_with, import, worlds,
};

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

#[tokio::test]
async fn server_without_tls_is_refused() {
    let database = empty().await;
    let url = format!("{}?sslmode=require", database.url());
    expect_refused(&url, ["does not support TLS", "turn TLS on at the server"]).await;
}

#[tokio::test]
async fn server_certificate_is_verified_as_asked() {
    let (authority, other) = (Authority::new(), Authority::new());
    let (server, certificate) = (
        Server::start().await,
        authority.certificate("server", "subjectAltName=IP:127.0.0.1"),
    );
    authority.equip(&server, &certificate).await;
    import(server.url(), &worlds::many_members(2, 2)).await;
    let (ours, theirs) = (authority.file(), other.file());
    let (ours, theirs) = (ours.display(), theirs.display());
    let by_name = server.url().replace("127.0.0.1", "localhost");
    for url in [
        format!("{}?sslmode=require", server.url()),
        format!("{}?sslmode=verify-ca&sslrootcert={ours}", server.url()),
        format!("{by_name}?sslmode=verify-ca&sslrootcert={ours}"),
        format!("{}?sslmode=verify-full&sslrootcert={ours}", server.url()),
    ] {
        let (printed, success) = check(&url).await;
        assert!(success && printed.contains("TLSv1.3"), "{url}: {printed}");
        let service = Program::serving(&url).await;
        service.joined(1, 1).await.create("over TLS").await;
    }
    let unknown = [
        "UnknownIssuer",
        "give that authority's certificate with sslrootcert",
    ];
    let other_name = ["not valid for name", "write the host for which"];
    for (url, parts) in [
        (
            format!("{}?sslmode=verify-full&sslrootcert={theirs}", server.url()),
            unknown,
        ),
        (
            format!("{}?sslmode=verify-ca&sslrootcert={theirs}", server.url()),
            unknown,
        ),
        (format!("{}?sslmode=verify-full", server.url()), unknown),
        (
            format!("{by_name}?sslmode=verify-full&sslrootcert={ours}"),
            other_name,
        ),
    ] {
        let (printed, success) = check(&url).await;
        assert!(!success && !printed.contains("turn TLS on"), "{printed}");
        expect_refused(&url, parts).await;
    }
}

#[tokio::test]
async fn client_certificate_lets_the_role_in() {
    let (authority, server) = (Authority::new(), Server::start().await);
    let of_server = authority.certificate("server", "subjectAltName=IP:127.0.0.1");
    authority.equip(&server, &of_server).await;
    import(server.url(), &worlds::many_members(2, 2)).await;
    let carrier = authority.certificate("carrier", "basicConstraints=CA:FALSE");
    let (certificate, key) = (carrier.certificate.display(), carrier.key.display());
    let (_, rest) = server.url().rsplit_once('@').expect("a user");
    let without = format!("postgres://carrier@{rest}?sslmode=require");
    let with = format!("{without}&sslcert={certificate}&sslkey={key}");
    let service = Program::serving(&with).await;
    service
        .joined(1, 1)
        .await
        .create("with a certificate")
        .await;
    let reason = "certificate";
    expect_refused(&without, [reason, "role carrier"]).await;
    let half = format!("{without}&sslcert={certificate}");
    expect_refused(&half, ["without sslkey", "needs both"]).await;
}
