//! Faults that waiting does not repair are reported at once, and without the password.

use aftermatch_test_support::{Platform, SECRET, Server, aftermatch, empty};

const PASSWORD: &str = "nobody-shall-read-this";

/// The server of `url` with this user, our password and this database.
fn with(url: &str, user: &str, database: &str) -> String {
    let (_, rest) = url.rsplit_once('@').expect("a user");
    let (host, _) = rest.split_once('/').expect("a database");
    format!("postgres://{user}:{PASSWORD}@{host}/{database}")
}

/// Every command that needs a database ends with this complaint. The password is in no
/// log, whatever the level.
async fn expect_complaint(url: &str, complaint: &str) {
    for command in ["serve", "migrate"] {
        let refused = aftermatch(&[command])
            .env("DATABASE_URL", url)
            .env("CHAT_LISTEN", "127.0.0.1:0")
            .env("CHAT_LOG", "trace")
            .env("CHAT_JWT_SECRET", SECRET);
        let printed = refused.expect_refusal().await;
        assert!(
            printed.contains(complaint),
            "{command}: {complaint:?} not in {printed}"
        );
        assert!(!printed.contains(PASSWORD), "{command}: {printed}");
    }
}

#[tokio::test]
async fn wrong_password_reported_at_once() {
    // This server must ask for passwords: ours accept everybody.
    let server = Server::start().await;
    let platform = Platform::connect(server.url()).await;
    for statement in [
        "CREATE ROLE locked LOGIN PASSWORD 'another one'",
        "DO $$
        DECLARE rules text := pg_read_file(current_setting('hba_file'));
        BEGIN
            CREATE TABLE rules AS SELECT string_to_table(
                E'host all locked all scram-sha-256\n' || rules, E'\n') AS rule;
            EXECUTE format('COPY rules TO %L', current_setting('hba_file'));
            DROP TABLE rules;
            PERFORM pg_reload_conf();
        END $$",
    ] {
        let done = sqlx::query(statement).execute(platform.pool()).await;
        done.expect("the server asks for passwords");
    }
    let complaint = "password authentication failed for user";
    expect_complaint(&with(server.url(), "locked", "postgres"), complaint).await;
}

#[tokio::test]
async fn unknown_role_reported_at_once() {
    let database = empty().await;
    let nobody = with(database.url(), "nobody", "postgres");
    expect_complaint(&nobody, "nobody").await;
}

/// A service waits for it; who migrates gets to know.
#[tokio::test]
async fn migrate_unknown_database_reported_at_once() {
    let database = empty().await;
    let missing = with(database.url(), "postgres", "no_such_database");
    let refused = aftermatch(&["migrate"]).env("DATABASE_URL", missing);
    let complaint = refused.expect_refusal().await;
    assert!(complaint.contains("no_such_database"), "{complaint}");
}

#[tokio::test]
async fn missing_tls_reported_at_once() {
    let database = empty().await;
    let (_, name) = database.url().rsplit_once('/').expect("a URL");
    let url = with(database.url(), "postgres", name) + "?sslmode=require";
    expect_complaint(&url, "TLS").await;
}

#[tokio::test]
async fn invalid_database_url_reported_at_once() {
    for url in [
        "localhost".to_owned(),
        format!("mysql://chat:{PASSWORD}@127.0.0.1/chat"),
        format!("postgres://chat:{PASSWORD}@127.0.0.1:many/chat"),
        format!("postgres://chat:{PASSWORD}#@127.0.0.1/chat"),
        format!("postgres//chat:{PASSWORD}@127.0.0.1/chat"),
        format!("postgres://chat:{PASSWORD}@127.0.0.1/chat?sslmode=perhaps"),
        format!("postgres://chat:{PASSWORD}@one,two/chat"),
        format!("postgres://chat:{PASSWORD}@<host>/chat"),
    ] {
        expect_complaint(&url, "DATABASE_URL").await;
    }
}
