//! The platform keeps something locked.

use aftermatch_testdb::{Platform, fresh};
use futures_util::future::join_all;

use crate::{
    records::gapless,
    service::{AUTHORS, Service, create, settle, unavailable},
};

#[tokio::test]
async fn a_locked_room_holds_up_nobody_elsewhere() {
    let database = fresh().await;
    settle(database.url()).await;
    let service = Service::serving(database.url()).await;
    let platform = Platform::connect(database.url()).await;
    let mut ann = service.joined(1, 1).await;
    let mut others = Vec::new();
    for author in 2..=AUTHORS {
        others.push(service.joined(author, 2 + author % 5).await);
    }

    let mut transaction = platform.pool().begin().await.expect("a transaction");
    let lock = sqlx::query("SELECT FROM rooms WHERE id = 1 FOR UPDATE");
    lock.execute(&mut *transaction).await.expect("the lock");
    // As long as this takes, the room is locked: those elsewhere do not wait for it.
    let everyone_else = join_all(others.iter_mut().map(async |other| {
        for _ in 0..20 {
            let id = other.request(create("elsewhere")).await;
            let mut frame = other.hear().await;
            // Before the answer comes what others wrote in the same room.
            while frame["request_id"] != id {
                frame = other.hear().await;
            }
            assert_eq!(frame["response_status"], 201, "{frame}");
        }
    }));
    tokio::join!(unavailable(&mut ann, create("here")), everyone_else);
    transaction.commit().await.expect("the end of the lock");

    ann.create("here").await;
    gapless(&platform).await;
}

#[tokio::test]
async fn a_write_waits_a_little_for_a_lock_to_be_given_up() {
    let database = fresh().await;
    settle(database.url()).await;
    let service = Service::start(database.url(), &[("CHAT_STATEMENT_TIMEOUT", "8s")]);
    let platform = Platform::connect(database.url()).await;
    let mut ann = service.joined(1, 1).await;
    let mut bob = service.joined(2, 2).await;

    let mut transaction = platform.pool().begin().await.expect("a transaction");
    let lock = sqlx::query("UPDATE rooms SET revision = revision WHERE id = 1");
    lock.execute(&mut *transaction).await.expect("the lock");
    let asked = ann.request(create("here")).await;
    // By the time this is answered, that has been tried.
    bob.create("elsewhere").await;
    transaction.commit().await.expect("the end of the lock");
    let answer = ann.hear().await;
    assert_eq!(answer["request_id"], asked);
    assert_eq!(answer["response_status"], 201, "{answer}");
}

#[tokio::test]
async fn a_locked_table_is_told_to_everybody_in_time() {
    let database = fresh().await;
    settle(database.url()).await;
    let service = Service::serving(database.url()).await;
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
            .map(|author| unavailable(author, create("lost"))),
    )
    .await;
    transaction.commit().await.expect("the end of the lock");

    gapless(&platform).await;
    let mut again = service.joined(1, 6).await;
    again.create("again").await;
}
