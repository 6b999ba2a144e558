//! The role of the service, and how it loses what it needs.

use aftermatch_test_support::{Platform, Random};
use sqlx::{AssertSqlSafe, raw_sql};

pub const PASSWORD: &str = "of-the-storm";

const TERMINATE: &str =
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'chat'";

/// Creates the role `chat`, which is no superuser and needs its password, and its database.
pub async fn create(admin: &Platform) {
    let rule = r#"sed -i "1i host all chat all password" pg_hba.conf"#;
    for statement in [
        &format!("CREATE ROLE chat LOGIN PASSWORD '{PASSWORD}'"),
        "CREATE DATABASE chat OWNER chat",
        &format!("COPY (SELECT 1) TO PROGRAM '{rule}'"),
        "SELECT pg_reload_conf()",
    ] {
        run(admin, statement).await;
    }
}

/// Takes something from the role, and ends its connections.
pub async fn take(fault: &str, admin: &Platform, random: &mut Random) {
    let few = random.below(4);
    let change = match fault {
        "connection limit" => format!("CONNECTION LIMIT {few}"),
        "wrong password" => "PASSWORD 'another one'".to_owned(),
        _ => "NOLOGIN".to_owned(),
    };
    run(admin, &format!("ALTER ROLE chat {change}")).await;
    run(admin, TERMINATE).await;
}

pub async fn give_back(admin: &Platform) {
    let change = format!("ALTER ROLE chat LOGIN CONNECTION LIMIT -1 PASSWORD '{PASSWORD}'");
    run(admin, &change).await;
}

pub async fn terminate(admin: &Platform) {
    run(admin, TERMINATE).await;
}

pub async fn run(platform: &Platform, statement: &str) {
    let done = raw_sql(AssertSqlSafe(statement)).execute(platform.pool());
    done.await
        .unwrap_or_else(|error| panic!("{statement}: {error}"));
}
