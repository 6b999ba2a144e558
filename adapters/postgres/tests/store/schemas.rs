//! The chat in a schema of its own, beside the tables of a platform with the same names.

use crate::{
    inspect::{EVERYTHING, NO_MIGRATE, Role, expect_one},
    rights::{grants, run},
    support::{draft, options, precondition, store},
};
use aftermatch_ports::{CreateOne, CreateOutcome, Outcome, People, Read, model::UserId};
use aftermatch_postgres::{MigrateError, Options, Postgres, Severity, check, inspect, migrate};
use aftermatch_testdb::{Database, Platform, empty, fresh};

/// A platform's own tables, with names that the chat uses, too.
const PLATFORM: &str = "
    CREATE TABLE public.users (id serial, email text, active boolean DEFAULT true,
        admin boolean DEFAULT true, profile json DEFAULT '{}', revision bigint DEFAULT 1);
    CREATE TABLE public.rooms (id serial, title text);
    CREATE TABLE public.messages (id serial, body text);
    CREATE TABLE public._sqlx_migrations (version bigint, note text);
    INSERT INTO public.users (email) VALUES ('ann@example.com');
    INSERT INTO public._sqlx_migrations VALUES (20261126195000)";

async fn beside_platform() -> (Database, Platform, Role) {
    let database = empty().await;
    let platform = Platform::connect(database.url()).await;
    run(&platform, PLATFORM.to_owned()).await;
    let role = Role::create(&database, &platform).await;
    (database, platform, role)
}

/// What the tables of the schema are, and what is in those of the platform.
async fn of_platform(platform: &Platform) -> String {
    let state = "SELECT concat_ws(' ', (
            SELECT string_agg(format('%s.%s', relname, relkind), ',' ORDER BY relname)
            FROM pg_class WHERE relnamespace = 'public'::regnamespace
        ), (SELECT string_agg(u::text, ',') FROM public.users u),
        (SELECT string_agg(m::text, ',') FROM public._sqlx_migrations m))";
    let state = sqlx::query_scalar(state).fetch_one(platform.pool()).await;
    state.expect("the tables of the platform")
}

async fn refusal(options: &Options) -> String {
    match migrate(options).await {
        Err(error @ MigrateError::NoPlace(_)) => error.to_string(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn advice_of_migrate_is_enough() {
    let (_database, platform, role) = beside_platform().await;
    let before = of_platform(&platform).await;
    let sentence = refusal(&role.options).await;
    let create = format!("CREATE SCHEMA {0} AUTHORIZATION {0}", role.name);
    assert!(sentence.contains(&format!("`{create}`")), "{sentence}");
    let found = inspect(&role.options, EVERYTHING).await;
    expect_one(&found, Severity::Permanent, &[&create]);

    run(&platform, create).await;
    migrate(&role.options).await.expect("the migrations");
    check(&role.options).await.expect("the schema");
    let found = inspect(&role.options, EVERYTHING).await;
    assert_eq!(found.findings, []);
    assert_eq!(of_platform(&platform).await, before);
    role.drop(&platform).await;
}

/// Not even one that may create tables there, such as the owner of an older database.
#[tokio::test]
async fn schema_with_other_tables_is_refused() {
    let (database, platform, role) = beside_platform().await;
    let before = of_platform(&platform).await;
    let sentence = refusal(&options(&database)).await;
    for part in [
        "the schema public",
        "(messages, rooms, users)",
        "CREATE SCHEMA",
    ] {
        assert!(sentence.contains(part), "{part}: {sentence}");
    }
    let found = inspect(&options(&database), EVERYTHING).await;
    expect_one(&found, Severity::Permanent, &["(messages, rooms, users)"]);
    assert_eq!(of_platform(&platform).await, before);
    role.drop(&platform).await;
}

/// Of all that the chat has, the platform has its own table of migrations, and nothing else.
#[tokio::test]
async fn migrations_of_another_program_are_not_ours() {
    let database = empty().await;
    let platform = Platform::connect(database.url()).await;
    let options = options(&database);
    let table = "CREATE TABLE public._sqlx_migrations (version bigint PRIMARY KEY,
        description text NOT NULL, installed_on timestamptz NOT NULL DEFAULT now(),
        success boolean NOT NULL, checksum bytea NOT NULL, execution_time bigint NOT NULL)";
    run(&platform, table.to_owned()).await;
    for version in [1, 20_261_126_195_000_i64] {
        run(
            &platform,
            format!(
                "DELETE FROM public._sqlx_migrations;
                 INSERT INTO public._sqlx_migrations VALUES
                    ({version}, 'of the platform', now(), true, '', 0)"
            ),
        )
        .await;
        let checked = check(&options).await.expect_err("no place").to_string();
        for sentence in [refusal(&options).await, checked] {
            assert!(sentence.contains("(_sqlx_migrations)"), "{sentence}");
        }
        let found = inspect(&options, EVERYTHING).await;
        expect_one(&found, Severity::Permanent, &["(_sqlx_migrations)"]);
    }
    // A first migration that was interrupted leaves such a table.
    run(&platform, "DELETE FROM public._sqlx_migrations".to_owned()).await;
    migrate(&options).await.expect("the migrations");
}

/// The role of the service does not own the tables, and somebody forgot one grant.
#[tokio::test]
async fn advice_without_right_to_the_schema_is_enough() {
    let database = empty().await;
    let platform = Platform::connect(database.url()).await;
    let role = Role::create(&database, &platform).await;
    let (name, owner) = (&role.name, options(&database));
    let place = format!(
        "CREATE SCHEMA {name}; DO $$ BEGIN EXECUTE format(
            'ALTER ROLE CURRENT_USER IN DATABASE %I SET search_path = {name}', current_database()
        ); END $$"
    );
    run(&platform, place).await;
    migrate(&owner).await.expect("the migrations");

    let grant = format!("GRANT USAGE ON SCHEMA {name} TO {name}");
    let checked = check(&role.options)
        .await
        .expect_err("no right")
        .to_string();
    // It makes no second chat elsewhere.
    for sentence in [refusal(&role.options).await, checked] {
        assert!(sentence.ends_with(&format!("`{grant}`")), "{sentence}");
    }
    let found = inspect(&role.options, NO_MIGRATE).await;
    expect_one(&found, Severity::Permanent, &[&grant]);

    run(&platform, grant).await;
    let tables = grants("aftermatch", name).replace("public", name);
    run(&platform, tables).await;
    check(&role.options).await.expect("the schema");
    assert_eq!(inspect(&role.options, NO_MIGRATE).await.findings, []);
    role.drop(&platform).await;
}

/// A table of ours that is missing is an error, and not the platform's.
#[tokio::test]
async fn service_never_reads_other_schema() {
    let (_database, platform, role) = beside_platform().await;
    let name = &role.name;
    run(
        &platform,
        format!("CREATE SCHEMA {name} AUTHORIZATION {name}"),
    )
    .await;
    migrate(&role.options).await.expect("the migrations");
    let store = Postgres::connect(&role.options)
        .await
        .expect("a connection");
    let rows = format!(
        "INSERT INTO {name}.users (id) VALUES (7); INSERT INTO {name}.rooms (id) VALUES (21)"
    );
    run(&platform, rows).await;
    let now = precondition(&store, 21, 7).await;
    let created = store.create_one(now, draft("hello", None)).await;
    assert!(matches!(
        created,
        Ok(Outcome::Committed(CreateOutcome::Created(_)))
    ));
    // In the platform's own transaction, whatever its search path is.
    run(
        &platform,
        format!("SELECT {name}.post(21, 7, 'You have matched')"),
    )
    .await;

    run(
        &platform,
        format!("GRANT SELECT ON ALL TABLES IN SCHEMA public TO {name}"),
    )
    .await;
    run(
        &platform,
        format!("ALTER TABLE {name}.users RENAME TO gone"),
    )
    .await;
    let user = store.user(UserId(1), Read::Fresh).await;
    user.expect_err("there is no table");
    role.drop(&platform).await;
}

/// A schema with the name of the role that is made later does not hide the tables.
#[tokio::test]
async fn installation_in_public_goes_on() {
    let database = fresh().await;
    let platform = Platform::connect(database.url()).await;
    let schema = "CREATE SCHEMA later; DO $$ BEGIN
        EXECUTE format('ALTER DATABASE %I SET search_path = later, public', current_database());
    END $$; INSERT INTO users (id) VALUES (7)";
    run(&platform, schema.to_owned()).await;
    let options = options(&database);
    migrate(&options).await.expect("nothing to do");
    assert_eq!(inspect(&options, EVERYTHING).await.findings, []);
    let store = store(&database).await;
    let user = store.user(UserId(7), Read::Fresh).await;
    assert!(user.expect("a database").is_some());
    let made = "SELECT count(*) FROM pg_class WHERE relnamespace = 'later'::regnamespace";
    let made: i64 = sqlx::query_scalar(made)
        .fetch_one(platform.pool())
        .await
        .expect("a number");
    assert_eq!(made, 0);
}
