//! A database for each test, on one server.

#![allow(clippy::unwrap_used, reason = "helpers of tests may fail a test")]

use aftermatch_testdb::{empty, fresh};
use sqlx::{Connection, PgConnection, Row};

async fn connect(url: &str) -> PgConnection {
    PgConnection::connect(url).await.unwrap()
}

async fn table_exists(url: &str, table: &str) -> bool {
    let mut connection = connect(url).await;
    let found = sqlx::query("SELECT to_regclass($1) IS NOT NULL")
        .bind(table)
        .fetch_one(&mut connection);
    found.await.unwrap().get(0)
}

#[tokio::test]
async fn databases_share_no_tables() {
    let (one, other) = (fresh().await, fresh().await);
    let mut connection = connect(one.url()).await;
    sqlx::raw_sql("CREATE TABLE mine ()")
        .execute(&mut connection)
        .await
        .unwrap();
    assert!(table_exists(one.url(), "mine").await);
    assert!(!table_exists(other.url(), "mine").await);
    assert!(!table_exists(fresh().await.url(), "mine").await);
}

#[tokio::test]
async fn fresh_database_migrated_empty_database_not() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../migrations");
    let files = std::fs::read_dir(folder).unwrap().filter(|entry| {
        let path = entry.as_ref().unwrap().path();
        path.extension().is_some_and(|extension| extension == "sql")
    });
    let fresh = fresh().await;
    let mut connection = connect(fresh.url()).await;
    let applied = sqlx::query("SELECT count(*) FROM _sqlx_migrations WHERE success")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert_eq!(applied.get::<i64, _>(0), files.count() as i64);

    let empty = empty().await;
    assert!(!table_exists(empty.url(), "_sqlx_migrations").await);
}

#[tokio::test]
async fn database_dropped_with_value_despite_connections() {
    let other = empty().await;
    let database = fresh().await;
    let url = database.url().to_owned();
    let mut connected = connect(&url).await;
    drop(database);
    assert!(connected.ping().await.is_err());
    let name = url.rsplit('/').next().unwrap();
    let left = sqlx::query("SELECT FROM pg_database WHERE datname = $1")
        .bind(name)
        .fetch_optional(&mut connect(other.url()).await)
        .await
        .unwrap();
    assert!(left.is_none(), "{name} is still there");
}
