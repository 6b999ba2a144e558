//! What happens to the database and its tables.

use aftermatch_test_support::{Platform, Random};
use sqlx::{AssertSqlSafe, Postgres, Transaction, raw_sql};

use super::role::{run, terminate};

/// Times that are none, and profiles that the platform would not write.
const STRANGE_ROWS: [&str; 5] = [
    "UPDATE brands SET tariff = 'light', tariff_until = 'infinity' WHERE id % 3 = 0",
    "UPDATE brands SET tariff = 'light', tariff_until = '-infinity' WHERE id % 3 = 1",
    "UPDATE rooms SET last_at = 'infinity' WHERE id % 2 = 0",
    r#"UPDATE users SET profile = '{"id": "abc", "x": null}' WHERE id % 2 = 0"#,
    "UPDATE messages SET created_at = 'infinity', edited_at = '-infinity'
     WHERE id IN (SELECT id FROM messages ORDER BY id DESC LIMIT 3)",
];

/// Longer than the time limit of a statement.
const SLOW: &str = "
    CREATE FUNCTION be_slow() RETURNS trigger LANGUAGE plpgsql
    AS $$ BEGIN PERFORM pg_sleep(2); RETURN NEW; END $$;
    CREATE TRIGGER be_slow BEFORE INSERT OR UPDATE ON messages
    FOR EACH ROW EXECUTE FUNCTION be_slow()";

const FAST: &str = "DROP FUNCTION be_slow CASCADE";

const TABLES: [&str; 7] = [
    "users",
    "brands",
    "rooms",
    "participants",
    "messages",
    "events",
    "reading_marks",
];

pub async fn set_read_only(admin: &Platform, terminates: bool) {
    set(admin, "default_transaction_read_only = on").await;
    if terminates {
        terminate(admin).await;
    }
}

pub async fn set_writable(admin: &Platform) {
    set(admin, "default_transaction_read_only = off").await;
}

async fn set(admin: &Platform, setting: &str) {
    run(admin, &format!("ALTER SYSTEM SET {setting}")).await;
    run(admin, "SELECT pg_reload_conf()").await;
}

pub async fn put_strange_rows(chat: &Platform) {
    for update in STRANGE_ROWS {
        run(chat, update).await;
    }
}

pub async fn slow_statements(chat: &Platform) {
    run(chat, SLOW).await;
}

pub async fn fast_statements(chat: &Platform) {
    run(chat, FAST).await;
}

/// Locks one table for everybody, until the transaction ends.
pub async fn lock_table(chat: &Platform, random: &mut Random) -> Transaction<'static, Postgres> {
    let table = TABLES[random.below(TABLES.len() as u64) as usize];
    let mut transaction = chat.pool().begin().await.expect("a transaction");
    let lock = AssertSqlSafe(format!("LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE"));
    let locked = raw_sql(lock).execute(&mut *transaction).await;
    locked.expect("a superuser may lock");
    transaction
}
