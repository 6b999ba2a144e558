//! Which rooms the relay learns to be wanted.

use aftermatch_ports::model::FollowedRooms;
use tokio::task::yield_now;

use super::*;

const AT_ONCE: Option<Urgency> = Some(Urgency::AtOnce);
const SOON: Option<Urgency> = Some(Urgency::Soon);

impl Stage {
    /// How the room was wanted since the last call.
    fn wanted(&self) -> Vec<Option<Urgency>> {
        let wanted = std::mem::take(&mut *self.said.rooms.lock());
        assert!(wanted.iter().all(|(room, _)| *room == ROOM));
        wanted.into_iter().map(|(_, urgency)| urgency).collect()
    }
}

#[tokio::test]
async fn room_is_wanted_until_last_seat_ends() {
    let stage = Stage::new();
    let mut ann = stage.connected(1).await;
    assert_eq!(stage.wanted(), []);
    ann.reserve(&stage, ANN);
    assert_eq!(stage.wanted(), [AT_ONCE], "before the log is read");
    ann.activate(0);
    let bob = stage.joined(2, 0).await;
    drop(ann);
    assert_eq!(stage.wanted(), []);
    drop(bob);
    assert_eq!(stage.wanted(), [None]);
}

#[tokio::test]
async fn joined_room_is_urgent_for_followers_too() {
    let stage = Stage::new();
    let ann = stage.connected(1).await;
    stage.follow(&ann, FollowedRooms::These(vec![ROOM]));
    assert_eq!(stage.wanted(), [SOON]);
    let bob = stage.joined(2, 0).await;
    assert_eq!(stage.wanted(), [AT_ONCE]);
    let eve = stage.connected(3).await;
    stage.follow(&eve, FollowedRooms::These(vec![ROOM]));
    drop(ann);
    assert_eq!(stage.wanted(), []);
    drop(bob);
    assert_eq!(stage.wanted(), [SOON]);
    drop(eve);
    assert_eq!(stage.wanted(), [None]);
}

#[tokio::test]
async fn every_end_of_seats_ends_interest() {
    let stage = Stage::new();
    let ends: [fn(&Stage, &mut Client); 4] = [
        |_, client| client.reservation = None,
        |stage, client| {
            client.activate(0);
            assert_eq!(stage.hub.leave(client.session()), Some(ROOM));
        },
        |stage, client| {
            client.activate(0);
            let removed = Eviction::BrandRemoved;
            stage.hub.unsubscribe(client.session(), ROOM, removed);
        },
        |stage, client| {
            client.activate(0);
            stage.hub.close(ROOM, LOG, Eviction::Behind);
        },
    ];
    for end in ends {
        let mut client = stage.reserved(1, ANN).await;
        assert_eq!(stage.wanted(), [AT_ONCE]);
        end(&stage, &mut client);
        assert_eq!(stage.wanted(), [None]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn relay_learns_of_changes_in_order() {
    let stage = Arc::new(Stage::new());
    let tasks = TaskTracker::new();
    let sessions = (1..=4).map(|session| {
        let stage = stage.clone();
        tasks.spawn(async move {
            let mut client = stage.connected(session).await;
            for _ in 0..500 {
                client.reserve(&stage, ANN);
                yield_now().await;
                client.reservation = None;
            }
        })
    });
    for session in sessions.collect::<Vec<_>>() {
        session.await.expect("no panic");
    }
    let wanted = stage.wanted();
    assert!(!wanted.is_empty());
    let alternating = [AT_ONCE, None].into_iter().cycle();
    assert!(wanted.iter().copied().eq(alternating.take(wanted.len())));
    assert_eq!(wanted.last(), Some(&None));
}
