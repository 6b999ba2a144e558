//! Events and joins of another log than the one that is delivered.

use tokio::time::Instant;

use super::*;

const LONG: Duration = Duration::from_secs(60);

fn moved(seq: i64) -> RoomEvent {
    RoomEvent {
        epoch: MOVED,
        ..event(seq, 1)
    }
}

#[tokio::test(start_paused = true)]
async fn event_of_other_log_answers_requester_only() {
    let stage = Stage::new();
    let (ann, bob) = (stage.joined(1, 4).await, stage.joined(2, 4).await);
    stage.hub.broadcast(moved(5)).await;
    assert_eq!(ann.received(), [5]);
    assert_eq!(bob.received(), [0; 0]);
    assert_eq!(stage.overdue(LONG).await, Some((4, 0)), "at once");
    stage.delivered(5).await;
    assert_eq!(bob.received(), [5], "that of the log delivered here");
}

#[tokio::test(start_paused = true)]
async fn doubt_ends_if_log_does_not_confirm_it() {
    for doubt in ["insert", "expect"] {
        let stage = Stage::new();
        let _bob = stage.joined(2, 4).await;
        match doubt {
            "insert" => stage.hub.insert(vec![moved(9)]),
            _ => stage.hub.expect(ROOM, head(MOVED, 3)),
        }
        let start = Instant::now();
        let mut reads = 0;
        while stage.overdue(LONG).await.is_some() {
            reads += 1;
        }
        assert!((10..20).contains(&reads), "{reads} reads");
        assert!(start.elapsed() < Duration::from_secs(80));
        assert_eq!(stage.hub.room_of(SessionId(2)), Some(ROOM));
    }
}

#[tokio::test(start_paused = true)]
async fn numbers_that_went_back_end_the_seats() {
    let back = RoomEvent {
        at: at(100),
        ..event(3, 1)
    };
    for requested in [true, false] {
        let stage = Stage::new();
        let (ann, bob) = (stage.joined(1, 0).await, stage.joined(2, 0).await);
        stage.hub.insert((1..=5).map(remote_event).collect());
        ann.received();
        bob.received();
        stage.delivered(5).await;
        stage.hub.insert(vec![remote_event(2)]);
        assert_eq!(bob.received(), [0; 0], "the same events again");
        ann.received();
        if requested {
            stage.hub.broadcast(back.clone()).await;
            assert_eq!(ann.notices(), ["restarted", "response"]);
        } else {
            let event = back.clone();
            let requester = None;
            stage.hub.insert(vec![RoomEvent { requester, ..event }]);
            assert_eq!(ann.notices(), ["restarted"]);
        }
        assert_eq!(bob.notices(), ["restarted"]);
        assert!(stage.hub.rooms.read().is_empty());
    }
}

#[tokio::test]
async fn join_in_other_log_ends_the_seats() {
    let remade = Epoch { room: 2, ..LOG };
    for (epoch, reason) in [(MOVED, "restarted"), (remade, "room_removed")] {
        let stage = Stage::new();
        let ann = stage.joined(1, 1_000).await;
        let early = stage.early(1_002).await;
        let mut bob = stage.reserved(2, ANN).await;
        let mut carl = stage.reserved(3, ANN).await;
        stage.delivered(1_001).await;
        early.await.expect("no panic");
        ann.received();
        let waiting = stage.early(1_004).await;
        bob.activate_in(head(epoch, 50));
        waiting.await.expect("no panic");
        assert_eq!(ann.notices(), [reason, "response"]);
        assert_eq!(stage.hub.room_of(SessionId(1)), None);
        let next = |seq| RoomEvent {
            epoch,
            ..remote_event(seq)
        };
        stage.hub.insert(vec![next(51)]);
        carl.activate_in(head(epoch, 50));
        stage.hub.insert(vec![next(52)]);
        assert_eq!(bob.received(), [51, 52]);
        assert_eq!(carl.received(), [51, 52], "only of the log that it joined");
        assert_eq!(ann.received(), [0; 0]);
        assert_eq!(stage.hub.delivered(ROOM), Some(head(epoch, 52)));
    }
}

#[tokio::test]
async fn join_anchored_in_ended_log_is_revoked() {
    let stage = Stage::new();
    let mut bob = stage.reserved(2, ANN).await;
    bob.anchor(head(LOG, 4));
    let mut carl = stage.reserved(3, ANN).await;
    stage.hub.insert(vec![remote_event(5)]);
    carl.anchor(head(MOVED, 2));
    let reservation = bob.reservation.take().expect("still there");
    reservation.activate(Seq(4));
    assert_eq!(bob.notices(), ["restarted"], "nothing of either log");
    carl.activate_in(head(MOVED, 2));
    stage.hub.insert(vec![moved(3)]);
    assert_eq!(carl.received(), [3]);
    assert_eq!(stage.hub.room_of(SessionId(2)), None);
    assert_eq!(stage.hub.room_of(SessionId(3)), Some(ROOM));
}

#[tokio::test]
async fn rejoin_in_other_log_is_a_new_seat() {
    let stage = Stage::new();
    let mut ann = stage.joined(1, 1_000).await;
    ann.reserve(&stage, ANN);
    stage.hub.insert(vec![remote_event(1_001)]);
    ann.anchor(head(MOVED, 50));
    stage.hub.insert(vec![moved(51)]);
    ann.activate_in(head(MOVED, 50));
    assert_eq!(ann.received(), [51]);
    assert_eq!(stage.hub.room_of(SessionId(1)), Some(ROOM));
}

#[tokio::test]
async fn failed_rejoin_in_other_log_ends_old_seat() {
    let stage = Stage::new();
    let mut ann = stage.joined(1, 1_000).await;
    ann.reserve(&stage, ANN);
    let mut bob = stage.reserved(2, ANN).await;
    bob.activate_in(head(MOVED, 50));
    assert_eq!(ann.notices(), [""; 0], "the join is not answered yet");
    ann.reservation = None;
    assert_eq!(ann.notices(), ["restarted"]);
    assert_eq!(stage.hub.room_of(SessionId(1)), None);
}

#[tokio::test(start_paused = true)]
async fn early_event_of_other_log_raises_doubt() {
    let stage = Stage::new();
    let mut ann = stage.reserved(1, ANN).await;
    let mut other = moved(9);
    other.requester = None;
    stage.hub.insert(vec![other, remote_event(5)]);
    ann.activate(4);
    assert_eq!(ann.received(), [5]);
    assert_eq!(stage.overdue(LONG).await, Some((5, 0)), "the log decides");
}
