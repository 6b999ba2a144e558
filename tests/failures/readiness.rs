//! `/readyz` is 200 if and only if somebody could join a room and write now.

use aftermatch_test_support::{
    Client, PROGRAM_TIMEOUT, Pair, Platform, Program, Proxy, SmallDisk, create, fresh, get,
};
use sqlx::AssertSqlSafe;
use tokio::time::timeout;

use crate::world::{expect_unavailable, prepare};

/// Waits until the service says that it is ready, or that it is not.
async fn says(service: &Program, status: u16) {
    let address = service.address().await;
    let said = async { while get(address, "/readyz").await.status != status {} };
    let said = timeout(PROGRAM_TIMEOUT, said).await;
    said.unwrap_or_else(|_| panic!("not {status} in time"));
}

/// Once it says that it is ready, a new client is refused nothing.
async fn expect_ready(service: &Program) {
    says(service, 200).await;
    service.joined(9, 2).await.create("at last").await;
}

/// Nor is one from before, which is in its room still.
async fn expect_ready_for(earlier: &mut Client, service: &Program) {
    expect_ready(service).await;
    let created = earlier.request_amid_events(create("at last")).await;
    assert_eq!(created["response_status"], 201, "{created}");
}

#[tokio::test]
async fn standby_is_not_ready_until_promoted() {
    let mut pair = Pair::asynchronous().await;
    prepare(&pair.url()).await;
    let proxy = Proxy::before(&pair.url()).await;
    let service = Program::serving(proxy.url()).await;
    let mut ann = service.joined(1, 1).await;
    ann.create("on the primary").await;
    says(&service, 200).await;

    pair.disconnect_standby().await;
    proxy.cut().await;
    proxy.redirect(&pair.standby_url());
    proxy.heal().await;
    says(&service, 503).await;
    expect_unavailable(&mut ann, create("lost")).await;
    let refused = service.handshake(8).await;
    refused.expect_refusal(503, "a handshake");
    says(&service, 503).await;

    pair.fail_over().await;
    expect_ready(&service).await;
}

#[tokio::test]
async fn connection_limit_is_not_ready_until_raised() {
    let database = fresh().await;
    let platform = Platform::connect(database.url()).await;
    let (server, name) = database.url().rsplit_once('/').expect("a URL");
    let (_, host) = server.rsplit_once('@').expect("a user");
    let role = format!("few_of_{name}");
    let limit = |limit: i32| format!("ALTER ROLE {role} CONNECTION LIMIT {limit}");
    let terminate =
        format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{role}'");
    prepare(database.url()).await;
    run(
        &platform,
        &format!("CREATE ROLE {role} LOGIN; GRANT postgres TO {role}"),
    )
    .await;
    let service = Program::serving(&format!("postgres://{role}@{host}/{name}")).await;
    let mut ann = service.joined(1, 1).await;
    says(&service, 200).await;

    // One connection is not enough to read and to write.
    run(&platform, &limit(1)).await;
    run(&platform, &terminate).await;
    says(&service, 503).await;
    run(&platform, &limit(-1)).await;
    expect_ready_for(&mut ann, &service).await;
    service.kill().await;
    run(&platform, &format!("DROP ROLE {role}")).await;
}

async fn run(platform: &Platform, statement: &str) {
    let done = sqlx::raw_sql(AssertSqlSafe(statement)).execute(platform.pool());
    done.await
        .unwrap_or_else(|error| panic!("{statement}: {error}"));
}

/// Writes until the service has no space for it.
async fn fill_pages(client: &mut Client) {
    let long = "long ".repeat(180);
    loop {
        let response = client.request_amid_events(create(&long)).await;
        match response["response_status"].as_u64() {
            Some(201) => {}
            Some(503) => return,
            _ => panic!("{response}"),
        }
    }
}

#[tokio::test]
async fn full_disk_is_not_ready_until_freed() {
    let Some(disk) = SmallDisk::start().await else {
        return;
    };
    prepare(disk.url()).await;
    disk.take("messages").await;
    let service = Program::serving(disk.url()).await;
    let mut ann = service.joined(1, 1).await;
    ann.create("there is space").await;
    says(&service, 200).await;

    disk.fill().await;
    fill_pages(&mut ann).await;
    says(&service, 503).await;
    // It stays so although nobody writes.
    says(&service, 503).await;
    expect_unavailable(&mut ann, create(&"long ".repeat(180))).await;

    disk.free().await;
    expect_ready_for(&mut ann, &service).await;
    let log = service.logs("ready again", 1).await;
    assert!(log.contains("No space left on device"), "{log}");
}
