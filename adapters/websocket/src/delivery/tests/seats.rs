//! Taking a seat and leaving it.

use aftermatch_ports::model::{Author, Message};
use aftermatch_protocol::close::Close;

use super::*;

#[tokio::test]
async fn reserved_seat_receives_nothing_before_activation() {
    let stage = Stage::new();
    let ann = stage.joined(1, 0).await;
    let mut bob = stage.reserved(2, ANN).await;
    for seq in 1..=4 {
        stage.delivered(seq).await;
    }
    assert_eq!(bob.received(), [0; 0], "the join is not answered yet");
    bob.activate(2);
    let read = "the room was read after event 2";
    assert_eq!(bob.received(), [3, 4], "{read}");
    stage.delivered(5).await;
    assert_eq!(bob.received(), [5]);
    assert_eq!(ann.received(), [1, 2, 3, 4, 5]);
}

#[tokio::test]
async fn seat_skips_events_committed_before_join() {
    let stage = Stage::new();
    let ann = stage.joined(1, 0).await;
    let bob = stage.joined(2, 2).await;
    for seq in 1..=3 {
        stage.delivered(seq).await;
    }
    assert_eq!(bob.received(), [3]);
    assert_eq!(ann.received(), [1, 2, 3]);
}

#[tokio::test]
async fn anchor_before_delivery_start_is_refused() {
    let stage = Stage::new();
    let mut ann = stage.reserved(1, ANN).await;
    let mut bob = stage.reserved(2, ANN).await;
    // Another process committed event 2 in between.
    assert!(stage.hub.anchor(SessionId(1), ROOM, head(LOG, 2)));
    assert!(
        !stage.hub.anchor(SessionId(2), ROOM, head(LOG, 1)),
        "nobody delivers event 2"
    );
    stage.delivered(3).await;
    ann.activate(2);
    bob.activate(3);
    stage.delivered(4).await;
    assert_eq!(ann.received(), [3, 4]);
    assert_eq!(bob.received(), [4]);
}

#[tokio::test]
async fn left_seat_receives_nothing_and_delays_nobody() {
    let stage = Stage::new();
    let ann = stage.joined(1, 0).await;
    let mut bob = stage.reserved(2, ANN).await;
    bob.reservation = None;
    stage.delivered(1).await;
    assert_eq!(bob.received(), [0; 0]);
    let waiting = stage.early(3).await;
    assert_eq!(ann.received(), [1]);
    assert_eq!(stage.hub.leave(SessionId(1)), Some(ROOM));
    waiting.await.expect("nobody is left to wait for");
    assert_eq!(ann.received(), [3], "its response");
    assert!(stage.hub.rooms.read().is_empty());
    assert_eq!(stage.hub.leave(SessionId(1)), None, "once");
}

#[tokio::test]
async fn dropped_registration_gives_up_seat() {
    let stage = Stage::new();
    let ann = stage.joined(1, 0).await;
    assert_eq!(stage.hub.room_of(SessionId(1)), Some(ROOM));
    drop(ann);
    assert_eq!(stage.hub.room_of(SessionId(1)), None);
    assert!(stage.hub.rooms.read().is_empty());
    assert!(stage.hub.connections.read().is_empty());
}

#[tokio::test]
async fn rejoined_seat_continues_where_it_was_read() {
    let stage = Stage::new();
    let mut ann = stage.joined(1, 0).await;
    ann.reserve(&stage, ANN);
    for seq in 1..=3 {
        stage.delivered(seq).await;
    }
    assert_eq!(ann.received(), [0; 0]);
    ann.activate(2);
    assert_eq!(ann.received(), [3]);
}

#[tokio::test]
async fn cancelled_rejoin_keeps_seat_and_events() {
    let stage = Stage::new();
    let mut ann = stage.joined(1, 0).await;
    ann.reserve(&stage, ANN);
    stage.delivered(1).await;
    ann.reservation = None;
    assert_eq!(ann.received(), [1]);
    assert_eq!(stage.hub.room_of(SessionId(1)), Some(ROOM));
    stage.delivered(2).await;
    assert_eq!(ann.received(), [2], "once");
}

#[tokio::test]
async fn overfull_reservation_closes_connection() {
    let stage = Stage::new();
    let bob = stage.reserved(2, ANN).await;
    stage.joined(1, 0).await;
    let _ann = stage.joined(3, 0).await;
    for seq in 1..=101 {
        stage.delivered(seq).await;
    }
    let closing = std::future::poll_fn(|context| bob.outbox().poll(context));
    assert_eq!(closing.await, Close::TOO_SLOW);
}

/// A message by session 1.
fn created(seq: i64) -> RoomEvent {
    let message = Message {
        id: MessageId(seq),
        room: ROOM,
        author: Author {
            id: UserId(1),
            profile: Profile::new("{}"),
        },
        text: Text::new("text", 10).expect("a valid text"),
        attachments: None,
        created_at: at(seq),
        edited_at: None,
        client_msg_id: None,
        seq: Seq(seq),
        changed_seq: Seq(seq),
    };
    RoomEvent {
        kind: EventKind::Created(message),
        ..remote_event(seq)
    }
}

#[tokio::test]
async fn refused_join_changes_nothing_of_the_frames() {
    let stage = Stage::new();
    let ann = stage.joined(1, 0).await;
    let lean = Seat {
        session: ann.session(),
        room: ROOM,
        viewer: ANN,
        is_lean: true,
    };
    let seats: Arc<dyn Seats> = stage.hub.clone();
    let reservation = Reservation::new(seats, lean);
    stage.hub.insert(vec![created(1)]);
    drop(reservation);
    stage.hub.insert(vec![created(2)]);
    let sent = ann.texts();
    assert_eq!(sent.len(), 2, "{sent:?}");
    for frame in sent {
        assert!(frame.contains(r#""room":{"#), "{frame}");
    }
}
