//! Databases and roles with settings of their own, and what a connection begins with.

use std::{sync::Arc, time::Duration};

use crate::support::{
    NO_REQUEST, draft, import_into, last_seq, options, precondition, store, text, town, with_world,
};
use aftermatch_ports::{
    CreateOne, CreateOutcome, Messages, Outcome, Page, Rooms, Scope, model::Seq,
};
use aftermatch_postgres::{MigrateError, Options, Postgres, check, is_transient};
use aftermatch_testdb::{Platform, Server};
use sqlx::AssertSqlSafe;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

/// Runs `ALTER` with the name of the database in place of `$`.
async fn alter(platform: &Platform, statement: &str) {
    let name: String = sqlx::query_scalar("SELECT current_database()")
        .fetch_one(platform.pool())
        .await
        .expect("a name");
    let statement = AssertSqlSafe(statement.replace('$', &name));
    let altered = sqlx::raw_sql(statement).execute(platform.pool()).await;
    altered.expect("the setting");
}

/// Creates a message and edits it. Returns how many writes succeeded: all of them.
async fn write(store: Arc<Postgres>, rounds: usize) -> usize {
    let precondition = precondition(&store, 21, 1).await;
    for _ in 0..rounds {
        let created = store.create_one(precondition, draft("hello", None));
        let Ok(Outcome::Committed(CreateOutcome::Created(created))) = created.await else {
            panic!("a create failed");
        };
        let edited = store.edit(precondition, created.id, text("edited"), NO_REQUEST);
        let edited = edited.await;
        assert!(
            matches!(edited, Ok(Outcome::Committed(Some(_)))),
            "{edited:?}"
        );
    }
    2 * rounds
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn serializable_default_fails_no_write() {
    let (database, platform) = with_world(&town(vec![])).await;
    let serializable = "ALTER DATABASE $ SET default_transaction_isolation = 'serializable'";
    alter(&platform, serializable).await;
    let mut writers = JoinSet::new();
    for _ in 0..2 {
        let store = Arc::new(store(&database).await);
        for _ in 0..4 {
            writers.spawn(write(store.clone(), 10));
        }
    }
    let written: usize = writers.join_all().await.into_iter().sum();
    let last = last_seq(&store(&database).await, 21).await;
    assert_eq!(last, Seq(written.try_into().expect("few")));
    import_into(&database, &town(vec![]))
        .await
        .expect("an import");
}

#[tokio::test]
async fn timeouts_of_role_do_not_matter() {
    let (database, platform) = with_world(&town(vec![])).await;
    let limits = "ALTER ROLE CURRENT_USER IN DATABASE $ SET statement_timeout = 20;
        ALTER DATABASE $ SET lock_timeout = 10;
        ALTER ROLE CURRENT_USER IN DATABASE $ SET plan_cache_mode = 'force_custom_plan'";
    alter(&platform, limits).await;
    let store = Arc::new(store(&database).await);
    // Longer than the limits of the role.
    let hold = "BEGIN; LOCK TABLE messages IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(0.3); COMMIT";
    let holding = async {
        let held = sqlx::raw_sql(hold).execute(platform.pool()).await;
        held.expect("the lock, for a moment");
    };
    let page = Page {
        after: None,
        limit: 9,
    };
    let (written, read, ()) = tokio::join!(
        write(store.clone(), 1),
        store.rooms(Scope::All, page),
        holding
    );
    assert_eq!(written, 2);
    assert_eq!(read.expect("the rooms").len(), 3);
    import_into(&database, &town(vec![]))
        .await
        .expect("an import");
}

#[tokio::test]
async fn read_only_database_is_refused_as_transient() {
    let (database, platform) = with_world(&town(vec![])).await;
    let store = Arc::new(store(&database).await);
    let now = precondition(&store, 21, 1).await;
    let read_only = "ALTER DATABASE $ SET default_transaction_read_only = on";
    alter(&platform, read_only).await;
    match Postgres::connect(&options(&database)).await {
        Err(error) => assert!(is_transient(&error) && error.to_string().contains("read-only")),
        Ok(_) => panic!("it accepts no writes"),
    }
    match check(&options(&database)).await {
        Err(MigrateError::Database(error)) => assert!(is_transient(&error), "{error}"),
        other => panic!("{other:?}"),
    }
    // What was connected before goes on. What connects now is refused, until it can
    // write again.
    let create = || store.create_one(now, draft("hello", None));
    let before = create().await;
    assert!(matches!(before, Ok(Outcome::Committed(_))), "{before:?}");
    let end = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'aftermatch'";
    let ended: i64 = sqlx::query_scalar(end)
        .fetch_one(platform.pool())
        .await
        .expect("an answer");
    assert!(ended >= 2, "{ended} connections");
    for _ in 0..2 {
        match create().await {
            Err(error) => assert!(error.is_transient(), "{error:?}"),
            Ok(outcome) => panic!("{outcome:?}"),
        }
    }
    let writable = "BEGIN READ WRITE; ALTER DATABASE $ RESET default_transaction_read_only; COMMIT";
    alter(&platform, writable).await;
    assert_eq!(write(store, 1).await, 2);
}

/// The names of the startup parameters of the next connection.
async fn startup_parameters(listener: TcpListener) -> Vec<String> {
    let (mut socket, _) = listener.accept().await.expect("a connection");
    let mut packet = startup_packet(&mut socket).await;
    // Without a version it is a request for TLS, which this server does not have.
    if packet.len() == 4 {
        socket.write_all(b"N").await.expect("an answer");
        packet = startup_packet(&mut socket).await;
    }
    let words: Vec<_> = packet[4..].split(|byte| *byte == 0).collect();
    let names = words.chunks(2).map(|pair| String::from_utf8_lossy(pair[0]));
    let names = names.filter(|name| !name.is_empty());
    names.map(Into::into).collect()
}

async fn startup_packet(socket: &mut TcpStream) -> Vec<u8> {
    let length = socket.read_u32().await.expect("a length");
    let mut packet = vec![0; usize::try_from(length).expect("small") - 4];
    socket.read_exact(&mut packet).await.expect("a packet");
    packet
}

#[tokio::test]
async fn connection_starts_with_common_parameters_only() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let options = Options {
        url: format!("postgres://someone@127.0.0.1:{port}/somewhere"),
        replica: None,
        pool: 1,
        statement_timeout: Duration::from_secs(5),
    };
    let (connected, names) =
        tokio::join!(Postgres::connect(&options), startup_parameters(listener));
    assert!(connected.is_err(), "nobody answered");
    // The poolers know all of these.
    let common = [
        "user",
        "database",
        "application_name",
        "client_encoding",
        "DateStyle",
        "TimeZone",
    ];
    let others = names.iter().filter(|name| !common.contains(&name.as_str()));
    assert_eq!(others.collect::<Vec<_>>(), Vec::<&String>::new());
    assert!(
        names.iter().any(|name| name == "application_name"),
        "{names:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_commits_starve_no_write_of_room() {
    let server = Server::start().await;
    let options = Options {
        url: server.url().to_owned(),
        replica: None,
        pool: 4,
        statement_timeout: Duration::from_secs(10),
    };
    aftermatch_postgres::migrate(&options)
        .await
        .expect("the migrations");
    aftermatch_postgres::import(&options, &town(vec![]), |_| {})
        .await
        .expect("an import");
    let platform = Platform::connect(server.url()).await;
    // Each commit takes 20 ms, and the room stays locked as long.
    alter(
        &platform,
        "ALTER DATABASE $ SET commit_delay = 20000; ALTER DATABASE $ SET commit_siblings = 0",
    )
    .await;
    let store = Arc::new(Postgres::connect(&options).await.expect("a connection"));
    let mut writers = JoinSet::new();
    for _ in 0..24 {
        writers.spawn(write(store.clone(), 5));
    }
    let written: usize = writers.join_all().await.into_iter().sum();
    assert_eq!(written, 240);
    assert_eq!(last_seq(&store, 21).await, Seq(240));
}
