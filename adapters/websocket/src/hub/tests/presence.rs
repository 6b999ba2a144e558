//! Who is there, and who is there no more.

use super::*;

#[tokio::test]
async fn whoever_is_evicted_is_told_why_and_hears_no_more_but_its_answers() {
    let story = Story::new();
    let ann = story.joined(1, 0).await;
    let bob = story.joined(2, 0).await;
    story.hub.evict(SessionId(1), ROOM, Eviction::BrandRemoved);
    assert!(ann.forget_eviction(ROOM));
    assert!(!ann.forget_eviction(ROOM), "once");
    let foreign = Change {
        asker: None,
        ..change(1, 1)
    };
    story.hub.tell(foreign).await.expect("in its turn");
    assert_eq!(heard(&bob), [1]);
    assert_eq!(heard(&ann), [0; 0]);
    // Kept before the seat was taken away.
    story.tell(2).await.expect("told").expect("in its turn");
    assert_eq!(heard(&bob), [2]);
    assert_eq!(story.hub.last_told(ROOM), Some(Seq(2)));
}

#[tokio::test]
async fn everyone_present_is_seen_with_the_seats_they_have() {
    let story = Story::new();
    story.joined(1, 4).await;
    story.hold(2, EVE).await;
    let mut present = story.hub.present();
    present.sessions.sort_by_key(|presence| presence.session.0);
    let presence = |id, viewer| Presence {
        session: SessionId(id),
        user: UserId(id),
        revision: Revision(1),
        endpoint: Endpoint::Chat,
        seats: vec![(ROOM, viewer)],
    };
    assert_eq!(present.sessions, [presence(1, ANN), presence(2, EVE)]);
    let expected = aftermatch_ports::Expected {
        room: ROOM,
        revision: Revision(1),
        last: Seq(4),
    };
    assert_eq!(present.rooms, [expected]);
}

#[tokio::test]
async fn who_lost_a_right_is_closed_and_hears_which() {
    for (why, close) in [
        (Refusal::UserDeactivated, Close::DEACTIVATED),
        (Refusal::AdminRequired, Close::NO_RIGHT),
        (Refusal::BrandRequired, Close::NO_RIGHT),
    ] {
        let story = Story::new();
        let ann = story.joined(1, 0).await;
        story.hub.expel(SessionId(1), why);
        let closing = std::future::poll_fn(|context| ann.poll(context));
        assert_eq!(closing.await, close);
    }
}
