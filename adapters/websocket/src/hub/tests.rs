mod presence;

use aftermatch_ports::model::{
    Brand, BrandId, MessageId, Profile, Revision, Room, Tag, Text, Viewer, What,
};
use tokio::task::JoinHandle;
use tokio_util::task::TaskTracker;

use super::*;
use crate::transport::outbox_tests::{outbox, waiting};

const ROOM: RoomId = RoomId(1);
const ANN: Viewer = Viewer::Brand(BrandId(1));
const EVE: Viewer = Viewer::Brand(BrandId(2));

/// A hub and those who listen to it.
struct Story {
    hub: Arc<Hub>,
}

impl Story {
    fn new() -> Self {
        Self {
            hub: Arc::new(Hub::new()),
        }
    }

    async fn hold(&self, session: i64, viewer: Viewer) -> Arc<Outbox> {
        let (outbox, _) = outbox(100, 100_000).await;
        let connected = Session {
            id: SessionId(session),
            user: UserId(session),
            revision: Revision(1),
            endpoint: Endpoint::Chat,
            room: None,
        };
        self.hub.connect(&connected, outbox.clone());
        self.hub.hold(Seat {
            session: SessionId(session),
            room: ROOM,
            viewer,
        });
        outbox
    }

    fn seat(&self, session: i64, since: i64) {
        assert!(self.hub.begin(ROOM, Seq(since)), "what follows is told");
        let room = change(1, 1).room.room;
        self.hub
            .seat(SessionId(session), ROOM, Seq(since), room.revision);
    }

    async fn joined(&self, session: i64, since: i64) -> Arc<Outbox> {
        let outbox = self.hold(session, ANN).await;
        self.seat(session, since);
        outbox
    }

    fn tell(&self, seq: i64) -> JoinHandle<Result<(), Seq>> {
        let hub = self.hub.clone();
        let told = async move { hub.tell(change(seq, 1)).await };
        TaskTracker::new().spawn(told)
    }
}

/// An edit by session 1 in a room of these many brands.
fn change(seq: i64, brands: i64) -> Change {
    let brand = |id| {
        Arc::new(Brand {
            id: BrandId(id),
            tariff: None,
            tariff_until: None,
            profile: Profile::new("{}"),
        })
    };
    let room = Arc::new(Room {
        id: ROOM,
        revision: Revision(brands),
        participants: (1..=brands).map(brand).collect(),
    });
    Change {
        seq: Seq(seq),
        room: room.at(time::OffsetDateTime::UNIX_EPOCH.into()),
        asker: Some(SessionId(1)),
        tag: Tag::new("1"),
        what: What::Edited {
            id: MessageId(5),
            text: Text::new("text", 10).expect("a fit text"),
        },
    }
}

/// What waits in an outbox: `seq` of each change, 0 for an answer.
fn heard(outbox: &Outbox) -> Vec<i64> {
    waiting(outbox).iter().map(seq_of).collect()
}

fn seq_of(frame: &Bytes) -> i64 {
    let text = String::from_utf8_lossy(frame);
    let digits = text.split_once("\"seq\":").map_or("0", |(_, rest)| rest);
    digits
        .split('}')
        .next()
        .and_then(|digits| digits.parse().ok())
        .unwrap_or(0)
}

#[tokio::test]
async fn changes_are_told_by_seq_whatever_order_they_come_in() {
    let story = Story::new();
    let ann = story.joined(1, 0).await;
    let third = story.tell(3);
    let second = story.tell(2);
    assert_eq!(heard(&ann), [0; 0], "the first change is still to come");
    assert!(!third.is_finished() && !second.is_finished());
    for told in [story.tell(1), second, third] {
        told.await.expect("told").expect("in its turn");
    }
    assert_eq!(heard(&ann), [1, 2, 3]);
}

#[tokio::test]
async fn a_held_seat_hears_its_answer_first_and_then_what_followed() {
    let story = Story::new();
    let ann = story.joined(1, 0).await;
    let bob = story.hold(2, ANN).await;
    for seq in 1..=4 {
        story.tell(seq).await.expect("told").expect("in its turn");
    }
    assert_eq!(heard(&bob), [0; 0], "nothing comes before the answer");
    story.seat(2, 2);
    assert_eq!(
        heard(&bob),
        [3, 4],
        "the store had 2 changes when the room was read"
    );
    story.tell(5).await.expect("told").expect("in its turn");
    assert_eq!(heard(&bob), [5]);
    assert_eq!(heard(&ann), [1, 2, 3, 4, 5]);
}

#[tokio::test]
async fn what_was_kept_before_the_seat_was_taken_is_no_news_when_it_is_told_after() {
    let story = Story::new();
    let ann = story.joined(1, 0).await;
    let bob = story.joined(2, 2).await;
    for seq in 1..=3 {
        story.tell(seq).await.expect("told").expect("in its turn");
    }
    assert_eq!(heard(&bob), [3]);
    assert_eq!(heard(&ann), [1, 2, 3]);
}

#[tokio::test]
async fn the_first_to_be_seated_misses_nothing_that_came_early() {
    let story = Story::new();
    let ann = story.hold(1, ANN).await;
    let early: Vec<_> = [7, 8, 9].map(|seq| story.tell(seq)).into();
    tokio::task::yield_now().await;
    story.seat(1, 7);
    for told in early {
        told.await.expect("told").expect("in its turn");
    }
    assert_eq!(heard(&ann), [8, 9]);
}

#[tokio::test]
async fn whoever_read_the_room_before_the_first_reads_it_again() {
    let story = Story::new();
    let ann = story.hold(1, ANN).await;
    let bob = story.hold(2, ANN).await;
    // Another process kept change 2 in between.
    assert!(story.hub.begin(ROOM, Seq(2)));
    assert!(!story.hub.begin(ROOM, Seq(1)), "nobody here tells change 2");
    story.tell(3).await.expect("told").expect("in its turn");
    story.seat(1, 2);
    story.seat(2, 3);
    story.tell(4).await.expect("told").expect("in its turn");
    assert_eq!(heard(&ann), [3, 4]);
    assert_eq!(heard(&bob), [4]);
}

#[tokio::test]
async fn whoever_left_hears_nothing_and_holds_nobody_up() {
    let story = Story::new();
    let ann = story.joined(1, 0).await;
    let bob = story.hold(2, ANN).await;
    story.hub.leave(SessionId(2), ROOM);
    story.tell(1).await.expect("told").expect("in its turn");
    assert_eq!(heard(&bob), [0; 0]);
    let waiting = story.tell(3);
    tokio::task::yield_now().await;
    assert_eq!(heard(&ann), [1]);
    story.hub.leave(SessionId(1), ROOM);
    let told = waiting.await.expect("told");
    assert_eq!(told, Ok(()), "nobody is left to wait for");
    assert!(story.hub.rooms.read().is_empty());
}

#[tokio::test]
async fn only_those_the_room_admits_are_told() {
    let story = Story::new();
    story.joined(1, 0).await;
    let eve = story.hold(2, EVE).await;
    story.seat(2, 0);
    let boss = story.hold(3, Viewer::Admin).await;
    story.seat(3, 0);
    story.hub.tell(change(1, 1)).await.expect("in its turn");
    story.hub.tell(change(2, 2)).await.expect("in its turn");
    story.hub.tell(change(3, 1)).await.expect("in its turn");
    assert_eq!(heard(&eve), [2], "brand 2 was in the room for one change");
    assert_eq!(heard(&boss), [1, 2, 3]);
}

#[tokio::test]
async fn the_asker_alone_is_told_what_was_not_deleted() {
    let story = Story::new();
    let outboxes = [story.joined(1, 0).await, story.joined(2, 0).await];
    let what = What::Deleted {
        ids: vec![MessageId(5)],
        missing: vec![MessageId(6)],
    };
    story
        .hub
        .tell(Change {
            what,
            ..change(1, 1)
        })
        .await
        .expect("in its turn");
    let mut told = Vec::new();
    for outbox in outboxes {
        let frame = waiting(&outbox).pop().expect("the change");
        told.push(String::from_utf8_lossy(&frame).into_owned());
    }
    assert!(
        told.iter()
            .all(|frame| frame.contains("\"messages_ids\":[5]")),
        "{told:?}"
    );
    assert!(
        told[0].contains("\"errors\":[\"not deleted: [6]"),
        "{told:?}"
    );
    assert!(told[1].contains("\"errors\":[],"), "{told:?}");
}

#[tokio::test(start_paused = true)]
async fn a_change_whose_forerunners_do_not_come_waits_to_be_caught_up() {
    let story = Story::new();
    let ann = story.joined(1, 0).await;
    let (third, fourth) = (story.tell(3), story.tell(4));
    assert_eq!(third.await.expect("answered"), Err(Seq(0)));
    assert_eq!(fourth.await.expect("answered"), Err(Seq(0)));
    assert_eq!(heard(&ann), [0; 0], "not before their turn");
    let of_another = Change {
        asker: None,
        ..change(2, 1)
    };
    story.hub.catch_up(ROOM, Some(vec![of_another]), Seq(2));
    assert_eq!(waiting(&ann).len(), 0, "sent off");
    assert_eq!(story.hub.last_told(ROOM), Some(Seq(4)));
}

#[tokio::test(start_paused = true)]
async fn what_nobody_can_read_holds_nobody_up_for_ever_and_may_come_late() {
    let story = Story::new();
    let ann = story.joined(1, 0).await;
    let third = story.tell(3);
    assert_eq!(third.await.expect("answered"), Err(Seq(0)));
    story.hub.catch_up(ROOM, None, Seq(2));
    assert_eq!(story.hub.last_told(ROOM), Some(Seq(3)));
    waiting(&ann);
    let bob = story.joined(2, 3).await;
    story.tell(2).await.expect("told").expect("late");
    story.tell(4).await.expect("told").expect("in its turn");
    assert_eq!(heard(&ann), [2, 4]);
    assert_eq!(heard(&bob), [4], "it was before its time");
}

#[tokio::test]
async fn what_was_told_for_others_is_told_the_asker_alone_when_it_comes() {
    let story = Story::new();
    let ann = story.joined(1, 0).await;
    let bob = story.joined(2, 0).await;
    story.hub.catch_up(ROOM, Some(Vec::new()), Seq(1));
    story.tell(1).await.expect("told").expect("late");
    assert_eq!(heard(&ann), [1]);
    assert_eq!(heard(&bob), [0; 0], "it came to nothing");
}

#[tokio::test]
async fn what_others_have_kept_is_told_in_its_turn() {
    let story = Story::new();
    let ann = story.joined(1, 0).await;
    let foreign = |seq| Change {
        asker: None,
        ..change(seq, 1)
    };
    story
        .hub
        .fill(ROOM, vec![(Seq(2), Some(foreign(2))), (Seq(3), None)]);
    assert_eq!(heard(&ann), [0; 0], "the first is still to come");
    let first = story.tell(1);
    let fourth = story.tell(4);
    first.await.expect("told").expect("in its turn");
    fourth.await.expect("told").expect("in its turn");
    assert_eq!(heard(&ann), [1, 2, 4]);
    story.hub.fill(ROOM, vec![(Seq(4), Some(foreign(4)))]);
    assert_eq!(heard(&ann), [0; 0], "told before");
}

#[tokio::test]
async fn a_seat_taken_anew_hears_what_followed_and_one_released_all() {
    let story = Story::new();
    let ann = story.joined(1, 0).await;
    let again = || {
        story.hub.hold(Seat {
            session: SessionId(1),
            room: ROOM,
            viewer: ANN,
        });
    };
    again();
    for seq in 1..=3 {
        story.tell(seq).await.expect("told").expect("in its turn");
    }
    assert_eq!(heard(&ann), [0; 0]);
    story.seat(1, 2);
    assert_eq!(heard(&ann), [3]);
    again();
    story.tell(4).await.expect("told").expect("in its turn");
    story.hub.release(SessionId(1), ROOM);
    assert_eq!(heard(&ann), [4]);
    story.tell(5).await.expect("told").expect("in its turn");
    assert_eq!(heard(&ann), [5], "once");
}

#[tokio::test]
async fn too_much_for_a_held_seat_is_too_much() {
    let story = Story::new();
    let ann = story.hold(1, ANN).await;
    story.joined(2, 0).await;
    for seq in 1..=101 {
        story.tell(seq).await.expect("told").expect("in its turn");
    }
    let closing = std::future::poll_fn(|context| ann.poll(context));
    assert_eq!(closing.await, Close::TOO_SLOW);
}
