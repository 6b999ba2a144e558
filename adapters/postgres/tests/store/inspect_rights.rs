//! What an inspection finds about the rights of a role.

use crate::{
    inspect::{EVERYTHING, NO_MIGRATE, Role, expect_one},
    rights::{grants, run},
    support::{brand, room, user},
};
use aftermatch_ports::{
    Directory, Put, Removal,
    model::{BrandId, RecordId, Records, RoomId, UserId},
};
use aftermatch_postgres::{Extent, Postgres, Severity, check, inspect};
use aftermatch_testdb::{Platform, empty, fresh};

#[tokio::test]
async fn each_missing_right_is_found() {
    let database = fresh().await;
    let platform = Platform::connect(database.url()).await;
    let role = Role::create(&database, &platform).await;
    let nothing = inspect(&role.options, NO_MIGRATE).await;
    let rights: Vec<_> = nothing.sentences(Severity::Permanent).collect();
    for right in ["SELECT", "INSERT", "UPDATE", "DELETE", "USAGE"] {
        let lacks = format!("lacks the right {right} on ");
        assert!(
            rights.iter().any(|each| each.contains(&lacks)),
            "{rights:#?}"
        );
    }
    run(&platform, grants("aftermatch", &role.name)).await;
    assert_eq!(inspect(&role.options, NO_MIGRATE).await.findings, []);

    // A service that pushes needs more.
    let pushing = Extent {
        pushes: true,
        ..NO_MIGRATE
    };
    let found = inspect(&role.options, pushing).await;
    let rights: Vec<_> = found.sentences(Severity::Permanent).collect();
    assert_eq!(rights.len(), 3, "{rights:#?}");
    let on = "public.push_state, public.pushes, public.push_dead_letters";
    let grant = format!("GRANT INSERT, UPDATE, DELETE ON {on} TO {}", role.name);
    run(&platform, grant).await;
    assert_eq!(inspect(&role.options, pushing).await.findings, []);
    let events = Extent {
        events: true,
        ..NO_MIGRATE
    };
    let found = inspect(&role.options, events).await;
    let rights: Vec<_> = found.sentences(Severity::Permanent).collect();
    assert_eq!(rights.len(), 2, "{rights:#?}");
    let on = "public.api_events";
    let grant = format!("GRANT INSERT, DELETE ON {on} TO {}", role.name);
    run(&platform, grant).await;
    assert_eq!(inspect(&role.options, events).await.findings, []);

    // The statement that a finding advises is the one that helps.
    for (right, on) in [
        ("SELECT", "public._sqlx_migrations"),
        ("SELECT", "public.brands"),
        ("INSERT", "public.events"),
        ("UPDATE", "public.users"),
        ("DELETE", "public.removed"),
        ("USAGE", "SEQUENCE public.messages_id_seq"),
    ] {
        let name = &role.name;
        run(&platform, format!("REVOKE {right} ON {on} FROM {name}")).await;
        let found = inspect(&role.options, NO_MIGRATE).await;
        let grant = format!("GRANT {right} ON {on} TO {name}");
        expect_one(&found, Severity::Permanent, &[&format!("`{grant}`")]);
        run(&platform, grant).await;
        assert_eq!(inspect(&role.options, NO_MIGRATE).await.findings, []);
    }
    role.drop(&platform).await;
}

#[tokio::test]
async fn rights_that_api_needs_are_found() {
    let database = fresh().await;
    let platform = Platform::connect(database.url()).await;
    let role = Role::create(&database, &platform).await;
    run(&platform, grants("aftermatch", &role.name)).await;
    let with_api = Extent {
        has_api: true,
        ..NO_MIGRATE
    };
    let found = inspect(&role.options, with_api).await;
    let rights: Vec<_> = found.sentences(Severity::Permanent).collect();
    assert_eq!(rights.len(), 3, "{rights:#?}");
    let page = include_str!("../../../../docs/operations.md");
    let grant = page.lines().find(|line| line.ends_with("-- with the API"));
    let grant = grant
        .expect("the page has it")
        .replace("aftermatch.", "public.");
    let grant = grant.replace("TO aftermatch", &format!("TO {}", role.name));
    run(&platform, grant).await;
    assert_eq!(inspect(&role.options, with_api).await.findings, []);
    // They are enough for all that it does.
    let store = Postgres::connect(&role.options).await.expect("a store");
    let records = Records::new(vec![user(1)], vec![brand(11, 1)], vec![room(21, &[11])]);
    let put = store
        .put(records.expect("records"))
        .await
        .expect("the rights");
    assert!(
        matches!(put, Put::Done(counts) if counts.created == 3),
        "{put:?}"
    );
    for id in [
        RecordId::Room(RoomId(21)),
        RecordId::Brand(BrandId(11)),
        RecordId::User(UserId(1)),
    ] {
        let removed = store.remove(id).await.expect("the rights");
        assert_eq!(removed, Removal::Removed, "{id:?}");
    }
    drop(store);
    role.drop(&platform).await;
}

#[tokio::test]
async fn role_that_cannot_migrate_is_found() {
    let database = empty().await;
    let platform = Platform::connect(database.url()).await;
    let role = Role::create(&database, &platform).await;
    let found = inspect(&role.options, EVERYTHING).await;
    let sentences: Vec<_> = found.sentences(Severity::Permanent).collect();
    assert_eq!(sentences.len(), 1, "{found:#?}");
    let create = format!("CREATE SCHEMA {0} AUTHORIZATION {0}", role.name);
    assert!(sentences[0].contains(&create), "{sentences:?}");
    let grant = format!("GRANT CREATE ON SCHEMA public TO {}", role.name);
    run(&platform, grant).await;
    let found = inspect(&role.options, EVERYTHING).await;
    expect_one(&found, Severity::Warning, &["will apply them"]);

    // Tables of another role: they exist, and a migration is missing.
    let older = "CREATE TABLE _sqlx_migrations (version bigint); CREATE TABLE users ();
        CREATE SEQUENCE revisions";
    run(&platform, older.to_owned()).await;
    run(
        &platform,
        format!("GRANT SELECT ON _sqlx_migrations TO {}", role.name),
    )
    .await;
    let found = inspect(&role.options, EVERYTHING).await;
    let mut sentences = found.sentences(Severity::Permanent);
    let not_owner = "does not own _sqlx_migrations, users";
    assert!(sentences.any(|each| each.contains(not_owner)), "{found:#?}");

    run(
        &platform,
        "REVOKE USAGE ON SCHEMA public FROM PUBLIC".to_owned(),
    )
    .await;
    run(
        &platform,
        format!("REVOKE ALL ON SCHEMA public FROM {}", role.name),
    )
    .await;
    let found = inspect(&role.options, EVERYTHING).await;
    let mut sentences = found.sentences(Severity::Permanent);
    let grant = "GRANT USAGE ON SCHEMA public TO";
    assert!(sentences.any(|each| each.contains(grant)), "{found:#?}");
    let checked = check(&role.options)
        .await
        .expect_err("no right")
        .to_string();
    assert!(checked.contains(grant), "{checked}");
    role.drop(&platform).await;
}
