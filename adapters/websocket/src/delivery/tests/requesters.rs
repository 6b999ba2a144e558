//! The requester receives its response exactly once.

use super::*;

#[tokio::test]
async fn broadcast_after_log_does_not_respond_twice() {
    let stage = Stage::new();
    let (ann, bob) = (stage.joined(1, 0).await, stage.joined(2, 0).await);
    stage.hub.insert(vec![remote_event(1)]);
    stage.delivered(1).await;
    assert_eq!(ann.received(), [1], "the event had her request id");
    assert_eq!(bob.received(), [1]);
}

#[tokio::test]
async fn broadcast_after_log_responds_to_the_rest() {
    let unrequested = RoomEvent {
        request_id: RequestId::NONE,
        ..remote_event(1)
    };
    let partly = RoomEvent {
        kind: EventKind::Deleted {
            ids: vec![MessageId(5)],
            missing: vec![MessageId(6).into()],
        },
        ..event(1, 1)
    };
    for (inserted, broadcast) in [(unrequested, event(1, 1)), (remote_event(1), partly)] {
        let stage = Stage::new();
        let (ann, bob) = (stage.joined(1, 0).await, stage.joined(2, 0).await);
        stage.hub.insert(vec![inserted]);
        stage.hub.broadcast(broadcast).await;
        assert_eq!(
            ann.received(),
            [1, 1],
            "only the second one is the response"
        );
        assert_eq!(bob.received(), [1]);
    }
}

#[tokio::test]
async fn event_before_join_still_responds() {
    let stage = Stage::new();
    let ann = stage.joined(1, 5).await;
    stage.delivered(4).await;
    assert_eq!(ann.received(), [4]);
}

#[tokio::test]
async fn log_does_not_replace_waiting_requester() {
    let stage = Stage::new();
    let (ann, bob) = (stage.joined(1, 0).await, stage.joined(2, 0).await);
    let kind = EventKind::Deleted {
        ids: vec![MessageId(5)],
        missing: vec![MessageId(6).into()],
    };
    let hub = stage.hub.clone();
    let second = RoomEvent {
        kind,
        ..event(2, 1)
    };
    let broadcast = TaskTracker::new().spawn(async move { hub.broadcast(second).await });
    tokio::task::yield_now().await;
    stage
        .hub
        .insert(vec![remote_event(1), remote_event(2), remote_event(3)]);
    broadcast.await.expect("no panic");
    let texts = ann.texts();
    assert_eq!(texts.len(), 3);
    assert!(texts[1].contains("not deleted: [6]"), "{}", texts[1]);
    assert_eq!(bob.received(), [1, 2, 3]);
}

#[tokio::test]
async fn requester_elsewhere_is_answered_in_turn() {
    let stage = Stage::new();
    let ann = stage.connected(1).await;
    let bob = stage.joined(2, 0).await;
    let second = stage.early(2).await;
    assert_eq!(ann.received(), [0; 0]);
    stage.hub.insert(vec![remote_event(1)]);
    second.await.expect("no panic");
    assert_eq!(ann.received(), [2]);
    assert_eq!(bob.received(), [1, 2]);
}
