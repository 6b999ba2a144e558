//! Databases whose schema is older or newer than the program.

use aftermatch_test_support::{Aftermatch, Platform, SECRET, aftermatch, empty, fresh};

fn serve(arguments: &[&str], url: &str) -> Aftermatch {
    let arguments = [&["serve", "--listen=127.0.0.1:0"], arguments].concat();
    let secret = SECRET;
    aftermatch(&arguments)
        .env("DATABASE_URL", url)
        .env("CHAT_JWT_SECRET", secret)
}

fn migrate(url: &str) -> Aftermatch {
    aftermatch(&["migrate"]).env("DATABASE_URL", url)
}

#[tokio::test]
async fn newer_database_refused() {
    let database = fresh().await;
    let platform = Platform::connect(database.url()).await;
    let newer = "INSERT INTO _sqlx_migrations
            (version, description, success, checksum, execution_time)
        SELECT max(version) + 1, 'a newer one', true, '', 1 FROM _sqlx_migrations";
    let inserted = sqlx::query(newer).execute(platform.pool()).await;
    inserted.expect("a newer migration");
    for command in [
        serve(&[], database.url()),
        serve(&["--no-migrate"], database.url()),
        migrate(database.url()),
    ] {
        let complaint = command.expect_refusal().await;
        assert!(
            complaint.contains("the database is newer than this program"),
            "{complaint}"
        );
    }
}

#[tokio::test]
async fn no_migrate_older_database_refused() {
    let database = empty().await;
    let complaint = serve(&["--no-migrate"], database.url())
        .expect_refusal()
        .await;
    for part in [
        "the database is older than this program",
        "run `aftermatch migrate`",
    ] {
        assert!(complaint.contains(part), "{complaint}");
    }
    let platform = Platform::connect(database.url()).await;
    let tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'";
    let tables: i64 = sqlx::query_scalar(tables)
        .fetch_one(platform.pool())
        .await
        .expect("a number");
    assert_eq!(tables, 0, "the database is unchanged");
}

#[tokio::test]
async fn migrate_repeated_or_concurrent_succeeds() {
    let database = empty().await;
    let url = database.url();
    let both = tokio::join!(migrate(url).expect_success(), migrate(url).expect_success());
    let again = migrate(url).expect_success().await;
    for printed in [both.0, both.1, again] {
        assert_eq!(printed, "the database is up to date\n");
    }
}
