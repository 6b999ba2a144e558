//! Events are delivered in the order of their numbers.

use super::*;

#[tokio::test]
async fn broadcast_out_of_order_delivers_by_seq() {
    let stage = Stage::new();
    let ann = stage.joined(1, 0).await;
    let third = stage.broadcast(3);
    let second = stage.broadcast(2);
    tokio::task::yield_now().await;
    assert_eq!(ann.received(), [0; 0], "event 1 is missing");
    assert!(!third.is_finished() && !second.is_finished());
    for delivered in [stage.broadcast(1), second, third] {
        assert_eq!(delivered.await.expect("no panic"), Ok(()));
    }
    assert_eq!(ann.received(), [1, 2, 3]);
}

#[tokio::test]
async fn first_seat_receives_events_that_came_early() {
    let stage = Stage::new();
    let mut ann = stage.reserved(1, ANN).await;
    let early: Vec<_> = [7, 8, 9].map(|seq| stage.broadcast(seq)).into();
    tokio::task::yield_now().await;
    ann.activate(7);
    for delivered in early {
        assert_eq!(delivered.await.expect("no panic"), Ok(()));
    }
    assert_eq!(ann.received(), [8, 9]);
}

#[tokio::test(start_paused = true)]
async fn missing_predecessor_waits_for_backfill() {
    let stage = Stage::new();
    let ann = stage.joined(1, 0).await;
    let (third, fourth) = (stage.broadcast(3), stage.broadcast(4));
    assert_eq!(third.await.expect("no panic"), Err(Seq(0)));
    assert_eq!(fourth.await.expect("no panic"), Err(Seq(0)));
    assert_eq!(ann.received(), [0; 0], "not before their turn");
    let missing = Some(vec![remote_event(2)]);
    stage.hub.backfill(ROOM, missing, Seq(2));
    assert_eq!(stage.hub.last_delivered(ROOM), Some(Seq(4)));
}

#[tokio::test(start_paused = true)]
async fn unreadable_events_are_skipped_then_delivered_late() {
    let stage = Stage::new();
    let ann = stage.joined(1, 0).await;
    let third = stage.broadcast(3);
    assert_eq!(third.await.expect("no panic"), Err(Seq(0)));
    stage.hub.backfill(ROOM, None, Seq(2));
    assert_eq!(stage.hub.last_delivered(ROOM), Some(Seq(3)));
    ann.received();
    let bob = stage.joined(2, 3).await;
    stage.delivered(2).await;
    stage.delivered(4).await;
    assert_eq!(ann.received(), [2, 4]);
    assert_eq!(bob.received(), [4], "event 2 came before the join");
}

#[tokio::test]
async fn event_after_backfill_answers_requester_only() {
    let stage = Stage::new();
    let ann = stage.joined(1, 0).await;
    let bob = stage.joined(2, 0).await;
    stage.hub.backfill(ROOM, Some(Vec::new()), Seq(1));
    stage.delivered(1).await;
    assert_eq!(ann.received(), [1]);
    assert_eq!(bob.received(), [0; 0], "the backfill had its outcome");
}

#[tokio::test]
async fn remote_events_are_delivered_in_turn() {
    let stage = Stage::new();
    let ann = stage.joined(1, 0).await;
    let remote = vec![(Seq(2), Some(remote_event(2))), (Seq(3), None)];
    stage.hub.insert_remote(ROOM, remote);
    assert_eq!(ann.received(), [0; 0], "event 1 is missing");
    let first = stage.broadcast(1);
    let fourth = stage.broadcast(4);
    for delivered in [first, fourth] {
        assert_eq!(delivered.await.expect("no panic"), Ok(()));
    }
    assert_eq!(ann.received(), [1, 2, 4]);
    let again = vec![(Seq(4), Some(remote_event(4)))];
    stage.hub.insert_remote(ROOM, again);
    assert_eq!(ann.received(), [0; 0], "delivered before");
}

#[tokio::test]
async fn event_in_abandoned_channel_answers_requester() {
    let stage = Stage::new();
    let ann = stage.joined(1, 0).await;
    let channel = stage.hub.channel(ROOM).expect("Ann has joined");
    // The last seat is taken away between the commit and the broadcast.
    assert_eq!(stage.hub.leave(SessionId(1)), Some(ROOM));
    let (turn, replies) = channel.lock().broadcast(event(2, 1));
    assert!(turn.is_none(), "event 1 will not come to this channel");
    let requesters: Vec<_> = replies.iter().map(|(session, _)| *session).collect();
    assert_eq!(requesters, [ann.session()]);
}
