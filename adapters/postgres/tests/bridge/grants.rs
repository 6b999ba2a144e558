use aftermatch_postgres::{Options, install_bridge, migrate, plan_bridge};
use sqlx::{AssertSqlSafe, PgPool, raw_sql};

use crate::support::{MAPPING, PLATFORM};

/// The role of the chat may do what was granted, and nothing else.
#[tokio::test]
async fn printed_grants_are_enough_and_necessary() {
    let database = aftermatch_testdb::empty().await;
    let owner = PgPool::connect(database.url()).await.expect("a connection");
    let run = async |sql: &str| {
        let result = raw_sql(AssertSqlSafe(sql.to_owned())).execute(&owner).await;
        result.unwrap_or_else(|error| panic!("{sql}: {error}"));
    };
    run(PLATFORM).await;
    let role = format!("aftermatch_{}", std::process::id());
    run(&format!(
        "CREATE ROLE {role} LOGIN PASSWORD 'secret'; CREATE SCHEMA {role} AUTHORIZATION {role}"
    ))
    .await;
    let (_, address) = database.url().split_once('@').expect("a URL with a user");
    let options = Options {
        url: format!("postgres://{role}:secret@{address}"),
        replica: None,
        pool: 1,
        statement_timeout: std::time::Duration::from_secs(5),
    };
    migrate(&options).await.expect("a schema of its own");
    let mapping = aftermatch_postgres::Mapping::parse(MAPPING).expect("a good mapping");

    // Without the schema, nothing can be found out; with it, all.
    let plan = plan_bridge(&options, &mapping)
        .await
        .expect("a plan")
        .to_string();
    assert!(
        plan.contains(&format!(
            "GRANT USAGE ON SCHEMA \"platform\" TO \"{role}\";"
        )),
        "{plan}"
    );
    run(&format!("GRANT USAGE ON SCHEMA platform TO {role}")).await;
    let plan = plan_bridge(&options, &mapping).await.expect("a plan");
    assert!(plan.mistakes.is_none(), "{:?}", plan.mistakes);
    let plan = plan.to_string();
    assert!(
        !plan.contains("password") && !plan.contains("last_login"),
        "{plan}"
    );
    let refused = install_bridge(&options, &mapping, |_| {}).await;
    let refused = refused.expect_err("no rights yet").to_string();
    let mut grants = 0;
    for grant in plan.lines().filter(|line| line.starts_with("GRANT")) {
        assert!(refused.contains(grant), "{refused}");
        run(grant).await;
        grants += 1;
    }
    assert!(grants > 8, "{plan}");
    install_bridge(&options, &mapping, |_| {})
        .await
        .expect("an installation");
    let plan = plan_bridge(&options, &mapping)
        .await
        .expect("a plan")
        .to_string();
    assert!(!plan.contains("GRANT"), "{plan}");
    // What an owner does is noted with the rights of the chat.
    run("UPDATE platform.accounts_user SET is_active = false WHERE id = 1").await;
    let marks = format!("SELECT count(*) FROM {role}.bridge_noted WHERE keys = '{{1}}'");
    let marks: i64 = sqlx::query_scalar(AssertSqlSafe(marks))
        .fetch_one(&owner)
        .await
        .expect("the marks");
    assert_eq!(marks, 1);
    aftermatch_postgres::remove_bridge(&options, &mapping)
        .await
        .expect("a removal");
    run(&format!("DROP OWNED BY {role}; DROP ROLE {role}")).await;
}
