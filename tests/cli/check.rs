//! `aftermatch check`: it prints what is in force, and all that is wrong at once; and the
//! service refuses the same at its start.

use aftermatch_test_support::{
    Aftermatch, Pair, Platform, SECRET, aftermatch, empty, file_with, fresh,
};
use sqlx::AssertSqlSafe;

const PASSWORD: &str = "nobody-shall-read-this";

fn check() -> Aftermatch {
    aftermatch(&["check"]).env("CHAT_LISTEN", "127.0.0.1:0")
}

/// Everything that it prints. It must end with this status.
async fn printed(command: Aftermatch, status: i32) -> String {
    let output = command.output().await;
    let stdout = String::from_utf8(output.stdout).expect("UTF-8");
    let stderr = String::from_utf8(output.stderr).expect("UTF-8");
    assert_eq!(output.status.code(), Some(status), "{stdout}{stderr}");
    assert_eq!(stderr, "", "{stdout}");
    for secret in [SECRET, PASSWORD] {
        assert!(!stdout.contains(secret), "{stdout}");
    }
    stdout
}

fn expect_parts(printed: &str, parts: &[&str]) {
    for part in parts {
        assert!(printed.contains(part), "no {part:?} in {printed}");
    }
}

/// The lines under this title.
fn lines_of<'a>(printed: &'a str, title: &str) -> Vec<&'a str> {
    let mut lines = printed.lines().skip_while(|line| *line != title);
    lines.next();
    lines.take_while(|line| !line.is_empty()).collect()
}

async fn run(platform: &Platform, sql: String) {
    let done = sqlx::raw_sql(AssertSqlSafe(sql.clone())).execute(platform.pool());
    done.await.unwrap_or_else(|error| panic!("{sql}: {error}"));
}

/// The same server, with this user, our password and this database.
fn with(url: &str, user: &str, database: &str) -> String {
    let (_, rest) = url.rsplit_once('@').expect("a user");
    let (host, _) = rest.split_once('/').expect("a database");
    format!("postgres://{user}:{PASSWORD}@{host}/{database}")
}

#[tokio::test]
async fn good_database_is_shown_and_succeeds() {
    let database = fresh().await;
    let (_, name) = database.url().rsplit_once('/').expect("a URL");
    let good = check()
        .env("DATABASE_URL", with(database.url(), "postgres", name))
        .env("CHAT_JWT_SECRET", SECRET)
        .env("CHAT_MAX_FRAME_BYTES", "5000")
        .env("CHAT_ALLOWED_ORIGINS", "app.example.com,admin.example.com");
    let printed = printed(good, 0).await;
    let secret = format!("set, {} bytes", SECRET.len());
    expect_parts(
        &printed,
        &[
            "Settings\n",
            "postgres://postgres:***@127.0.0.1:",
            &secret,
            "app.example.com,admin.example.com  (environment)",
            "No problems found.",
        ],
    );
    for (name, value) in [
        ("CHAT_LISTEN", "127.0.0.1:0"),
        ("CHAT_PING_INTERVAL", "25s"),
        ("CHAT_MAX_TEXT_CHARS", "1000"),
        ("CHAT_MAX_CONNECTIONS_PER_USER", "100"),
        ("CHAT_OPS_LISTEN", "not set"),
        ("encoding", "UTF8"),
        ("connections", "10 are needed"),
        ("schema", "public"),
    ] {
        let mut lines = printed.lines().map(str::trim);
        let shown = lines.any(|line| {
            line.strip_prefix(name)
                .is_some_and(|rest| rest.trim_start().starts_with(value))
        });
        assert!(shown, "{name}: {printed}");
    }
    assert!(!printed.contains("Problems"), "{printed}");
}

#[tokio::test]
async fn flags_are_those_of_serve() {
    let flags = ["check", "--listen=127.0.0.1:0", "--ping-interval=7s"];
    let good = aftermatch(&flags).env("CHAT_PING_INTERVAL", "never");
    expect_parts(
        &printed(good, 0).await,
        &["7s  (flag)", "none: everything is in memory", "random"],
    );
}

#[tokio::test]
async fn all_mistakes_are_listed_at_once() {
    let database = empty().await;
    let (_, name) = database.url().rsplit_once('/').expect("a URL");
    let platform = Platform::connect(database.url()).await;
    let role = format!("few_of_{name}");
    let create = "LOGIN CONNECTION LIMIT 4 PASSWORD";
    run(
        &platform,
        format!("CREATE ROLE {role} {create} '{PASSWORD}'"),
    )
    .await;
    let bad = check()
        .env("DATABASE_URL", with(database.url(), &role, name))
        .env("CHAT_LISTN", "127.0.0.1:1")
        .env("CHAT_JWT_SECRET", "too-short")
        .env("CHAT_IDLE_TIMEOUT", "25s")
        .env("CHAT_MAX_CONNECTIONS", "many")
        .env("CHAT_ALLOWED_ORIGINS", "*.example.com")
        .env("CHAT_LOG_FORMAT", "xml")
        .env("CHAT_OPS_LISTEN", "9000")
        .env("CHAT_WORLD", "/no/such/file");
    let printed = printed(bad, 2).await;
    let problems = lines_of(&printed, "Problems");
    for part in [
        "CHAT_LISTN is not a setting: did you mean CHAT_LISTEN?",
        "'--max-connections <N> (CHAT_MAX_CONNECTIONS)': a whole number",
        "there are no wildcards",
        "[possible values: text, json]",
        "CHAT_IDLE_TIMEOUT (25s) must be longer than CHAT_PING_INTERVAL (25s)",
        "CHAT_WORLD and DATABASE_URL are both set",
        "the secret has 9 bytes",
        "cannot listen on 9000 (CHAT_OPS_LISTEN",
        "CONNECTION LIMIT 11`",
        "may not create tables in the schema public",
    ] {
        let found = problems.iter().filter(|line| line.contains(part)).count();
        assert_eq!(found, 1, "{part}: {printed}");
    }
    assert_eq!(problems.len(), 10, "{printed}");
    let settings = lines_of(&printed, "Settings");
    let refused = settings.iter().filter(|line| line.contains("not usable"));
    assert_eq!(refused.count(), 4, "{printed}");
    assert!(!printed.contains("too-short"), "{printed}");
    run(&platform, format!("DROP ROLE {role}")).await;
}

#[tokio::test]
async fn unreachable_database_is_a_problem() {
    // Nobody answers at an address for documentation.
    let url = format!("postgres://chat:{PASSWORD}@192.0.2.1/chat");
    let away = check()
        .env("DATABASE_URL", url)
        .env("CHAT_STATEMENT_TIMEOUT", "100ms")
        .env("CHAT_JWT_SECRET", SECRET);
    let printed = printed(away, 2).await;
    expect_parts(&printed, &["cannot reach the database at 192.0.2.1:5432"]);
}

#[tokio::test]
async fn invalid_address_of_database_is_not_shown() {
    for url in [
        format!("postgres//chat:{PASSWORD}@db/chat"),
        format!("postgres://chat:{PASSWORD}#@db/chat"),
        format!("postgres://chat:{PASSWORD}@db:many/chat"),
        format!("postgres://chat:{PASSWORD}@db,other/chat"),
    ] {
        let bad = check()
            .env("DATABASE_URL", url)
            .env("CHAT_JWT_SECRET", SECRET);
        let printed = printed(bad, 2).await;
        expect_parts(&printed, &["DATABASE_URL is no address of a database"]);
    }
}

/// The complaint of a service that refuses to start on that database.
async fn refused(url: &str) -> String {
    let serve = aftermatch(&["serve", "--listen=127.0.0.1:0"]);
    let serve = serve.env("DATABASE_URL", url);
    serve.env("CHAT_JWT_SECRET", SECRET).expect_refusal().await
}

#[tokio::test]
async fn serve_with_too_few_connections_is_refused() {
    let database = fresh().await;
    let (_, name) = database.url().rsplit_once('/').expect("a URL");
    let platform = Platform::connect(database.url()).await;
    let role = format!("few_of_{name}");
    run(
        &platform,
        format!(
            "CREATE ROLE {role} LOGIN PASSWORD '{PASSWORD}'; ALTER ROLE {role} CONNECTION LIMIT 4;
             ALTER DATABASE {name} OWNER TO {role};
             GRANT ALL ON ALL TABLES IN SCHEMA public TO {role};
             GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO {role}"
        ),
    )
    .await;
    let complaint = refused(&with(database.url(), &role, name)).await;
    let sentence = format!("the role {role} allows 4 connections, and the service needs 10");
    expect_parts(&complaint, &["DATABASE_URL", &sentence]);
    assert!(!complaint.contains(PASSWORD), "{complaint}");
    run(
        &platform,
        format!(
            "ALTER DATABASE {name} OWNER TO CURRENT_USER; DROP OWNED BY {role}; DROP ROLE {role}"
        ),
    )
    .await;
}

/// As a service that runs may do.
#[tokio::test]
async fn check_beside_all_connections_says_so() {
    let database = fresh().await;
    let (_, name) = database.url().rsplit_once('/').expect("a URL");
    let platform = Platform::connect(database.url()).await;
    let role = format!("few_of_{name}");
    run(
        &platform,
        format!("CREATE ROLE {role} LOGIN CONNECTION LIMIT 1 PASSWORD '{PASSWORD}'"),
    )
    .await;
    let url = with(database.url(), &role, name);
    let held = Platform::connect(&url).await;
    let beside = check().env("DATABASE_URL", &url);
    let printed = printed(beside.env("CHAT_JWT_SECRET", SECRET), 2).await;
    expect_parts(
        &printed,
        &[
            "has no room for another connection: too many connections for role",
            "Those of a service that runs count, too.",
        ],
    );
    held.pool().close().await;
    run(&platform, format!("DROP ROLE {role}")).await;
}

#[tokio::test]
async fn serve_on_database_without_utf8_is_refused() {
    let database = empty().await;
    let platform = Platform::connect(database.url()).await;
    let (server, name) = database.url().rsplit_once('/').expect("a URL");
    let other = format!("{name}_win");
    let create = "ENCODING 'WIN1251' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0";
    run(&platform, format!("CREATE DATABASE {other} {create}")).await;
    let complaint = refused(&format!("{server}/{other}")).await;
    expect_parts(
        &complaint,
        &[
            "is WIN1251, and must be UTF8",
            "`createdb --encoding=UTF8 --template=template0 NAME`",
        ],
    );
    run(&platform, format!("DROP DATABASE {other} WITH (FORCE)")).await;
}

#[tokio::test]
async fn serve_with_several_problems_lists_them() {
    let database = fresh().await;
    let platform = Platform::connect(database.url()).await;
    run(
        &platform,
        "INSERT INTO rooms (id) VALUES (1);
         INSERT INTO messages (id, room_id, user_id, created_at, seq, changed_seq)
         VALUES (7, 1, 1, now(), 1, 1);
         SELECT setval('revisions', 1, false)"
            .to_owned(),
    )
    .await;
    let complaint = refused(database.url()).await;
    expect_parts(
        &complaint,
        &[
            "\n- the sequence messages_id_seq",
            "`SELECT setval('messages_id_seq', 7)`",
            "\n- the sequence revisions",
        ],
    );
}

/// What check prints for this replica of this database.
async fn with_replica(database: &str, replica: &str, status: i32) -> String {
    let command = check()
        .env("DATABASE_URL", database)
        .env("CHAT_REPLICA_URL", replica)
        .env("CHAT_JWT_SECRET", SECRET);
    printed(command, status).await
}

#[tokio::test]
async fn replica_is_looked_at() {
    let pair = Pair::asynchronous().await;
    let standby = with(&pair.standby_url(), "postgres", "postgres");
    let good = with_replica(&pair.url(), &standby, 0).await;
    expect_parts(&good, &["CHAT_REPLICA_URL", "postgres://postgres:***@"]);
    assert!(!good.contains("standby of DATABASE_URL"), "{good}");

    let primary = with_replica(&pair.url(), &pair.url(), 0).await;
    expect_parts(
        &primary,
        &[
            "Warnings",
            "CHAT_REPLICA_URL is no standby, and is not read",
        ],
    );
    let other = fresh().await;
    let other = with_replica(other.url(), &pair.standby_url(), 2).await;
    expect_parts(&other, &["Problems", "the two have different databases"]);
    let invalid = with_replica(&pair.url(), "mysql://localhost/aftermatch", 2).await;
    expect_parts(&invalid, &["CHAT_REPLICA_URL is no address of a database"]);
    let away = with_replica(&pair.url(), "postgres://127.0.0.1:1/chat", 0).await;
    expect_parts(
        &away,
        &["the replica (CHAT_REPLICA_URL) cannot be read now"],
    );
}

#[tokio::test]
async fn webhook_is_checked_and_shown_without_query() {
    let good = file_with("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n");
    let good = good.path().display().to_string();
    let short = file_with("whsec_c2hvcnQ=");
    let short = short.path().display().to_string();
    let url = format!("http://127.0.0.1:9/hook?token={PASSWORD}");
    let both = check()
        .env("CHAT_WEBHOOK_URL", &url)
        .env("CHAT_WEBHOOK_SECRET_FILE", &good);
    let shown = printed(both, 0).await;
    let reached = "http://127.0.0.1:9/hook?… (CHAT_WEBHOOK_URL) cannot be reached";
    expect_parts(
        &shown,
        &["http://127.0.0.1:9/hook?…  (environment)", reached],
    );
    for (url, file, part) in [
        (
            Some(&*url),
            None,
            "CHAT_WEBHOOK_URL is set without CHAT_WEBHOOK_SECRET_FILE",
        ),
        (
            None,
            Some(&*good),
            "CHAT_WEBHOOK_SECRET_FILE is set without CHAT_WEBHOOK_URL",
        ),
        (
            Some("ftp://a/"),
            Some(&good),
            "CHAT_WEBHOOK_URL: it must begin with https://",
        ),
        (
            Some(&url),
            Some("/no/such"),
            "cannot read the secret of the webhook in /no/such",
        ),
        (
            Some(&url),
            Some(&short),
            "a secret must have 24 to 64 bytes, and one has 5",
        ),
    ] {
        let with = |mut command: Aftermatch| {
            for (name, value) in [
                ("CHAT_WEBHOOK_URL", url),
                ("CHAT_WEBHOOK_SECRET_FILE", file),
            ] {
                if let Some(value) = value {
                    command = command.env(name, value);
                }
            }
            command
        };
        let shown = printed(with(check()), 2).await;
        assert!(shown.contains(part), "no {part:?}: {shown}");
        let serve = aftermatch(&["serve", "--listen=127.0.0.1:0"]);
        let refused = with(serve).expect_refusal().await;
        assert!(refused.contains(part), "no {part:?}: {refused}");
    }
}
