//! Writers, readers of the log and joins at the same time, on several threads.

use std::sync::atomic::{AtomicI64, Ordering};

use tokio::task::yield_now;

use super::*;

const WRITERS: i64 = 4;
const EVENTS: i64 = 60;

/// Commits events. Some are broadcast late, some come from elsewhere, and some are lost
/// on their way.
async fn write(hub: Arc<Hub>, log: Arc<AtomicI64>) {
    for _ in 0..EVENTS {
        let seq = log.fetch_add(1, Ordering::SeqCst) + 1;
        for _ in 0..seq % 5 {
            yield_now().await;
        }
        match seq % 8 {
            0 => {}
            1 | 2 => hub.insert(vec![remote_event(seq)]),
            _ => hub.broadcast(event(seq, 1)).await,
        }
    }
}

/// Reads what is missing, in short pages.
async fn read(hub: Arc<Hub>, log: Arc<AtomicI64>) {
    loop {
        let (_, LogHead { last_seq, .. }) = hub.overdue().await;
        let last = log.load(Ordering::SeqCst).min(last_seq.0 + 9);
        hub.insert((last_seq.0 + 1..=last).map(remote_event).collect());
    }
}

/// Joins, and returns the client with the last event before its join.
async fn join(stage: Arc<Stage>, log: Arc<AtomicI64>, session: i64) -> (Client, i64) {
    let mut client = stage.reserved(session, ANN).await;
    let reservation = client.reservation.take().expect("reserved");
    loop {
        let last_seq = log.load(Ordering::SeqCst);
        yield_now().await;
        if reservation.anchor(head(LOG, last_seq)) {
            yield_now().await;
            reservation.activate(Seq(last_seq));
            return (client, last_seq);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_join_receives_all_that_follows() {
    for _ in 0..10 {
        let (stage, log) = (Arc::new(Stage::new()), Arc::new(AtomicI64::new(0)));
        let tasks = TaskTracker::new();
        // The requester of all events.
        let mut clients = vec![join(stage.clone(), log.clone(), 1).await];
        let readers = [(); 2].map(|()| tasks.spawn(read(stage.hub.clone(), log.clone())));
        let writers: Vec<_> = (0..WRITERS)
            .map(|_| tasks.spawn(write(stage.hub.clone(), log.clone())))
            .collect();
        let joins: Vec<_> = (2..12)
            .map(|session| tasks.spawn(join(stage.clone(), log.clone(), session)))
            .collect();
        for join in joins {
            clients.push(join.await.expect("no panic"));
        }
        for writer in writers {
            writer.await.expect("no panic");
        }
        let last = WRITERS * EVENTS;
        stage.hub.expect(ROOM, head(LOG, last));
        while stage.hub.delivered(ROOM) != Some(head(LOG, last)) {
            yield_now().await;
        }
        for (client, joined) in clients {
            let expected: Vec<_> = (joined + 1..=last).collect();
            let mut received = Vec::new();
            let all_sent = async {
                // The last pass may still be running.
                while received.len() < expected.len() {
                    received.extend(client.received());
                    yield_now().await;
                }
            };
            drop(timeout(Duration::from_secs(10), all_sent).await);
            assert_eq!(received, expected);
        }
        for reader in readers {
            reader.abort();
        }
    }
}
