//! The chat in a schema of its own, in the database of a platform whose tables have the same
//! names.

use aftermatch_test_support::{Platform, Program, SECRET, aftermatch, empty};
use sqlx::{AssertSqlSafe, raw_sql};

use crate::world::prepare;

const PLATFORM: &str = "
    CREATE TABLE users (id serial PRIMARY KEY, email text);
    CREATE TABLE rooms (id serial PRIMARY KEY, title text);
    CREATE TABLE messages (id serial PRIMARY KEY, room_id int REFERENCES rooms, body text);
    INSERT INTO users (email) VALUES ('ann@example.com')";

async fn run(platform: &Platform, sql: &str) {
    let done = raw_sql(AssertSqlSafe(sql)).execute(platform.pool()).await;
    done.unwrap_or_else(|error| panic!("{sql}: {error}"));
}

/// The role has no right that it would not have by default.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn new_role_gets_schema_and_serves_beside_platform() {
    let database = empty().await;
    let platform = Platform::connect(database.url()).await;
    run(&platform, PLATFORM).await;
    let (server, name) = database.url().rsplit_once('/').expect("a URL");
    let host = server.rsplit_once('@').expect("a user").1;
    // Roles belong to the whole server: the name of the database is unique.
    let role = format!("aftermatch_of_{name}");
    let url = format!("postgres://{role}:{role}@{host}/{name}");
    run(
        &platform,
        &format!("CREATE ROLE {role} LOGIN PASSWORD '{role}'"),
    )
    .await;

    let create = format!("CREATE SCHEMA {role} AUTHORIZATION {role}");
    for command in ["migrate", "serve"] {
        let refused = aftermatch(&[command])
            .env("DATABASE_URL", &url)
            .env("CHAT_LISTEN", "127.0.0.1:0")
            .env("CHAT_JWT_SECRET", SECRET);
        let complaint = refused.expect_refusal().await;
        assert!(complaint.contains(&format!("`{create}`")), "{complaint}");
    }
    run(&platform, &create).await;
    prepare(&url).await;
    let services = [Program::serving(&url).await, Program::serving(&url).await];
    let mut ann = services[0].joined(1, 1).await;
    let mut bob = services[1].joined(2, 1).await;
    let created = ann.create("hello").await;
    assert_eq!(bob.receive().await, created);
    // In one transaction with the platform's own tables.
    let matched = format!(
        "BEGIN; INSERT INTO rooms (title) VALUES ('a match');
         SELECT {role}.post(1, 2, 'You have matched'); COMMIT"
    );
    run(&platform, &matched).await;
    for client in [&mut ann, &mut bob] {
        let event = client.receive().await;
        assert_eq!(event["data"]["text"], "You have matched", "{event}");
    }
    for service in services {
        service.kill().await;
    }
    run(
        &platform,
        &format!("DROP OWNED BY {role} CASCADE; DROP ROLE {role}"),
    )
    .await;
}
