//! Administrators who follow all rooms, or some one by one.

use tokio::time::timeout;

use super::*;

impl Stage {
    /// An administrator who follows these rooms one by one.
    async fn admin_of(&self, session: i64, rooms: &[RoomId]) -> Client {
        let client = self.connected(session).await;
        let connection = client.registration.connection();
        connection.set_viewer(Viewer::Admin);
        self.follow(&client, FollowedRooms::These(rooms.to_vec()));
        client
    }
}

#[tokio::test(start_paused = true)]
async fn rooms_of_list_are_delivered_if_they_differ() {
    let stage = Stage::new();
    let admin = stage.admin_of(1, &[ROOM, OTHER]).await;
    let load = |rooms: &[(RoomId, RoomState)]| stage.hub.load(Scope::All, rooms.to_vec());
    let admins = |last_seq| RoomState {
        read_seq: None,
        ..state(last_seq)
    };
    let deliver = |last_seq| {
        let due = stage.due();
        for due in &due {
            let mut summary = summary(due.room, last_seq);
            summary.listed.read_seq = None;
            stage.hub.deliver(*due, Ok(summary));
        }
        due.len()
    };
    load(&[(ROOM, admins(3)), (OTHER, admins(3))]);
    assert_eq!(deliver(3), 2, "what they were before is not known");
    assert_eq!(admin.texts().len(), 2);
    for _ in 0..3 {
        advance(SECOND).await;
        load(&[(ROOM, admins(3)), (OTHER, admins(3))]);
        assert_eq!(deliver(3), 0, "nothing has changed");
    }
    let changed = RoomState {
        revision: Revision(1),
        ..admins(3)
    };
    load(&[(ROOM, changed), (OTHER, admins(4))]);
    assert_eq!(deliver(4), 2);
    let sent = admin.texts();
    assert!(sent.iter().all(|text| text.contains("room_changed")));
    let with_room = |text: &&String| text.contains(r#""room":{"pk":1"#);
    assert_eq!(sent.iter().filter(with_room).count(), 1, "{sent:?}");
    stage.hub.written(OTHER, Seq(4));
    advance(SECOND).await;
    assert_eq!(deliver(4), 0, "it is known");
}

/// The room rests when somebody else begins to follow all rooms, and reads its newest state.
#[tokio::test(start_paused = true)]
async fn room_of_list_is_delivered_although_another_knows_it() {
    let stage = Stage::new();
    let admin = stage.admin_of(1, &[OTHER]).await;
    let deliver = |last_seq| {
        for due in stage.due() {
            let mut summary = summary(due.room, last_seq);
            summary.listed.read_seq = None;
            stage.hub.deliver(due, Ok(summary));
        }
    };
    stage.hub.written(OTHER, Seq(3));
    deliver(3);
    stage.hub.written(OTHER, Seq(4));
    drop(admin.texts());

    let other = stage.connected(2).await;
    let connection = other.registration.connection();
    connection.set_viewer(Viewer::Admin);
    let all = Following {
        rooms: FollowedRooms::InReach,
        ..Following::default()
    };
    stage.hub.follow(other.session(), all);
    let newest = RoomState {
        read_seq: None,
        ..state(4)
    };
    stage.hub.load(Scope::All, vec![(OTHER, newest)]);
    advance(SECOND).await;
    deliver(4);
    let sent = admin.texts();
    assert!(sent[0].contains(r#""last_seq":4"#), "{sent:?}");
}

#[tokio::test(start_paused = true)]
async fn room_of_list_goes_once() {
    let stage = Stage::new();
    let admin = stage.admin_of(1, &[ROOM]).await;
    let gone = || {
        stage.hub.load(Scope::All, Vec::new());
        for due in stage.due() {
            stage.hub.deliver(due, Err(Eviction::RoomRemoved));
        }
    };
    for _ in 0..3 {
        gone();
        advance(SECOND).await;
    }
    assert_eq!(admin.texts().len(), 1);
    let other = stage.admin_of(2, &[ROOM]).await;
    gone();
    assert_eq!(other.texts().len(), 1, "it has just come");
}

#[tokio::test(start_paused = true)]
async fn all_rooms_are_read_once_a_second() {
    let stage = Stage::new();
    let all = || Following {
        rooms: FollowedRooms::InReach,
        ..Following::default()
    };
    let (ann, bob) = (stage.admin_of(1, &[]).await, stage.admin_of(2, &[]).await);
    let begin = || stage.hub.follow(ann.session(), all());
    let end = || stage.hub.follow(ann.session(), Following::default());
    begin();
    assert!(stage.hub.next_load(Scope::All).await);
    end();
    begin();
    let mut next = std::pin::pin!(stage.hub.next_load(Scope::All));
    assert!(poll!(next.as_mut()).is_pending());
    advance(SECOND).await;
    assert!(next.await);
    stage.hub.follow(bob.session(), all());
    let mut next = std::pin::pin!(stage.hub.next_load(Scope::All));
    assert!(poll!(next.as_mut()).is_pending());
    stage.hub.load(Scope::All, Vec::new());
    assert!(!next.await, "it has been read for both");
    let of_brand = stage.hub.next_load(of_ann(1)).now_or_never();
    assert_eq!(of_brand, Some(true));
}

/// Nobody waits for others who fail, one after the other.
#[tokio::test(start_paused = true)]
async fn failed_load_delays_others_once() {
    let stage = Stage::new();
    let ann = stage.admin_of(1, &[]).await;
    let all = Following {
        rooms: FollowedRooms::InReach,
        ..Following::default()
    };
    stage.hub.follow(ann.session(), all);
    assert!(stage.hub.next_load(Scope::All).await);
    let next = || stage.hub.next_load(Scope::All);
    let three = timeout(2 * SECOND - SECOND / 2, async {
        tokio::join!(next(), next(), next())
    });
    assert_eq!(three.await, Ok((true, true, true)));
}
