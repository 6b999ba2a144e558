//! Who is connected, and who receives an event.

use std::future::poll_fn;

use aftermatch_ports::{ConnectedSession, Presence, model::Refusal};

use aftermatch_protocol::close::Close;

use super::*;

#[tokio::test]
async fn connected_lists_sessions_with_their_seats() {
    let stage = Stage::new();
    let _ann = stage.joined(1, 4).await;
    let _eve = stage.reserved(2, EVE).await;
    let mut connected = stage.hub.connected();
    connected.sessions.sort_by_key(|each| each.session.0);
    let session = |id, viewer| ConnectedSession {
        session: SessionId(id),
        user: UserId(id),
        revision: Revision(1),
        endpoint: Endpoint::Chat,
        seats: vec![(ROOM, viewer)],
    };
    assert_eq!(connected.sessions, [session(1, ANN), session(2, EVE)]);
    let version = RoomVersion {
        room: ROOM,
        revision: Revision(1),
        last_seq: Seq(4),
    };
    assert_eq!(connected.rooms, [version]);
}

#[tokio::test]
async fn disconnect_closes_with_the_lost_right() {
    for (reason, close) in [
        (Refusal::UserDeactivated, Close::DEACTIVATED),
        (Refusal::AdminRequired, Close::NO_RIGHT),
        (Refusal::BrandRequired, Close::NO_RIGHT),
    ] {
        let stage = Stage::new();
        let ann = stage.joined(1, 0).await;
        stage.hub.disconnect(SessionId(1), reason);
        let closing = poll_fn(|context| ann.outbox().poll(context));
        assert_eq!(closing.await, close);
    }
}

#[tokio::test]
async fn event_reaches_only_viewers_of_its_room() {
    let stage = Stage::new();
    let _ann = stage.joined(1, 0).await;
    let eve = stage.joined_as(2, EVE, 0).await;
    let admin = stage.joined_as(3, Viewer::Admin, 0).await;
    for (seq, brands) in [(1, 1), (2, 2), (3, 1)] {
        let delivered = stage.hub.broadcast(event(seq, brands)).await;
        assert_eq!(delivered, Ok(()));
    }
    assert_eq!(eve.received(), [2], "brand 2 was in the room for event 2");
    assert_eq!(admin.received(), [1, 2, 3]);
}

#[tokio::test]
async fn only_requester_learns_of_missing_messages() {
    let stage = Stage::new();
    let clients = [stage.joined(1, 0).await, stage.joined(2, 0).await];
    let kind = EventKind::Deleted {
        ids: vec![MessageId(5)],
        missing: vec![MessageId(6)],
    };
    let event = RoomEvent {
        kind,
        ..event(1, 1)
    };
    assert_eq!(stage.hub.broadcast(event).await, Ok(()));
    let [requester, other] = clients.each_ref().map(|client| {
        let frame = waiting(client.outbox()).pop().expect("the event");
        String::from_utf8_lossy(&frame).into_owned()
    });
    assert!(requester.contains("\"messages_ids\":[5]"), "{requester}");
    assert!(other.contains("\"messages_ids\":[5]"), "{other}");
    let errors = "\"errors\":[\"not deleted: [6]";
    assert!(requester.contains(errors), "{requester}");
    assert!(other.contains("\"errors\":[],"), "{other}");
}

#[tokio::test]
async fn connected_shows_oldest_revision_of_joined_room() {
    let stage = Stage::new();
    let mut ann = stage.reserved(1, ANN).await;
    let mut bob = stage.reserved(2, ANN).await;
    // Bob read the room before it changed.
    for (client, revision) in [(&mut ann, Revision(6)), (&mut bob, Revision(5))] {
        client.activate_at(RoomVersion {
            revision,
            ..joined_at(0)
        });
    }
    let revisions: Vec<_> = stage
        .hub
        .connected()
        .rooms
        .iter()
        .map(|room| room.revision)
        .collect();
    assert_eq!(revisions, [Revision(5)]);
}
