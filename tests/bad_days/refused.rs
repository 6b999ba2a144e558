//! What waiting does not mend is told at once, and without the password.

use aftermatch_testdb::{Platform, Server, empty};

use crate::{command::aftermatch, service::SECRET};

const PASSWORD: &str = "nobody-shall-read-this";

/// `url` with another user, `user`, and our password, at a database.
fn with(url: &str, user: &str, database: &str) -> String {
    let (_, behind) = url.rsplit_once('@').expect("a user");
    let (host, _) = behind.split_once('/').expect("a database");
    format!("postgres://{user}:{PASSWORD}@{host}/{database}")
}

/// Every command that needs a database ends with this complaint, at any level of
/// logging.
async fn is_told(url: &str, complaint: &str) {
    for command in ["serve", "migrate"] {
        let refused = aftermatch(&[command])
            .with("DATABASE_URL", url)
            .with("CHAT_LISTEN", "127.0.0.1:0")
            .with("CHAT_LOG", "trace")
            .with("CHAT_JWT_SECRET", str::from_utf8(SECRET).expect("UTF-8"));
        let said = refused.refuses().await;
        assert!(
            said.contains(complaint),
            "{command}: {complaint:?} not in {said}"
        );
        assert!(!said.contains(PASSWORD), "{command}: {said}");
    }
}

#[tokio::test]
async fn a_wrong_password_is_told_at_once() {
    // A server that asks for passwords: ours believe everybody.
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
        done.expect("a server that asks");
    }
    let complaint = "password authentication failed for user";
    is_told(&with(server.url(), "locked", "postgres"), complaint).await;
}

#[tokio::test]
async fn a_role_or_database_that_is_not_there_is_told_at_once() {
    let database = empty().await;
    let nobody = with(database.url(), "nobody", "postgres");
    is_told(&nobody, "nobody").await;
    let nowhere = with(database.url(), "postgres", "no_such_database");
    is_told(&nowhere, "no_such_database").await;
}

#[tokio::test]
async fn an_address_that_is_none_is_told_at_once() {
    for url in [
        "".to_owned(),
        "localhost".to_owned(),
        format!("mysql://chat:{PASSWORD}@127.0.0.1/chat"),
        format!("postgres://chat:{PASSWORD}@127.0.0.1:many/chat"),
        format!("postgres//chat:{PASSWORD}@127.0.0.1/chat"),
        format!("postgres://chat:{PASSWORD}@127.0.0.1/chat?sslmode=perhaps"),
    ] {
        is_told(&url, "DATABASE_URL").await;
    }
}
