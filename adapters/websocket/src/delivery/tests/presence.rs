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
        endpoint: Endpoint::Chat,
        viewer: ANN,
        seats: vec![(ROOM, viewer)],
    };
    assert_eq!(connected.sessions, [session(1, ANN), session(2, EVE)]);
    assert_eq!(connected.rooms, [(ROOM, head(LOG, 4))]);
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

/// A seat that misses an event does not stay: the brand may be in the room again before
/// anybody has checked.
#[tokio::test]
async fn seat_that_may_not_see_an_event_ends() {
    let stage = Stage::new();
    let _ann = stage.joined(1, 0).await;
    let eve = stage.joined_as(2, EVE, 0).await;
    let admin = stage.joined_as(3, Viewer::Admin, 0).await;
    for (seq, brands) in [(1, 2), (2, 1), (3, 2)] {
        stage.hub.broadcast(event(seq, brands)).await;
    }
    assert_eq!(admin.received(), [1, 2, 3]);
    assert_eq!(eve.received(), [1, 0], "event 1, then the notice");
    assert_eq!(stage.hub.room_of(SessionId(2)), None);
}

/// The join has read the room before or after the event that the brand may not see.
#[tokio::test]
async fn reserved_seat_that_missed_an_event_is_revoked() {
    for (joined, expected) in [(1, vec!["brand_removed"]), (2, vec![])] {
        let stage = Stage::new();
        let _ann = stage.joined(1, 0).await;
        let mut eve = stage.reserved(2, EVE).await;
        stage.hub.broadcast(event(1, 2)).await;
        stage.hub.broadcast(event(2, 1)).await;
        eve.activate(joined);
        assert_eq!(eve.notices(), expected);
        let room = expected.is_empty().then_some(ROOM);
        assert_eq!(stage.hub.room_of(SessionId(2)), room);
    }
}

#[tokio::test]
async fn only_requester_learns_of_missing_messages() {
    let stage = Stage::new();
    let clients = [stage.joined(1, 0).await, stage.joined(2, 0).await];
    let kind = EventKind::Deleted {
        ids: vec![MessageId(5)],
        missing: vec![MessageId(6).into()],
    };
    let event = RoomEvent {
        kind,
        ..event(1, 1)
    };
    stage.hub.broadcast(event).await;
    let [requester, other] = clients
        .each_ref()
        .map(|client| client.texts().pop().expect("the event"));
    assert!(requester.contains("\"messages_ids\":[5]"), "{requester}");
    assert!(other.contains("\"messages_ids\":[5]"), "{other}");
    let errors = "\"errors\":[\"not deleted: [6]";
    assert!(requester.contains(errors), "{requester}");
    assert!(other.contains("\"errors\":[],"), "{other}");
}
