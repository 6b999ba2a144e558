//! Databases of another version than the program.

use aftermatch_testdb::{Platform, empty, fresh};

use crate::{
    command::{Aftermatch, aftermatch},
    service::SECRET,
};

fn serve(arguments: &[&str], url: &str) -> Aftermatch {
    let arguments = [&["serve", "--listen=127.0.0.1:0"], arguments].concat();
    let secret = str::from_utf8(SECRET).expect("UTF-8");
    aftermatch(&arguments)
        .with("DATABASE_URL", url)
        .with("CHAT_JWT_SECRET", secret)
}

fn migrate(url: &str) -> Aftermatch {
    aftermatch(&["migrate"]).with("DATABASE_URL", url)
}

#[tokio::test]
async fn a_newer_database_is_refused() {
    let database = fresh().await;
    let platform = Platform::connect(database.url()).await;
    let newer = "INSERT INTO _sqlx_migrations
            (version, description, success, checksum, execution_time)
        SELECT max(version) + 1, 'of tomorrow', true, '', 1 FROM _sqlx_migrations";
    let inserted = sqlx::query(newer).execute(platform.pool()).await;
    inserted.expect("the migration of tomorrow");
    for command in [
        serve(&[], database.url()),
        serve(&["--no-migrate"], database.url()),
        migrate(database.url()),
    ] {
        let said = command.refuses().await;
        assert!(
            said.contains("the database is newer than this program"),
            "{said}"
        );
    }
}

#[tokio::test]
async fn a_database_that_lacks_migrations_is_refused_where_it_is_not_to_be_migrated() {
    let database = empty().await;
    let said = serve(&["--no-migrate"], database.url()).refuses().await;
    for part in [
        "the database is older than this program",
        "run `aftermatch migrate`",
    ] {
        assert!(said.contains(part), "{said}");
    }
    let platform = Platform::connect(database.url()).await;
    let tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'";
    let tables: i64 = sqlx::query_scalar(tables)
        .fetch_one(platform.pool())
        .await
        .expect("a number");
    assert_eq!(tables, 0, "it was left alone");
}

#[tokio::test]
async fn migrating_again_or_at_the_same_time_does_no_harm() {
    let database = empty().await;
    let url = database.url();
    let both = tokio::join!(migrate(url).prints(), migrate(url).prints());
    let again = migrate(url).prints().await;
    for printed in [both.0, both.1, again] {
        assert_eq!(printed, "the database is up to date\n");
    }
}
