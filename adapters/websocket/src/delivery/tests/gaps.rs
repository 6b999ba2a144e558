//! What happens while an event is missing.

use tokio::time::{advance, sleep};

use super::*;

const LONG: Duration = Duration::from_secs(60);

fn insert(stage: &Stage, seqs: impl IntoIterator<Item = i64>) {
    stage
        .hub
        .insert(seqs.into_iter().map(remote_event).collect());
}

#[tokio::test(start_paused = true)]
async fn gap_that_closes_at_once_is_not_overdue() {
    let stage = Stage::new();
    let ann = stage.joined(1, 0).await;
    let second = stage.early(2).await;
    advance(Duration::from_millis(4)).await;
    stage.delivered(1).await;
    second.await.expect("no panic");
    // Another gap, whose time begins later.
    let _fourth = stage.early(4).await;
    advance(Duration::from_millis(4)).await;
    stage.delivered(3).await;
    assert_eq!(stage.overdue(LONG).await, None);
    assert_eq!(ann.received(), [1, 2, 3, 4]);
}

#[tokio::test(start_paused = true)]
async fn overdue_room_is_returned_with_growing_pauses() {
    let stage = Stage::new();
    let _ann = stage.joined(1, 4).await;
    let _early = stage.early(7).await;
    let mut pauses = Vec::new();
    for _ in 0..8 {
        let (delivered, pause) = stage.overdue(LONG).await.expect("overdue");
        assert_eq!(delivered, 4);
        pauses.push(pause);
    }
    for (pause, expected) in pauses.iter().zip([5, 50, 100, 200, 400, 800, 1_000, 1_000]) {
        assert!((expected..=expected + 1).contains(pause), "{pauses:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn progress_begins_pauses_again() {
    let stage = Stage::new();
    let ann = stage.joined(1, 0).await;
    let eighth = stage.early(8).await;
    for _ in 0..5 {
        stage.overdue(LONG).await.expect("overdue");
    }
    insert(&stage, 1..=5);
    let (delivered, pause) = stage.overdue(LONG).await.expect("still overdue");
    assert_eq!(delivered, 5);
    assert!(pause <= 6, "{pause}");
    let (_, pause) = stage.overdue(LONG).await.expect("still overdue");
    assert!(pause <= 51, "{pause}");
    insert(&stage, 6..=7);
    eighth.await.expect("no panic");
    assert_eq!(stage.overdue(LONG).await, None);
    assert_eq!(ann.received(), [1, 2, 3, 4, 5, 6, 7, 8]);
}

#[tokio::test(start_paused = true)]
async fn expected_events_are_missing_until_delivered() {
    let stage = Stage::new();
    let ann = stage.joined(1, 4).await;
    stage.hub.expect(ROOM, head(LOG, 4));
    assert_eq!(stage.overdue(LONG).await, None, "delivered already");
    stage.hub.expect(ROOM, head(LOG, 6));
    let (delivered, _) = stage.overdue(LONG).await.expect("overdue");
    assert_eq!(delivered, 4);
    insert(&stage, [5]);
    let (delivered, _) = stage.overdue(LONG).await.expect("overdue");
    assert_eq!(delivered, 5);
    insert(&stage, [6]);
    assert_eq!(stage.overdue(LONG).await, None);
    assert_eq!(ann.received(), [5, 6]);
}

#[tokio::test(start_paused = true)]
async fn join_later_than_delivery_opens_gap() {
    let stage = Stage::new();
    let ann = stage.joined(1, 4).await;
    let seventh = stage.early(7).await;
    let mut bob = stage.reserved(2, ANN).await;
    bob.anchor(head(LOG, 8));
    insert(&stage, [5]);
    bob.activate(8);
    insert(&stage, [6]);
    seventh.await.expect("no panic");
    assert_eq!(ann.received(), [5, 6, 7]);
    assert_eq!(bob.received(), [0; 0], "all of it was part of the join");
    let (delivered, _) = stage
        .overdue(LONG)
        .await
        .expect("event 8 is known to exist");
    assert_eq!(delivered, 7);
    insert(&stage, [8, 9]);
    assert_eq!(ann.received(), [8, 9]);
    assert_eq!(bob.received(), [9]);
}

#[tokio::test(start_paused = true)]
async fn join_during_gap_misses_nothing() {
    let stage = Stage::new();
    let ann = stage.joined(1, 4).await;
    let eighth = stage.early(8).await;
    let mut bob = stage.reserved(2, ANN).await;
    insert(&stage, [5, 6]);
    bob.anchor(head(LOG, 6));
    insert(&stage, [7]);
    eighth.await.expect("no panic");
    bob.activate(6);
    assert_eq!(bob.received(), [7, 8]);
    assert_eq!(ann.received(), [5, 6, 7, 8]);
}

#[tokio::test(start_paused = true)]
async fn first_join_learns_what_is_expected() {
    let stage = Stage::new();
    let mut ann = stage.reserved(1, ANN).await;
    stage.hub.expect(ROOM, head(LOG, 5));
    assert_eq!(stage.overdue(LONG).await, None, "nobody has joined");
    ann.activate(3);
    let (delivered, _) = stage.overdue(LONG).await.expect("overdue");
    assert_eq!(delivered, 3);
}

#[tokio::test(start_paused = true)]
async fn room_without_progress_is_closed() {
    let stage = Stage::new();
    let (ann, bob) = (stage.joined(1, 0).await, stage.joined(2, 0).await);
    let early = [stage.early(2).await, stage.early(4).await];
    let hub = stage.hub.clone();
    let reader = async move {
        loop {
            hub.overdue().await;
        }
    };
    let reader = TaskTracker::new().spawn(reader);
    sleep(Duration::from_millis(9_900)).await;
    assert_eq!(stage.hub.room_of(SessionId(2)), Some(ROOM));
    sleep(Duration::from_millis(200)).await;
    assert_eq!(stage.hub.room_of(SessionId(2)), None);
    for broadcast in early {
        broadcast.await.expect("no panic");
    }
    assert_eq!(bob.notices(), ["behind"]);
    assert_eq!(ann.notices(), ["behind", "response", "response"]);
    assert!(stage.hub.rooms.read().is_empty());
    reader.abort();
}

#[tokio::test(start_paused = true)]
async fn early_event_closes_room_while_nobody_reads() {
    let stage = Stage::new();
    let bob = stage.joined(2, 0).await;
    insert(&stage, [3]);
    advance(Duration::from_secs(11)).await;
    insert(&stage, [4]);
    assert_eq!(bob.notices(), ["behind"]);
}

#[tokio::test(start_paused = true)]
async fn event_after_long_gap_is_still_delivered() {
    let stage = Stage::new();
    let bob = stage.joined(2, 0).await;
    insert(&stage, [2]);
    advance(Duration::from_secs(11)).await;
    insert(&stage, [1]);
    assert_eq!(bob.received(), [1, 2]);
    assert_eq!(stage.overdue(LONG).await, None);
}

#[tokio::test(start_paused = true)]
async fn too_much_pending_closes_room() {
    let long = |seq| RoomEvent {
        kind: EventKind::Edited {
            id: MessageId(5),
            text: Text::stored("x".repeat(1 << 20)),
        },
        ..remote_event(seq)
    };
    let many: Vec<_> = (2..=1_001).map(remote_event).collect();
    let large: Vec<_> = (2..=4).map(long).collect();
    for (held, too_much) in [(many, remote_event(1_002)), (large, long(5))] {
        let stage = Stage::new();
        let bob = stage.joined(2, 0).await;
        stage.hub.insert(held);
        assert_eq!(bob.notices(), [""; 0], "within the limits");
        stage.hub.insert(vec![too_much]);
        assert_eq!(bob.notices(), ["behind"]);
        assert!(stage.hub.rooms.read().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn long_page_of_log_is_not_too_much() {
    let stage = Stage::new();
    let mut bob = stage.joined(2, 0).await;
    insert(&stage, 601..=1_500);
    // The outbox of a test is small.
    bob.reserve(&stage, ANN);
    insert(&stage, 1..=600);
    assert_eq!(stage.hub.delivered(ROOM), Some(head(LOG, 1_500)));
}

#[tokio::test(start_paused = true)]
async fn overdue_room_is_given_to_one_caller() {
    let stage = Stage::new();
    let bob = stage.joined(2, 0).await;
    let callers = || {
        let hub = stage.hub.clone();
        TaskTracker::new().spawn(async move { hub.overdue().await })
    };
    let callers = [callers(), callers()];
    // They wait already.
    tokio::task::yield_now().await;
    insert(&stage, [2]);
    sleep(Duration::from_millis(30)).await;
    let given = callers.iter().filter(|caller| caller.is_finished()).count();
    assert_eq!(given, 1);
    sleep(Duration::from_millis(30)).await;
    for caller in callers {
        let expected = (ROOM, head(LOG, 0));
        assert_eq!(caller.await.expect("no panic"), expected, "after the pause");
    }
    insert(&stage, [1]);
    assert_eq!(bob.received(), [1, 2]);
}

#[tokio::test(start_paused = true)]
async fn aborted_caller_takes_no_room_along() {
    let stage = Stage::new();
    let _bob = stage.joined(2, 0).await;
    insert(&stage, [2]);
    assert_eq!(stage.overdue(Duration::from_millis(2)).await, None);
    assert!(stage.overdue(LONG).await.is_some());
}
