//! Seats and scopes that end what is known.

use tokio::time::advance;

use super::*;

/// Session 1 follows the room that it can join, up to event 3.
async fn following_room(stage: &Stage) -> Client {
    let ann = stage.connected(1).await;
    let following = Following {
        rooms: FollowedRooms::InReach,
        ..Following::default()
    };
    let scope = stage.hub.follow(ann.session(), following).expect("a scope");
    stage.hub.load(scope, vec![(ROOM, state(3))]);
    ann
}

#[tokio::test(start_paused = true)]
async fn room_is_read_after_seat_in_it() {
    let stage = Stage::new();
    let mut ann = following_room(&stage).await;
    let is_next = |seq| stage.hub.is_next(ROOM, head(LOG, seq));
    let in_room = |seq| {
        let mut event = message(seq, BOB);
        event.room = summary(ROOM, seq).listed.view;
        event
    };
    stage.hub.written(ROOM, Seq(4));
    assert_eq!(stage.deliver_due(4), 1);
    stage.rest().await;
    ann.reserve(&stage, ANN);
    ann.activate(4);
    assert!(is_next(5));
    stage.hub.event(&in_room(5));
    assert!(!is_next(6), "nobody needs it");
    assert_eq!(stage.due(), []);
    stage.hub.leave(ann.session());
    assert_eq!(stage.deliver_due(5), 1);
    stage.rest().await;
    ann.reserve(&stage, ANN);
    ann.activate(5);
    stage.hub.leave(ann.session());
    assert!(!is_next(6));
    assert_eq!(stage.deliver_due(5), 1, "nothing happened");
    assert!(is_next(6));
}

/// A read position that moves while all have joined is not missed.
#[tokio::test(start_paused = true)]
async fn position_that_moves_during_seat_is_read() {
    let stage = Stage::new();
    let mut ann = following_room(&stage).await;
    stage.hub.written(ROOM, Seq(4));
    assert_eq!(stage.deliver_due(4), 1);
    stage.rest().await;
    ann.reserve(&stage, ANN);
    ann.activate(4);
    stage.hub.read(ann.session(), ROOM, Seq(4), None);
    assert_eq!(stage.due(), [], "nobody needs it");
    let other = stage.device(7, UserId(1)).await;
    stage.follow(&other, FollowedRooms::InReach);
    assert!(!stage.hub.is_next(ROOM, head(LOG, 5)));
}

#[tokio::test(start_paused = true)]
async fn room_is_read_when_session_turns_to_another_brand() {
    let stage = Stage::new();
    let ann = stage.knowing().await;
    stage.rest().await;
    let scope = stage.hub.turn_to(ann.session(), EVE).expect("a scope");
    assert!(!stage.is_next(5));
    stage.hub.load(scope, vec![(OTHER, state(4))]);
    ann.texts();
    let due = stage.due_one();
    stage.hub.deliver(due, Ok(summary(OTHER, 4)));
    assert!(ann.texts()[0].contains("room_added"));
    assert!(stage.is_next(5));
    let scope = stage.hub.turn_to(ann.session(), ANN).expect("a scope");
    assert!(!stage.is_next(5));
    stage.hub.load(scope, vec![(OTHER, state(4))]);
    assert_eq!(stage.due().len(), 1, "it is new");
}

#[tokio::test(start_paused = true)]
async fn room_that_comes_back_is_read() {
    let stage = Stage::new();
    let ann = stage.knowing().await;
    stage.rest().await;
    stage.hub.changed(vec![OTHER], vec![]);
    let due = stage.due_one();
    stage.hub.deliver(due, Err(Eviction::BrandRemoved));
    assert!(!stage.is_next(5));
    stage.hub.changed(vec![OTHER], vec![(OTHER, BrandId(1))]);
    stage.hub.event(&message(5, BOB));
    ann.texts();
    assert_eq!(stage.deliver_due(5), 1);
    assert!(ann.texts()[0].contains("room_added"));
}

#[tokio::test(start_paused = true)]
async fn room_that_is_followed_again_is_read() {
    let stage = Stage::new();
    let ann = stage.knowing().await;
    stage.rest().await;
    stage.follow(&ann, FollowedRooms::None);
    read_elsewhere(&stage, 1);
    stage.follow(&ann, FollowedRooms::InReach);
    assert!(!stage.is_next(5));
    stage.hub.event(&message(5, BOB));
    assert_eq!(stage.due().len(), 1);
}

/// What is read may be older than the list that came after that.
#[tokio::test(start_paused = true)]
async fn room_that_is_followed_during_read_is_read_again() {
    for rooms in [FollowedRooms::InReach, FollowedRooms::These(vec![OTHER])] {
        let stage = Stage::new();
        let admin = stage.connected(9).await;
        let connection = admin.registration.connection();
        connection.set_viewer(Viewer::Admin);
        stage.follow(&admin, rooms.clone());
        stage.hub.written(OTHER, Seq(4));
        let due = stage.due_one();
        stage.follow(&admin, FollowedRooms::None);
        stage.hub.event(&message(5, BOB));
        stage.follow(&admin, rooms.clone());
        stage.hub.deliver(due, Ok(summary(OTHER, 4)));
        advance(SECOND).await;
        assert_eq!(stage.deliver_due(5), 1, "{rooms:?}");
        let sent = admin.texts();
        let last = sent.last().expect("a frame");
        assert!(last.contains(r#""last_seq":5"#), "{sent:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn position_that_moves_during_read_and_seat_is_read() {
    let stage = Stage::new();
    let mut ann = following_room(&stage).await;
    stage.hub.written(ROOM, Seq(4));
    let due = stage.due_one();
    ann.reserve(&stage, ANN);
    ann.activate(4);
    stage.hub.read(ann.session(), ROOM, Seq(4), None);
    stage.hub.deliver(due, Ok(summary(ROOM, 4)));
    assert!(!stage.hub.is_next(ROOM, head(LOG, 5)));
}

/// Until its rooms are listed, nobody notices a read position of the scope.
#[tokio::test(start_paused = true)]
async fn room_that_was_read_before_its_scope_is_not_known() {
    let stage = Stage::new();
    let ann = stage.joined(1, 4).await;
    let connection = ann.registration.connection();
    stage.hub.joined(connection, ROOM, true);
    stage.hub.changed(vec![ROOM], vec![(ROOM, BrandId(1))]);
    let due = stage.due_one();
    stage.hub.leave(ann.session());
    let following = Following {
        rooms: FollowedRooms::InReach,
        ..Following::default()
    };
    let scope = stage.hub.follow(ann.session(), following).expect("a scope");
    stage.hub.deliver(due, Ok(summary(ROOM, 4)));
    stage.hub.load(scope, vec![(ROOM, state(4))]);
    assert!(!stage.hub.is_next(ROOM, head(LOG, 5)));
}
