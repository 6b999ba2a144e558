//! Seats that receive new messages without their room.

use super::*;

impl Stage {
    async fn joined_lean(&self, session: i64) -> Client {
        let client = self.joined(session, 0).await;
        let connection = client.registration.connection();
        self.hub.joined(connection, ROOM, true);
        client
    }
}

#[tokio::test(start_paused = true)]
async fn lean_seat_is_known_as_long_as_it_is_there() {
    let stage = Stage::new();
    for end in ["disconnect", "leave", "rejoin"] {
        let ann = stage.joined_lean(1).await;
        let connection = Arc::downgrade(ann.registration.connection());
        assert_eq!(stage.hub.scopes(), [of_ann(1)], "{end}");
        match end {
            "leave" => drop(stage.hub.leave(ann.session())),
            "rejoin" => {
                let connection = ann.registration.connection();
                stage.hub.joined(connection, ROOM, false);
            }
            _ => {}
        }
        assert_eq!(stage.hub.scopes().is_empty(), end != "disconnect", "{end}");
        drop(ann);
        assert_eq!(stage.hub.scopes(), [], "{end}");
        assert!(connection.upgrade().is_none(), "{end}");
    }
    let unseated = stage.connected(1).await;
    let connection = unseated.registration.connection();
    stage.hub.joined(connection, ROOM, true);
    assert_eq!(stage.hub.scopes(), [], "it has lost the seat");
}

#[tokio::test(start_paused = true)]
async fn room_that_changes_during_lean_join_is_not_missed() {
    let stage = Stage::new();
    let ann = stage.joined(1, 0).await;
    let connection = ann.registration.connection();
    let joining = stage.hub.joining_lean(connection);
    assert_eq!(stage.hub.scopes(), [of_ann(1)]);
    stage.hub.changed(vec![ROOM], vec![(ROOM, BrandId(1))]);
    stage.deliver_due(1);
    ann.texts();
    stage.hub.joined(connection, ROOM, true);
    drop(joining);
    advance(SECOND).await;
    assert_eq!(stage.deliver_due(1), 1);
    assert!(ann.texts()[0].contains(r#""room":{"pk":1"#));
}

#[tokio::test(start_paused = true)]
async fn seat_that_ends_during_another_join_is_made_up_for() {
    let stage = Stage::new();
    for ends in ["activate", "cancel"] {
        let mut ann = stage.joined(1, 3).await;
        let following = Following {
            rooms: FollowedRooms::InReach,
            ..Following::default()
        };
        let scope = stage.hub.follow(ann.session(), following).expect("a scope");
        stage.hub.load(scope, vec![(ROOM, state(3))]);
        stage.hub.written(ROOM, Seq(4));
        assert_eq!(stage.due(), [], "it has joined");
        ann.reserve(&stage, ANN);
        ann.anchor(head(LOG, 3));
        stage.hub.close(ROOM, LOG, Eviction::Behind);
        let reservation = ann.reservation.take().expect("a reservation");
        match ends {
            "activate" => reservation.activate(Seq(3)),
            _ => drop(reservation),
        }
        assert_eq!(stage.deliver_due(4), 1, "{ends}");
        let sent = ann.texts();
        assert!(
            sent.last()
                .is_some_and(|sent| sent.contains("room_changed")),
            "{ends}: {sent:?}"
        );
        drop(ann);
        advance(2 * SECOND).await;
        stage.due();
    }
}
