//! Events are delivered in the order of their numbers.

use super::*;

#[tokio::test]
async fn broadcast_out_of_order_delivers_by_seq() {
    let stage = Stage::new();
    let ann = stage.joined(1, 0).await;
    let (third, second) = (stage.early(3).await, stage.early(2).await);
    assert_eq!(ann.received(), [0; 0], "event 1 is missing");
    for delivered in [stage.broadcast(1), second, third] {
        delivered.await.expect("no panic");
    }
    assert_eq!(ann.received(), [1, 2, 3]);
}

#[tokio::test]
async fn first_seat_receives_events_that_came_early() {
    let stage = Stage::new();
    let mut ann = stage.reserved(1, ANN).await;
    let early = [stage.early(7).await, stage.early(9).await];
    stage.hub.insert(vec![remote_event(8)]);
    ann.activate(7);
    for delivered in early {
        delivered.await.expect("no panic");
    }
    assert_eq!(
        ann.received(),
        [7, 8, 9],
        "event 7 only as a response: the join has it"
    );
}

#[tokio::test]
async fn inserted_events_are_delivered_in_turn() {
    let stage = Stage::new();
    let ann = stage.joined(1, 0).await;
    stage.hub.insert(vec![remote_event(3), remote_event(2)]);
    assert_eq!(ann.received(), [0; 0], "event 1 is missing");
    let fourth = stage.early(4).await;
    stage.delivered(1).await;
    fourth.await.expect("no panic");
    assert_eq!(ann.received(), [1, 2, 3, 4]);
    stage.hub.insert(vec![remote_event(4), remote_event(5)]);
    assert_eq!(ann.received(), [5], "once");
}

#[tokio::test]
async fn event_in_abandoned_channel_answers_requester() {
    let stage = Stage::new();
    let ann = stage.joined(1, 0).await;
    let channel = stage.hub.channel(ROOM).expect("Ann has joined");
    // The last seat is taken away between the commit and the broadcast.
    assert_eq!(stage.hub.leave(SessionId(1)), Some(ROOM));
    let (turn, after) = channel.lock().broadcast(event(2, 1));
    assert!(turn.is_none(), "event 1 will not come to this channel");
    let requesters: Vec<_> = after.replies.iter().map(|reply| reply.session).collect();
    assert_eq!(requesters, [ann.session()]);
}

/// The log and the broadcasts bring the same events, in any order.
#[tokio::test]
async fn every_seat_receives_every_event_once() {
    let mut random = 7_u64;
    let mut below = |limit: usize| {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        usize::try_from(random >> 33).expect("31 bits") % limit
    };
    let stage = Stage::new();
    let clients = [stage.joined(1, 0).await, stage.joined(2, 0).await];
    let all: Vec<i64> = (1..=90).collect();
    let (mut unsent, mut broadcasts) = (all.clone(), Vec::new());
    while !unsent.is_empty() {
        let nth = below(unsent.len().min(9));
        let seq = unsent.remove(nth);
        broadcasts.push(stage.broadcast(seq));
        tokio::task::yield_now().await;
        if below(3) == 0 {
            let first = stage.hub.delivered(ROOM).expect("joined").last_seq.0 - 2;
            let events = (first.max(1)..first + 5).filter(|seq| *seq <= 90);
            stage.hub.insert(events.map(remote_event).collect());
        }
    }
    for broadcast in broadcasts {
        broadcast.await.expect("no panic");
    }
    for client in clients {
        assert_eq!(client.received(), all);
    }
}
