//! Who may call `post`, `edit` and `remove`, and what these call.

use sqlx::raw_sql;

use crate::{
    platform_writes::{id, refusal, run},
    support::{town, with_world},
};

/// The three functions are all that a role needs to write; nobody has them by default.
#[tokio::test]
async fn role_needs_right_to_functions_alone() {
    let (_database, platform) = with_world(&town(vec![])).await;
    let mut transaction = platform.pool().begin().await.expect("a transaction");
    let refused = "CREATE ROLE aftermatch_test_poster; SET LOCAL ROLE aftermatch_test_poster;
        SAVEPOINT before; SELECT post(21, 1, 'x')";
    let refused = raw_sql(refused).execute(&mut *transaction).await;
    let refused = refused.expect_err("no right").to_string();
    assert!(
        refused.contains("permission denied for function post"),
        "{refused}"
    );
    // A table of its own in front of another one changes nothing.
    let written = "ROLLBACK TO before; RESET ROLE;
        GRANT EXECUTE ON FUNCTION post, edit, remove TO aftermatch_test_poster;
        SET LOCAL ROLE aftermatch_test_poster;
        CREATE TEMPORARY TABLE rooms (id bigint); CREATE TEMPORARY TABLE messages (id bigint);
        SELECT edit(post(21, 1, 'x', 'a'), 'y'); SELECT remove('{1}')";
    let written = raw_sql(written).execute(&mut *transaction).await;
    written.expect("these rights are enough");
    let helper = "SELECT aftermatch_lock_room(21)";
    let helper = raw_sql(helper).execute(&mut *transaction).await;
    let helper = helper.expect_err("that is for the three alone").to_string();
    assert!(
        helper.contains("permission denied for function aftermatch_lock_room"),
        "{helper}"
    );
}

/// One that fits better than that of Postgres would be preferred to it.
#[tokio::test]
async fn function_of_somebody_else_is_not_called() {
    let (_database, platform) = with_world(&town(vec![])).await;
    for trap in [
        "concat_ws(text, bigint, bigint, bigint) RETURNS text",
        "format(text, bigint) RETURNS text",
        "format(text, text) RETURNS text",
        "unnest(bigint[]) RETURNS SETOF bigint",
    ] {
        let trap =
            format!("CREATE FUNCTION {trap} LANGUAGE plpgsql AS $$ BEGIN RAISE 'trapped'; END $$");
        run(&platform, &trap).await;
    }
    let message = id(&platform, "post(21, 1, 'x', 'a')").await;
    run(&platform, &format!("SELECT edit({message}, 'y')")).await;
    let refused = refusal(&platform, "post(99, 1, 'x')").await;
    assert_eq!(refused.1, "there is no room 99");
    run(&platform, &format!("SELECT remove(ARRAY[{message}])")).await;
}
