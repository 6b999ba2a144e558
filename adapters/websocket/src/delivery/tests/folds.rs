//! States of followed rooms that need no reading.

mod forgotten;

use aftermatch_ports::{
    DueRoom, Inbox, MAX_UNREAD, Signals, Summary,
    model::{Author, FollowedRooms, Following, Message},
};
use tokio::time::advance;

use super::{
    inbox::{OTHER, SECOND, of_ann, state, summary},
    *,
};

const BOB: UserId = UserId(2);

/// A change, and its name.
type Change<'a> = (&'a str, &'a dyn Fn(&Stage));

/// A message of `author` in a followed room.
pub(super) fn message(seq: i64, author: UserId) -> RoomEvent {
    let mut event = remote_event(seq);
    event.room = summary(OTHER, seq).listed.view;
    event.by = author;
    event.kind = EventKind::Created(Message {
        id: MessageId(seq),
        room: OTHER,
        author: Author {
            id: author,
            profile: Profile::new("{}"),
        },
        text: Text::new("text", 10).expect("a valid text"),
        attachments: None,
        created_at: event.at,
        edited_at: None,
        client_msg_id: None,
        seq: Seq(seq),
        changed_seq: Seq(seq),
    });
    event
}

fn in_followed(kind: EventKind) -> RoomEvent {
    RoomEvent {
        kind,
        ..message(5, BOB)
    }
}

/// The user has read the room elsewhere, and shows that to nobody.
fn read_elsewhere(stage: &Stage, user: i64) {
    stage.hub.receive(Signal::Read {
        room: OTHER,
        user: UserId(user),
        seq: Seq(4),
        shown: None,
    });
}

impl Stage {
    /// Session 1, whose room was read up to event 4, of which one message is unread.
    async fn knowing(&self) -> Client {
        let ann = self.following(1).await;
        self.learn(&ann);
        ann
    }

    fn learn(&self, client: &Client) {
        self.hub.written(OTHER, Seq(4));
        assert_eq!(self.deliver_due(4), 1);
        assert_eq!(client.texts().len(), 1);
    }

    /// Once the room does not rest, an event is delivered at once.
    async fn say(&self, event: &RoomEvent) {
        self.rest().await;
        self.hub.event(event);
    }

    async fn rest(&self) {
        advance(SECOND).await;
        assert_eq!(self.due(), []);
    }

    fn is_next(&self, seq: i64) -> bool {
        self.hub.is_next(OTHER, head(LOG, seq))
    }

    fn due_one(&self) -> DueRoom {
        let due = self.due();
        assert_eq!(due.len(), 1);
        due[0]
    }
}

fn assert_state(sent: &[String], state: &str) {
    assert!(sent.len() == 1 && sent[0].contains(state), "{sent:?}");
}

#[tokio::test(start_paused = true)]
async fn next_message_is_delivered_without_reading() {
    let stage = Stage::new();
    let ann = stage.knowing().await;
    stage.say(&message(5, BOB)).await;
    let sent = ann.texts();
    assert_state(&sent, r#""last_seq":5,"unread":2,"read_seq":0"#);
    assert_state(&sent, r#""last_message":{"id":5,"text":"text""#);
    for seq in 6..=8 {
        stage.hub.event(&message(seq, BOB));
        stage.hub.written(OTHER, Seq(seq));
    }
    assert_eq!(ann.texts(), [""; 0], "it rests");
    advance(SECOND).await;
    assert_eq!(stage.due(), [], "it is known");
    assert_state(&ann.texts(), r#""last_seq":8,"unread":5,"read_seq":0"#);
    stage.rest().await;
    stage.hub.event(&message(8, BOB));
    assert_eq!((stage.due(), ann.texts()), (vec![], vec![]), "once");
}

#[tokio::test(start_paused = true)]
async fn message_of_reader_is_not_unread() {
    let stage = Stage::new();
    let ann = stage.knowing().await;
    stage.say(&message(5, UserId(1))).await;
    assert_state(&ann.texts(), r#""last_seq":5,"unread":1,"read_seq":0"#);
}

#[tokio::test(start_paused = true)]
async fn unread_is_bounded_as_in_a_list() {
    let stage = Stage::new();
    let ann = stage.following(1).await;
    stage.hub.written(OTHER, Seq(4));
    let mut read = summary(OTHER, 4);
    read.listed.unread = Some(MAX_UNREAD as u64 - 1);
    let due = stage.due_one();
    stage.hub.deliver(due, Ok(read));
    for seq in [5, 6] {
        ann.texts();
        stage.say(&message(seq, BOB)).await;
        assert_state(&ann.texts(), r#""unread":1000,"#);
    }
}

#[tokio::test(start_paused = true)]
async fn administrator_has_nothing_unread() {
    let stage = Stage::new();
    let admin = stage.connected(9).await;
    let connection = admin.registration.connection();
    connection.set_viewer(Viewer::Admin);
    stage.follow(&admin, FollowedRooms::These(vec![OTHER]));
    stage.hub.written(OTHER, Seq(4));
    let mut read = summary(OTHER, 4);
    (read.listed.unread, read.listed.read_seq) = (None, None);
    let due = stage.due_one();
    stage.hub.deliver(due, Ok(read));
    admin.texts();
    stage.say(&message(5, BOB)).await;
    assert_state(
        &admin.texts(),
        r#"{"room_pk":2,"last_seq":5,"last_message""#,
    );
    let other = stage.connected(8).await;
    let connection = other.registration.connection();
    connection.set_viewer(Viewer::Admin);
    stage.follow(&other, FollowedRooms::These(vec![ROOM]));
    assert!(stage.is_next(6));
    stage.follow(&admin, FollowedRooms::None);
    stage.follow(&admin, FollowedRooms::These(vec![OTHER]));
    assert!(!stage.is_next(6), "nobody followed it meanwhile");
}

#[tokio::test(start_paused = true)]
async fn anything_but_next_message_is_read() {
    let edited = EventKind::Edited {
        id: MessageId(4),
        text: Text::stored("edited"),
    };
    let deleted = EventKind::Deleted {
        ids: vec![MessageId(4)],
        missing: vec![],
    };
    let mut of_other_log = message(4, BOB);
    of_other_log.epoch = MOVED;
    let mut of_changed_room = message(5, BOB);
    let mut room = (*of_changed_room.room.room).clone();
    room.revision = Revision(7);
    of_changed_room.room.room = Arc::new(room);
    let changed = aftermatch_ports::RoomState {
        revision: Revision(7),
        ..state(4)
    };
    let read_further = aftermatch_ports::RoomState {
        read_seq: Some(Seq(4)),
        ..state(4)
    };
    let changes: [Change<'_>; 11] = [
        ("edit", &|stage| {
            stage.hub.event(&in_followed(edited.clone()));
        }),
        ("deletion", &|stage| {
            stage.hub.event(&in_followed(deleted.clone()));
        }),
        ("gap", &|stage| stage.hub.event(&message(6, BOB))),
        ("log", &|stage| stage.hub.event(&of_other_log)),
        ("revision", &|stage| stage.hub.event(&of_changed_room)),
        ("number", &|stage| stage.hub.written(OTHER, Seq(5))),
        ("own position", &|stage| read_elsewhere(stage, 1)),
        ("room", &|stage| stage.hub.changed(vec![OTHER], vec![])),
        ("compared room", &|stage| {
            stage.hub.load(of_ann(1), vec![(OTHER, changed)]);
        }),
        ("lost position", &|stage| {
            stage.hub.load(of_ann(1), vec![(OTHER, read_further)]);
        }),
        ("removal", &|stage| stage.hub.load(of_ann(1), vec![])),
    ];
    for (name, change) in changes {
        let stage = Stage::new();
        let _ann = stage.knowing().await;
        stage.rest().await;
        assert!(stage.is_next(5), "{name}");
        change(&stage);
        assert!(!stage.is_next(5), "{name}");
        stage.hub.event(&message(5, BOB));
        assert_eq!(stage.due().len(), 1, "{name}");
    }
}

/// What is known stays as it is.
#[tokio::test(start_paused = true)]
async fn what_changes_no_state_is_not_read() {
    let stage = Stage::new();
    let ann = stage.knowing().await;
    stage.rest().await;
    read_elsewhere(&stage, 2);
    stage.hub.event(&message(4, BOB));
    stage.hub.event(&message(3, BOB));
    stage.hub.load(of_ann(1), vec![(OTHER, state(4))]);
    stage.say(&message(5, BOB)).await;
    assert_eq!(ann.texts().len(), 1);
}

/// The change may be in what was read, or not.
#[tokio::test(start_paused = true)]
async fn change_during_read_makes_nothing_known() {
    let changes: [Change<'_>; 3] = [
        ("event", &|stage| stage.hub.event(&message(5, BOB))),
        ("number", &|stage| stage.hub.written(OTHER, Seq(5))),
        ("own position", &|stage| read_elsewhere(stage, 1)),
    ];
    for (name, change) in changes {
        let stage = Stage::new();
        let _ann = stage.following(1).await;
        stage.hub.written(OTHER, Seq(4));
        let due = stage.due_one();
        change(&stage);
        stage.hub.deliver(due, Ok(summary(OTHER, 4)));
        assert!(!stage.is_next(5), "{name}");
        advance(SECOND).await;
        assert_eq!(stage.deliver_due(5), 1, "{name}");
        assert!(stage.is_next(6), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn read_position_that_comes_before_its_event_is_read() {
    let stage = Stage::new();
    let ann = stage.knowing().await;
    stage.rest().await;
    read_elsewhere(&stage, 1);
    let mut read = summary(OTHER, 5);
    (read.listed.unread, read.listed.read_seq) = (Some(0), Some(Seq(5)));
    let due = stage.due_one();
    stage.hub.deliver(due, Ok(read));
    assert_state(&ann.texts(), r#""last_seq":5,"unread":0,"read_seq":5"#);
    stage.hub.event(&message(5, BOB));
    stage.say(&message(6, BOB)).await;
    assert_state(&ann.texts(), r#""last_seq":6,"unread":1,"read_seq":5"#);
}

/// A read position can have moved without a signal.
#[tokio::test(start_paused = true)]
async fn room_is_read_again_after_a_minute() {
    let stage = Stage::new();
    let ann = stage.knowing().await;
    for seq in 5..=10 {
        advance(9 * SECOND).await;
        assert_eq!(stage.due(), []);
        stage.hub.event(&message(seq, BOB));
        assert_eq!(ann.texts().len(), 1);
    }
    advance(6 * SECOND).await;
    assert_eq!(stage.due(), []);
    assert!(!stage.is_next(11));
    stage.hub.event(&message(11, BOB));
    assert_eq!(stage.deliver_due(11), 1);
    assert!(stage.is_next(12));
}

#[tokio::test(start_paused = true)]
async fn room_with_read_positions_is_always_read() {
    let stage = Stage::new();
    let ann = stage.knowing().await;
    stage.say(&message(5, BOB)).await;
    stage.hub.event(&message(6, BOB));
    ann.texts();
    let following = Following {
        rooms: FollowedRooms::InReach,
        read_positions: true,
        ..Following::default()
    };
    assert_eq!(stage.hub.follow(ann.session(), following), None);
    advance(SECOND).await;
    let due = stage.due_one();
    assert!(due.with_read_positions);
    let read = Summary {
        read_positions: vec![(BOB, Seq(6))],
        ..summary(OTHER, 6)
    };
    stage.hub.deliver(due, Ok(read));
    assert_state(&ann.texts(), r#""read_positions":[{"user_id":2,"seq":6}]"#);
    assert!(!stage.is_next(7));
}

/// Read positions that nobody received when the room became due were not read.
#[tokio::test(start_paused = true)]
async fn unread_positions_are_not_sent_as_none() {
    let stage = Stage::new();
    let ann = stage.following(1).await;
    stage.hub.written(OTHER, Seq(4));
    let due = stage.due_one();
    let following = Following {
        rooms: FollowedRooms::InReach,
        read_positions: true,
        ..Following::default()
    };
    stage.hub.follow(ann.session(), following);
    stage.hub.deliver(due, Ok(summary(OTHER, 4)));
    let sent = ann.texts();
    assert!(!sent[0].contains("read_positions"), "{sent:?}");
}
