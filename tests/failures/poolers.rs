//! A pooler in front of the database.

use aftermatch_test_support::{Pooler, Program, fresh};

use crate::world::prepare;

#[tokio::test]
async fn session_mode_works_as_installed() {
    let database = fresh().await;
    prepare(database.url()).await;
    let pooler = Pooler::before(database.url(), "session").await;
    let first = Program::start(pooler.url(), &[]);
    let second = Program::start(pooler.url(), &[]);
    let mut ann = first.joined(1, 1).await;
    let mut bob = second.joined(2, 1).await;
    let created = ann.create("through a pooler").await;
    assert_eq!(created["response_status"], 201);
    assert_eq!(bob.receive().await["data"], created["data"]);
}

#[tokio::test]
async fn transaction_mode_is_refused_with_advice() {
    let database = fresh().await;
    prepare(database.url()).await;
    let pooler = Pooler::before(database.url(), "transaction").await;
    let ended = Program::start(pooler.url(), &[]).ended().await;
    assert_eq!(ended.status.code(), Some(2), "{}", ended.log);
    assert!(ended.log.contains("session mode"), "{}", ended.log);
}
