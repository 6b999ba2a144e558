//! Seats that are taken away.

use aftermatch_ports::Presence;

use super::*;

#[tokio::test]
async fn evicted_session_receives_only_own_responses() {
    let stage = Stage::new();
    let ann = stage.joined(1, 0).await;
    let mut bob = stage.joined(2, 0).await;
    let reason = Eviction::BrandRemoved;
    stage.hub.unsubscribe(SessionId(1), ROOM, reason);
    assert_eq!(stage.hub.room_of(SessionId(1)), None);
    assert_eq!(stage.hub.leave(SessionId(1)), None);
    stage.hub.insert(vec![remote_event(1)]);
    assert_eq!(bob.arrival().await, 1);
    assert_eq!(ann.waiting(), [0; 0], "the notice was sent at once");
    assert_eq!(ann.notices(), ["brand_removed"]);
    // Committed before the seat was taken away: the requester gets its response.
    stage.delivered(2).await;
    assert_eq!(bob.received(), [2]);
    assert_eq!(ann.received(), [2]);
    assert_eq!(stage.hub.delivered(ROOM), Some(head(LOG, 2)));
}

#[tokio::test]
async fn eviction_during_join_follows_join_response() {
    let stage = Stage::new();
    let _ann = stage.joined(1, 0).await;
    let mut bob = stage.reserved(2, ANN).await;
    for _ in 0..2 {
        let reason = Eviction::RoomRemoved;
        stage.hub.unsubscribe(SessionId(2), ROOM, reason);
    }
    stage.delivered(1).await;
    assert!(bob.registration.connection().is_revoked());
    assert_eq!(bob.notices(), [""; 0], "the join is not answered yet");
    bob.activate(0);
    assert_eq!(bob.notices(), ["room_removed"], "once");
    assert_eq!(stage.hub.room_of(SessionId(2)), None);
    stage.delivered(2).await;
    assert_eq!(bob.received(), [0; 0]);
}

#[tokio::test]
async fn eviction_during_failed_rejoin_removes_seat() {
    let stage = Stage::new();
    let mut ann = stage.joined(1, 0).await;
    ann.reserve(&stage, ANN);
    let reason = Eviction::BrandLost;
    stage.hub.unsubscribe(SessionId(1), ROOM, reason);
    ann.reservation = None;
    assert_eq!(ann.notices(), ["brand_lost"]);
    assert_eq!(stage.hub.room_of(SessionId(1)), None);
    assert!(stage.hub.rooms.read().is_empty());
}

#[tokio::test]
async fn event_after_eviction_notice_is_not_delivered() {
    let stage = Stage::new();
    let _ann = stage.joined(1, 0).await;
    let mut bob = stage.reserved(2, ANN).await;
    stage
        .hub
        .unsubscribe(SessionId(2), ROOM, Eviction::RoomRemoved);
    let channel = stage.hub.channel(ROOM).expect("Ann has joined");
    // Between two steps of the activation another thread may deliver an event.
    channel.lock().activate(SessionId(2), Seq(0));
    drop(channel.lock().broadcast(event(1, 1)));
    bob.activate(0);
    assert_eq!(bob.received(), [0], "only the notice");
}

#[tokio::test]
async fn failed_rejoin_in_other_role_restores_role() {
    let stage = Stage::new();
    let mut bob = stage.joined(2, 0).await;
    bob.reserve(&stage, EVE);
    bob.reservation = None;
    let seats = stage.hub.connected().sessions.remove(0).seats;
    assert_eq!(seats, [(ROOM, ANN)], "so that the next recheck finds it");
    stage.delivered(1).await;
    assert_eq!(bob.arrival().await, 1);
}
