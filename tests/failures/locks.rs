//! The platform holds a lock.

use aftermatch_test_support::{Platform, Program, create, fresh};
use futures_util::future::join_all;

use crate::{
    records::gapless,
    world::{AUTHORS, expect_unavailable, prepare},
};

#[tokio::test]
async fn locked_room_delays_no_other_room() {
    let database = fresh().await;
    prepare(database.url()).await;
    let service = Program::serving(database.url()).await;
    let platform = Platform::connect(database.url()).await;
    let mut ann = service.joined(1, 1).await;
    let mut others = Vec::new();
    for author in 2..=AUTHORS {
        others.push(service.joined(author, 2 + author % 5).await);
    }

    let mut transaction = platform.pool().begin().await.expect("a transaction");
    let lock = sqlx::query("SELECT FROM rooms WHERE id = 1 FOR UPDATE");
    lock.execute(&mut *transaction).await.expect("the lock");
    // The room stays locked until these writes are done: other rooms do not wait for it.
    let everyone_else = join_all(others.iter_mut().map(async |other| {
        for _ in 0..20 {
            let id = other.send_action(create("elsewhere")).await;
            let mut frame = other.receive().await;
            // Events of others in the same room come before the response.
            while frame["request_id"] != id {
                frame = other.receive().await;
            }
            assert_eq!(frame["response_status"], 201, "{frame}");
        }
    }));
    tokio::join!(expect_unavailable(&mut ann, create("here")), everyone_else);
    transaction.commit().await.expect("the end of the lock");

    ann.create("here").await;
    gapless(&platform).await;
}

#[tokio::test]
async fn short_lock_delays_write_until_release() {
    let database = fresh().await;
    prepare(database.url()).await;
    let service = Program::start(database.url(), &[("CHAT_STATEMENT_TIMEOUT", "8s")]);
    let platform = Platform::connect(database.url()).await;
    let mut ann = service.joined(1, 1).await;
    let mut bob = service.joined(2, 2).await;

    let mut transaction = platform.pool().begin().await.expect("a transaction");
    let lock = sqlx::query("UPDATE rooms SET revision = revision WHERE id = 1");
    lock.execute(&mut *transaction).await.expect("the lock");
    let id = ann.send_action(create("here")).await;
    // When this is answered, the write above has been tried.
    bob.create("elsewhere").await;
    transaction.commit().await.expect("the end of the lock");
    let response = ann.receive().await;
    assert_eq!(response["request_id"], id);
    assert_eq!(response["response_status"], 201, "{response}");
}

#[tokio::test]
async fn locked_table_refuses_every_author() {
    let database = fresh().await;
    prepare(database.url()).await;
    let service = Program::serving(database.url()).await;
    let platform = Platform::connect(database.url()).await;
    let mut authors = Vec::new();
    for author in 1..=AUTHORS {
        authors.push(service.joined(author, 1 + author % 5).await);
    }

    let mut transaction = platform.pool().begin().await.expect("a transaction");
    let lock = sqlx::query("LOCK TABLE messages IN ACCESS EXCLUSIVE MODE");
    lock.execute(&mut *transaction).await.expect("the lock");
    join_all(
        authors
            .iter_mut()
            .map(|author| expect_unavailable(author, create("lost"))),
    )
    .await;
    transaction.commit().await.expect("the end of the lock");

    gapless(&platform).await;
    let mut again = service.joined(1, 6).await;
    again.create("again").await;
}
