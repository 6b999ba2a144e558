//! What an inspection finds on a real database: each mistake, and nothing on a good one.

use std::time::Duration;

use crate::{
    rights::{grants, run},
    support::{message, options, town, with_world},
};
use aftermatch_postgres::{Extent, Inspection, Options, Severity, inspect};
use aftermatch_testdb::{Database, Platform, empty, fresh};
use tokio::task::JoinSet;

/// As `aftermatch check` looks.
pub(crate) const EVERYTHING: Extent = Extent {
    migrates: true,
    sessions: true,
    has_api: false,
    pushes: true,
    events: true,
};

/// For a role that does not own the tables.
pub(crate) const NO_MIGRATE: Extent = Extent {
    migrates: false,
    sessions: true,
    has_api: false,
    pushes: false,
    events: false,
};

/// A role of its own, which may log in and nothing else. It is removed by [`Role::drop`].
pub(crate) struct Role {
    pub(crate) name: String,
    pub(crate) options: Options,
}

impl Role {
    pub(crate) async fn create(database: &Database, platform: &Platform) -> Self {
        // Roles belong to the whole server: the name of the database is unique.
        let (server, database_name) = database.url().rsplit_once('/').expect("a URL");
        let name = format!("chat_of_{database_name}");
        run(
            platform,
            format!("CREATE ROLE {name} LOGIN PASSWORD '{name}'"),
        )
        .await;
        let host = server.rsplit_once('@').expect("a user").1;
        let options = Options {
            url: format!("postgres://{name}:{name}@{host}/{database_name}"),
            ..options(database)
        };
        Self { name, options }
    }

    pub(crate) async fn drop(self, platform: &Platform) {
        let Self { name, .. } = self;
        run(platform, format!("DROP OWNED BY {name}; DROP ROLE {name}")).await;
    }
}

/// The findings must be one of this severity that contains all parts.
pub(crate) fn expect_one(found: &Inspection, severity: Severity, parts: &[&str]) {
    assert_eq!(found.findings.len(), 1, "{found:#?}");
    let sentence = found.sentences(severity).next().expect("the severity");
    for part in parts {
        assert!(sentence.contains(part), "{part}: {sentence}");
    }
}

#[tokio::test]
async fn good_database_has_facts_and_no_findings() {
    let talk = vec![message(None, 21, 2, 1, "hello")];
    let (database, _platform) = with_world(&town(talk)).await;
    let found = inspect(&options(&database), EVERYTHING).await;
    assert_eq!(found.findings, []);
    let names: Vec<_> = found.facts.iter().map(|(name, _)| *name).collect();
    for name in [
        "server",
        "TLS",
        "role",
        "encoding",
        "connections",
        "schema",
        "migrations",
    ] {
        assert!(names.contains(&name), "{name}: {names:?}");
    }
}

#[tokio::test]
async fn older_database_is_found_and_unchanged() {
    let database = empty().await;
    let found = inspect(&options(&database), EVERYTHING).await;
    expect_one(&found, Severity::Warning, &["no migrations yet"]);
    let found = inspect(&options(&database), NO_MIGRATE).await;
    expect_one(&found, Severity::Permanent, &["run `aftermatch migrate`"]);
    let platform = Platform::connect(database.url()).await;
    let tables = "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace";
    let tables = sqlx::query_scalar::<_, i64>(tables).fetch_one(platform.pool());
    assert_eq!(tables.await.expect("a number"), 0);
}

#[tokio::test]
async fn newer_database_is_found() {
    let database = fresh().await;
    let platform = Platform::connect(database.url()).await;
    let newer = "INSERT INTO _sqlx_migrations
            (version, description, success, checksum, execution_time)
        SELECT max(version) + 1, 'of tomorrow', true, '', 1 FROM _sqlx_migrations";
    run(&platform, newer.to_owned()).await;
    let found = inspect(&options(&database), EVERYTHING).await;
    expect_one(&found, Severity::Permanent, &["newer than this program"]);
}

#[tokio::test]
async fn encoding_other_than_utf8_is_found() {
    let database = empty().await;
    let platform = Platform::connect(database.url()).await;
    let (server, name) = database.url().rsplit_once('/').expect("a URL");
    for encoding in ["WIN1251", "LATIN1", "SQL_ASCII"] {
        // Swept with the others, should this test fail.
        let other = format!("{name}_{}", encoding.to_lowercase());
        let create = format!(
            "CREATE DATABASE {other} ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C'
             TEMPLATE template0"
        );
        run(&platform, create).await;
        let options = Options {
            url: format!("{server}/{other}"),
            ..options(&database)
        };
        let found = inspect(&options, EVERYTHING).await;
        let sentences: Vec<_> = found.sentences(Severity::Permanent).collect();
        assert_eq!(sentences.len(), 1, "{found:#?}");
        assert!(sentences[0].contains(encoding), "{sentences:?}");
        assert!(
            sentences[0].contains("createdb --encoding=UTF8 --template=template0"),
            "{sentences:?}"
        );
        run(&platform, format!("DROP DATABASE {other} WITH (FORCE)")).await;
    }
}

#[tokio::test]
async fn too_few_connections_are_found() {
    let database = fresh().await;
    let platform = Platform::connect(database.url()).await;
    let role = Role::create(&database, &platform).await;
    run(&platform, grants("aftermatch", &role.name)).await;
    let (_, name) = database.url().rsplit_once('/').expect("a URL");
    // The pool has 4.
    for (limit, severity) in [
        (5, Some(Severity::Permanent)),
        (6, Some(Severity::Warning)),
        (7, None),
        (-1, None),
    ] {
        for of in [format!("ROLE {}", role.name), format!("DATABASE {name}")] {
            run(&platform, format!("ALTER {of} CONNECTION LIMIT {limit}")).await;
            let found = inspect(&role.options, NO_MIGRATE).await;
            match severity {
                Some(severity) => {
                    let change = format!("`ALTER {of} CONNECTION LIMIT 7`");
                    expect_one(&found, severity, &[&change, &format!("allows {limit}")]);
                }
                None => assert_eq!(found.findings, []),
            }
            run(&platform, format!("ALTER {of} CONNECTION LIMIT -1")).await;
        }
    }
    let all = Options {
        pool: 1000,
        ..role.options.clone()
    };
    let found = inspect(&all, NO_MIGRATE).await;
    expect_one(&found, Severity::Permanent, &["max_connections"]);
    role.drop(&platform).await;
}

#[tokio::test]
async fn sequence_lower_than_its_ids_is_found() {
    let talk = vec![message(Some(40), 21, 2, 1, "hello")];
    let (database, platform) = with_world(&town(talk)).await;
    for (sequence, back) in [
        ("messages_id_seq", "SELECT setval('messages_id_seq', 39)"),
        (
            "messages_id_seq",
            "SELECT setval('messages_id_seq', 1, false)",
        ),
        ("revisions", "SELECT setval('revisions', 2)"),
    ] {
        run(&platform, back.to_owned()).await;
        let found = inspect(&options(&database), EVERYTHING).await;
        let advice = format!("`SELECT setval('{sequence}', ");
        expect_one(&found, Severity::Permanent, &[sequence, &advice]);
        let sentence = found.sentences(Severity::Permanent).next();
        let (_, setval) = sentence
            .and_then(|text| text.split_once(". Run `"))
            .expect("advice");
        run(&platform, setval.trim_end_matches('`').to_owned()).await;
        assert_eq!(inspect(&options(&database), EVERYTHING).await.findings, []);
    }
    // The next number is still free.
    let unused = "SELECT setval('messages_id_seq', 41, false)";
    run(&platform, unused.to_owned()).await;
    assert_eq!(inspect(&options(&database), EVERYTHING).await.findings, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ids_given_meanwhile_are_no_finding() {
    let (database, platform) = with_world(&town(vec![])).await;
    let pool = platform.pool().clone();
    let mut writing = JoinSet::new();
    writing.spawn(async move {
        for seq in 1.. {
            let insert = "INSERT INTO messages (room_id, user_id, created_at, seq, changed_seq)
                VALUES (21, 1, now(), $1, $1)";
            let inserted = sqlx::query(insert).bind(seq).execute(&pool);
            inserted.await.expect("a message");
        }
    });
    for _ in 0..100 {
        let at_start = Extent {
            sessions: false,
            pushes: true,
            ..EVERYTHING
        };
        assert_eq!(inspect(&options(&database), at_start).await.findings, []);
    }
    assert!(
        writing.try_join_next().is_none(),
        "messages were written all the time"
    );
}

#[tokio::test]
async fn events_beyond_the_sequence_are_found() {
    let (database, platform) = with_world(&town(vec![])).await;
    let event =
        "INSERT INTO events (room_id, seq, id, kind, user_id, at, message_ids, replaced_seqs)
        VALUES (21, 1, 70, 'edited', 1, now(), '{1}', '{1}')";
    run(&platform, event.to_owned()).await;
    let found = inspect(&options(&database), EVERYTHING).await;
    expect_one(
        &found,
        Severity::Permanent,
        &["`SELECT setval('messages_id_seq', 70)`"],
    );
}

#[tokio::test]
async fn locked_table_is_a_warning() {
    let (database, platform) = with_world(&town(vec![])).await;
    let mut transaction = platform.pool().begin().await.expect("a transaction");
    let lock = sqlx::raw_sql("LOCK TABLE messages IN ACCESS EXCLUSIVE MODE");
    lock.execute(&mut *transaction).await.expect("the lock");
    let soon = Options {
        statement_timeout: Duration::from_millis(100),
        ..options(&database)
    };
    let found = inspect(&soon, EVERYTHING).await;
    expect_one(&found, Severity::Warning, &["could not be compared"]);
}
