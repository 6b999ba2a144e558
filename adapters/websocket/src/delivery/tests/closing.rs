//! Rooms whose seats are all taken away.

use super::*;

#[tokio::test]
async fn closed_room_gives_everyone_the_reason() {
    let stage = Stage::new();
    let (ann, bob) = (stage.joined(1, 0).await, stage.joined(2, 0).await);
    let waiting = stage.early(2).await;
    stage.hub.close(ROOM, MOVED, Eviction::Restarted);
    assert_eq!(bob.notices(), [""; 0], "the log of another store");
    stage.hub.close(ROOM, LOG, Eviction::Restarted);
    waiting.await.expect("no panic");
    assert_eq!(ann.notices(), ["restarted", "response"]);
    assert_eq!(bob.notices(), ["restarted"]);
    assert_eq!(stage.hub.leave(SessionId(1)), None);
    assert!(stage.hub.rooms.read().is_empty());
    assert_eq!(stage.hub.delivered(ROOM), None);
    stage.delivered(1).await;
    assert_eq!(ann.received(), [1], "its response");
}

#[tokio::test]
async fn closed_reservation_is_revoked() {
    let stage = Stage::new();
    let ann = stage.joined(1, 0).await;
    let mut bob = stage.reserved(2, ANN).await;
    bob.anchor(head(LOG, 0));
    let mut carl = stage.reserved(3, ANN).await;
    stage.delivered(1).await;
    stage.hub.close(ROOM, LOG, Eviction::RoomRemoved);
    assert_eq!(ann.notices(), ["response", "room_removed"]);
    assert!(bob.registration.connection().is_revoked());
    assert_eq!(bob.notices(), [""; 0], "the join is not answered yet");
    bob.reservation
        .take()
        .expect("still there")
        .activate(Seq(0));
    assert_eq!(bob.notices(), ["room_removed"]);
    // A later join is as if it was the first one.
    let mut dora = stage.reserved(4, ANN).await;
    dora.activate_in(head(MOVED, 7));
    carl.reservation = None;
    assert_eq!(carl.notices(), [""; 0], "it never had a seat");
    let next = RoomEvent {
        epoch: MOVED,
        ..remote_event(8)
    };
    stage.hub.insert(vec![next]);
    assert_eq!(dora.received(), [8]);
    assert_eq!(stage.hub.delivered(ROOM), Some(head(MOVED, 8)));
}

#[tokio::test]
async fn closed_room_ends_seat_of_failed_rejoin() {
    let stage = Stage::new();
    let mut ann = stage.joined(1, 0).await;
    ann.reserve(&stage, ANN);
    stage.hub.insert(vec![remote_event(1)]);
    stage.hub.close(ROOM, LOG, Eviction::Behind);
    ann.reservation = None;
    assert_eq!(ann.notices(), ["behind"]);
    assert_eq!(stage.hub.room_of(SessionId(1)), None);
    assert!(stage.hub.rooms.read().is_empty());
}

#[tokio::test(start_paused = true)]
async fn closed_room_is_not_overdue() {
    let stage = Stage::new();
    let _bob = stage.joined(2, 0).await;
    stage.hub.insert(vec![remote_event(2)]);
    stage.hub.close(ROOM, LOG, Eviction::Behind);
    let _carl = stage.joined(3, 2).await;
    assert_eq!(stage.overdue(Duration::from_secs(60)).await, None);
}
