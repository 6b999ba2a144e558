//! The newest state of followed rooms.

mod lean;
mod lists;

use std::future::poll_fn;

use aftermatch_ports::{
    DueRoom, Inbox, ListedRoom, RoomState, Scope, Summary,
    model::{FollowedRooms, Following},
};
use futures_util::{FutureExt, poll};
use tokio::time::{advance, sleep};

use super::*;

pub(super) const OTHER: RoomId = RoomId(2);
pub(super) const SECOND: Duration = Duration::from_secs(1);

pub(super) fn of_ann(user: i64) -> Scope {
    Scope::Brand {
        brand: BrandId(1),
        reader: UserId(user),
    }
}

pub(super) fn state(last_seq: i64) -> RoomState {
    RoomState {
        last_seq: Seq(last_seq),
        read_seq: Some(Seq::ZERO),
        revision: Revision(2),
    }
}

pub(super) fn summary(room: RoomId, last_seq: i64) -> Summary {
    let mut view = event(last_seq, 2).room;
    let mut of = (*view.room).clone();
    of.id = room;
    view.room = Arc::new(of);
    Summary {
        listed: ListedRoom {
            view,
            last_seq: Seq(last_seq),
            unread: Some(1),
            read_seq: Some(Seq::ZERO),
            last_message: None,
        },
        read_positions: Vec::new(),
    }
}

impl Stage {
    /// Follows its rooms, of which there is one, up to event 3.
    pub(super) async fn following(&self, session: i64) -> Client {
        let client = self.connected(session).await;
        self.follow(&client, FollowedRooms::InReach);
        client
    }

    pub(super) fn follow(&self, client: &Client, rooms: FollowedRooms) {
        let following = Following {
            rooms,
            ..Following::default()
        };
        if let Some(scope) = self.hub.follow(client.session(), following) {
            self.hub.load(scope, vec![(OTHER, state(3))]);
        }
    }

    pub(super) fn due(&self) -> Vec<DueRoom> {
        self.hub.due().now_or_never().unwrap_or_default()
    }

    /// Delivers all that is due, each room up to this event.
    pub(super) fn deliver_due(&self, last_seq: i64) -> usize {
        let due = self.due();
        for due in &due {
            self.hub.deliver(*due, Ok(summary(due.room, last_seq)));
        }
        due.len()
    }
}

#[tokio::test(start_paused = true)]
async fn event_in_followed_room_is_delivered_once() {
    let stage = Stage::new();
    let ann = stage.following(1).await;
    let deaf = stage.connected(1 << 40).await;
    for seq in [3, 2] {
        stage.hub.written(OTHER, Seq(seq));
    }
    stage.hub.written(ROOM, Seq(9));
    assert_eq!(stage.due(), [], "known already, or of another brand");
    stage.hub.written(OTHER, Seq(4));
    stage.hub.written(OTHER, Seq(5));
    assert_eq!(stage.deliver_due(5), 1);
    let sent = ann.texts();
    assert_eq!(sent.len(), 1);
    assert!(sent[0].contains(r#""data":{"room_pk":2,"last_seq":5,"unread":1,"read_seq":0,"last_message":null},"action":"room_changed""#), "{sent:?}");
    assert_eq!(deaf.texts(), [""; 0]);
    stage.hub.written(OTHER, Seq(5));
    sleep(2 * SECOND).await;
    assert_eq!(stage.due(), []);
}

#[tokio::test(start_paused = true)]
async fn room_is_delivered_once_a_second_with_all_that_happened() {
    let stage = Stage::new();
    let ann = stage.following(1).await;
    for seq in 4..=10 {
        stage.hub.written(OTHER, Seq(seq));
        stage.deliver_due(seq);
    }
    assert_eq!(ann.texts().len(), 1);
    advance(SECOND).await;
    assert_eq!(stage.deliver_due(10), 1);
    assert!(ann.texts()[0].contains(r#""last_seq":10"#));
}

#[tokio::test(start_paused = true)]
async fn change_during_read_is_read_again() {
    let stage = Stage::new();
    let ann = stage.following(1).await;
    stage.hub.written(OTHER, Seq(4));
    let due = stage.due();
    stage.hub.written(OTHER, Seq(5));
    assert_eq!(stage.due(), [], "it is being read");
    stage.hub.deliver(due[0], Ok(summary(OTHER, 4)));
    advance(SECOND).await;
    assert_eq!(stage.deliver_due(5), 1);
    assert_eq!(ann.texts().len(), 2);
}

/// What was read had both changes.
#[tokio::test(start_paused = true)]
async fn room_without_news_does_not_delay_the_next() {
    let stage = Stage::new();
    let ann = stage.following(1).await;
    stage.hub.written(OTHER, Seq(4));
    let due = stage.due();
    stage.hub.written(OTHER, Seq(5));
    stage.hub.deliver(due[0], Ok(summary(OTHER, 5)));
    advance(SECOND).await;
    assert_eq!(stage.deliver_due(5), 1);
    assert_eq!(ann.texts().len(), 1, "nothing has changed");
    stage.hub.written(OTHER, Seq(6));
    assert_eq!(stage.deliver_due(6), 1, "at once");
    assert_eq!(ann.texts().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn joined_room_is_silent_until_it_is_left() {
    let stage = Stage::new();
    let mut ann = stage.connected(1).await;
    ann.reserve(&stage, ANN);
    ann.activate(3);
    let following = Following {
        rooms: FollowedRooms::InReach,
        ..Following::default()
    };
    let scope = stage.hub.follow(ann.session(), following).expect("a scope");
    stage.hub.load(scope, vec![(ROOM, state(3))]);
    stage.hub.written(ROOM, Seq(4));
    assert_eq!(stage.due(), [], "it is not even read");
    stage.hub.leave(ann.session());
    assert_eq!(stage.deliver_due(4), 1);
    assert!(ann.texts()[0].contains("room_changed"));
}

#[tokio::test(start_paused = true)]
async fn room_comes_into_reach_and_goes_out_of_it() {
    let stage = Stage::new();
    let ann = stage.following(1).await;
    stage.hub.changed(vec![ROOM], vec![(ROOM, BrandId(1))]);
    assert_eq!(stage.deliver_due(1), 1);
    assert!(ann.texts()[0].contains(r#""action":"room_added""#));
    advance(SECOND).await;
    stage.hub.changed(vec![ROOM], vec![(ROOM, BrandId(1))]);
    assert_eq!(stage.deliver_due(1), 1);
    let changed = ann.texts();
    assert!(
        changed[0].contains(r#""action":"room_changed""#),
        "{changed:?}"
    );
    assert!(changed[0].contains(r#""room":{"pk":1"#), "{changed:?}");
    advance(SECOND).await;
    stage.hub.changed(vec![ROOM], vec![]);
    let due = stage.due();
    stage.hub.deliver(due[0], Err(Eviction::BrandRemoved));
    let removed = r#""data":{"room_pk":1,"reason":"brand_removed"},"action":"room_removed""#;
    assert!(ann.texts()[0].contains(removed));
    stage.hub.written(ROOM, Seq(2));
    assert_eq!(stage.due(), []);
}

#[tokio::test(start_paused = true)]
async fn change_while_rooms_are_read_is_not_missed() {
    let stage = Stage::new();
    let client = stage.connected(1).await;
    let following = Following {
        rooms: FollowedRooms::InReach,
        ..Following::default()
    };
    let scope = stage.hub.follow(client.session(), following);
    assert_eq!(scope, Some(of_ann(1)));
    stage.hub.written(OTHER, Seq(4));
    stage.hub.load(of_ann(1), vec![(OTHER, state(3))]);
    assert_eq!(stage.due().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn everything_is_compared_when_loaded_again() {
    let stage = Stage::new();
    let ann = stage.following(1).await;
    stage.hub.load(of_ann(1), vec![(OTHER, state(3))]);
    assert_eq!(stage.due(), [], "nothing has changed");
    stage
        .hub
        .load(of_ann(1), vec![(OTHER, state(2)), (ROOM, state(0))]);
    assert_eq!(stage.deliver_due(2), 2);
    assert_eq!(ann.texts().len(), 2);
    advance(SECOND).await;
    stage.hub.load(of_ann(1), vec![(ROOM, state(2))]);
    let due = stage.due();
    assert_eq!(due.len(), 1);
    assert_eq!(due[0].room, OTHER);
}

#[tokio::test(start_paused = true)]
async fn followed_rooms_are_wanted() {
    let stage = Stage::new();
    let ann = stage.following(1).await;
    let again = stage.following(2).await;
    stage.follow(&again, FollowedRooms::None);
    let wanted = (OTHER, Some(Urgency::Soon));
    assert_eq!(*stage.said.rooms.lock(), [wanted]);
    drop(ann);
    assert_eq!(*stage.said.rooms.lock(), [wanted, (OTHER, None)]);
    assert_eq!(stage.hub.scopes(), []);
}

#[tokio::test(start_paused = true)]
async fn room_that_could_not_be_read_is_due_again() {
    let stage = Stage::new();
    let _ann = stage.following(1).await;
    stage.hub.written(OTHER, Seq(4));
    let due = stage.due();
    stage.hub.postpone(due[0]);
    assert_eq!(stage.due(), []);
    advance(SECOND).await;
    assert_eq!(stage.due(), due);
}

#[tokio::test(start_paused = true)]
async fn due_room_wakes_the_one_who_waits() {
    let stage = Stage::new();
    let _ann = stage.following(1).await;
    let mut due = stage.hub.due();
    assert!(poll!(&mut due).is_pending());
    stage.hub.written(OTHER, Seq(4));
    let found = poll_fn(|context| due.poll_unpin(context)).await;
    assert_eq!(found.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn room_that_comes_while_rooms_are_read_is_not_missed() {
    let stage = Stage::new();
    let client = stage.connected(1).await;
    let following = Following {
        rooms: FollowedRooms::InReach,
        ..Following::default()
    };
    stage.hub.follow(client.session(), following);
    stage.hub.changed(vec![ROOM], vec![(ROOM, BrandId(1))]);
    // Read before that.
    stage.hub.load(of_ann(1), vec![(OTHER, state(3))]);
    stage.deliver_due(1);
    client.texts();
    advance(SECOND).await;
    stage.deliver_due(1);
    stage.hub.written(ROOM, Seq(2));
    advance(SECOND).await;
    stage.deliver_due(2);
    let sent = client.texts();
    assert!(
        sent.iter()
            .any(|sent| sent.contains(r#""room_pk":1,"last_seq":2"#)),
        "{sent:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn room_that_comes_back_while_it_is_read_is_not_lost() {
    let stage = Stage::new();
    let ann = stage.following(1).await;
    stage.hub.written(OTHER, Seq(4));
    let due = stage.due();
    stage.hub.changed(vec![OTHER], vec![(OTHER, BrandId(1))]);
    stage.hub.deliver(due[0], Err(Eviction::BrandRemoved));
    assert!(ann.texts()[0].contains("room_removed"));
    assert_eq!(stage.deliver_due(4), 1);
    assert!(ann.texts()[0].contains("room_added"));
    advance(SECOND).await;
    stage.hub.written(OTHER, Seq(5));
    assert_eq!(stage.deliver_due(5), 1);
}

#[tokio::test(start_paused = true)]
async fn older_summary_does_not_replace_newer_one() {
    let stage = Stage::new();
    let ann = stage.following(1).await;
    stage.hub.written(OTHER, Seq(4));
    let old = stage.due();
    stage.follow(&ann, FollowedRooms::None);
    stage.follow(&ann, FollowedRooms::InReach);
    stage.hub.written(OTHER, Seq(5));
    stage.hub.deliver(old[0], Ok(summary(OTHER, 4)));
    assert_eq!(ann.texts(), [""; 0]);
    assert_eq!(stage.deliver_due(5), 1);
    assert!(ann.texts()[0].contains(r#""last_seq":5"#));
}

#[tokio::test(start_paused = true)]
async fn changed_room_is_found_when_everything_is_compared() {
    let stage = Stage::new();
    let ann = stage.following(1).await;
    let changed = RoomState {
        revision: Revision(3),
        ..state(3)
    };
    stage.hub.load(of_ann(1), vec![(OTHER, changed)]);
    assert_eq!(stage.deliver_due(3), 1);
    assert!(ann.texts()[0].contains(r#""room":{"pk":2"#));
}

#[tokio::test(start_paused = true)]
async fn session_turns_to_rooms_of_another_brand() {
    let stage = Stage::new();
    let ann = stage.following(1).await;
    stage.hub.written(OTHER, Seq(4));
    let scope = stage.hub.turn_to(ann.session(), EVE).expect("a scope");
    let removed = r#""data":{"room_pk":2,"reason":"brand_lost"},"action":"room_removed""#;
    let sent = ann.texts();
    assert!(sent.len() == 1 && sent[0].contains(removed), "{sent:?}");
    assert_eq!(stage.due(), [], "nobody follows it any more");
    stage.hub.load(scope, vec![(ROOM, state(3))]);
    assert_eq!(stage.deliver_due(3), 1);
    assert!(ann.texts()[0].contains("room_added"));
    drop(ann);
    assert_eq!(stage.hub.scopes(), []);
    let online = stage.said.online.lock().clone();
    assert_eq!(
        online,
        [(1, true), (2, true), (1, false), (2, false)]
            .map(|(brand, is_online)| (BrandId(brand), is_online))
    );
}
