//! Delivery sends by itself.

use super::*;

#[tokio::test]
async fn requesters_flush_sends_event_to_everyone() {
    let stage = Stage::new();
    let ann = stage.joined(1, 0).await;
    let mut bob = stage.joined(2, 0).await;
    stage.delivered(1).await;
    let early = bob.socket.try_read(&mut [0]);
    assert!(early.is_err(), "Ann's turn has not ended: {early:?}");
    ann.registration.connection().flush();
    assert_eq!(bob.arrival().await, 1);
}

#[tokio::test]
async fn ended_requesters_event_is_sent_at_once() {
    let stage = Stage::new();
    let ann = stage.joined(1, 0).await;
    let mut bob = stage.joined(2, 0).await;
    stage.delivered(1).await;
    drop(ann);
    assert_eq!(bob.arrival().await, 1);
    stage.delivered(2).await;
    assert_eq!(bob.arrival().await, 2);
}

#[tokio::test]
async fn remote_event_is_sent_at_once() {
    let stage = Stage::new();
    let mut bob = stage.joined(2, 0).await;
    stage.hub.insert(vec![remote_event(1)]);
    assert_eq!(bob.arrival().await, 1);
}

#[tokio::test]
async fn notices_of_closed_room_are_sent_at_once() {
    let stage = Stage::new();
    let mut bob = stage.joined(2, 0).await;
    stage.hub.close(ROOM, LOG, Eviction::Restarted);
    assert_eq!(bob.arrival().await, 0, "the notice");
}
