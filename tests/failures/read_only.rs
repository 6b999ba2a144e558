//! The database accepts no writes for a while, as in a failover.

use aftermatch_test_support::{Platform, Program, create, fresh};
use sqlx::{AssertSqlSafe, raw_sql};

use crate::world::prepare;

/// Lines of the log for an outage, with those at its start and its end. Without care there
/// are dozens a second.
const MOST_LINES: usize = 12;

#[tokio::test]
async fn read_only_database_is_few_lines_in_the_log() {
    let database = fresh().await;
    prepare(database.url()).await;
    let service = Program::start(database.url(), &[]);
    let mut ann = service.joined(1, 1).await;
    let platform = Platform::connect(database.url()).await;
    let mut connection = platform.pool().acquire().await.expect("a connection");
    let alter = |change: &str| {
        format!(
            "DO $$ BEGIN EXECUTE format(
                'ALTER DATABASE %I {change}', current_database()
            ); END $$;
            SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    };
    for (change, part) in [
        (
            "SET default_transaction_read_only = on",
            "cannot be checked",
        ),
        ("RESET default_transaction_read_only", "are checked again"),
    ] {
        let altered = raw_sql(AssertSqlSafe(alter(change))).execute(&mut *connection);
        altered.await.expect("an owner may");
        service.logs(part, 1).await;
    }
    while ann.request(create("at last")).await["response_status"] != 201 {}
    let log = service.logs("are checked again", 1).await;
    assert!(log.lines().count() <= MOST_LINES, "{log}");
    assert!(!log.contains("sqlx_core"), "{log}");
    assert!(log.contains("read-only by default"), "{log}");
    assert!(!log.contains("pool timed out"), "{log}");
}
