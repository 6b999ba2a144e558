//! `/readyz` is 200 if and only if somebody could join a room and write now.

use aftermatch_test_support::{
    Client, PROGRAM_TIMEOUT, Pair, Program, Proxy, SmallDisk, create, get,
};
use tokio::time::timeout;

use crate::world::{expect_unavailable, prepare};

/// Waits until the service says that it is ready, or that it is not.
async fn says(service: &Program, status: u16) {
    let address = service.address().await;
    let said = async { while get(address, "/readyz").await.status != status {} };
    let said = timeout(PROGRAM_TIMEOUT, said).await;
    said.unwrap_or_else(|_| panic!("not {status} in time"));
}

/// Once it says that it is ready, nobody is refused.
async fn expect_ready(service: &Program, earlier: &mut Client) {
    says(service, 200).await;
    let created = earlier.request_amid_events(create("at last")).await;
    assert_eq!(created["response_status"], 201, "{created}");
    service.joined(9, 2).await.create("at last").await;
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
    expect_ready(&service, &mut ann).await;
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
    expect_ready(&service, &mut ann).await;
    let log = service.logs("ready again", 1).await;
    assert!(log.contains("No space left on device"), "{log}");
}
