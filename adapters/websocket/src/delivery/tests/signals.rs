//! What is in no log.

use aftermatch_ports::{Inbox, Online, Signals, model::Following};
use tokio::time::{advance, sleep};

use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn everything() -> Following {
    Following {
        typing: true,
        read_positions: true,
        ..Following::default()
    }
}

impl Stage {
    async fn receiving(&self, session: i64) -> Client {
        let client = self.joined(session, 0).await;
        self.hub.follow(client.session(), everything());
        client
    }

    fn types(&self, client: &Client) {
        self.hub.typing(client.session(), ROOM);
    }

    fn said_typing(&self) -> Vec<(i64, bool)> {
        let signals = std::mem::take(&mut *self.said.signals.lock());
        let typing = signals.into_iter().filter_map(|signal| match signal {
            Signal::Typing {
                user, is_typing, ..
            } => Some((user.0, is_typing)),
            _ => None,
        });
        typing.collect()
    }
}

impl Client {
    /// The `data` of the frames with this action that wait or were sent.
    fn texts_of(&self, action: &str) -> Vec<String> {
        let frames = self.texts().into_iter();
        let of_action = frames.filter(|frame| frame.contains(&format!("\"action\":\"{action}\"")));
        of_action
            .filter_map(|frame| {
                let data = frame
                    .split_once("\"data\":")?
                    .1
                    .split_once(",\"action\"")?
                    .0;
                Some(data.to_owned())
            })
            .collect()
    }
}

#[tokio::test(start_paused = true)]
async fn typing_is_heard_until_it_is_over() {
    let stage = Stage::new();
    let (ann, bob) = (stage.receiving(1).await, stage.receiving(2).await);
    let deaf = stage.joined(3, 0).await;
    stage.types(&bob);
    assert_eq!(ann.texts_of("typing"), [r#"{"room_pk":1,"user_ids":[2]}"#]);
    for _ in 0..4 {
        advance(2 * SECOND).await;
        stage.types(&bob);
    }
    assert_eq!(ann.texts_of("typing"), [""; 0], "it goes on");
    let passed_on = stage.said_typing();
    assert_eq!(passed_on, [(2, true); 3], "once in three seconds");
    sleep(7 * SECOND).await;
    assert_eq!(ann.texts_of("typing"), [r#"{"room_pk":1,"user_ids":[]}"#]);
    assert_eq!(deaf.texts(), [""; 0], "it has not asked");
}

#[tokio::test(start_paused = true)]
async fn own_user_is_among_those_who_type() {
    let stage = Stage::new();
    let page = stage.receiving(1).await;
    let mut phone = stage.device(2, UserId(1)).await;
    stage.hub.follow(phone.session(), everything());
    phone.reserve(&stage, ANN);
    phone.activate(0);
    stage.types(&page);
    for own in [&page, &phone] {
        assert_eq!(own.texts_of("typing"), [r#"{"room_pk":1,"user_ids":[1]}"#]);
    }
}

#[tokio::test(start_paused = true)]
async fn newcomer_receives_who_is_typing() {
    let stage = Stage::new();
    let bob = stage.receiving(2).await;
    stage.types(&bob);
    let mut ann = stage.connected(1).await;
    stage.hub.follow(ann.session(), everything());
    ann.reserve(&stage, ANN);
    ann.activate(0);
    assert_eq!(ann.texts_of("typing"), [r#"{"room_pk":1,"user_ids":[2]}"#]);
    assert!(
        stage.joined(3, 0).await.texts().is_empty(),
        "it has not asked"
    );
}

#[tokio::test(start_paused = true)]
async fn message_and_loss_of_seat_end_typing() {
    let stage = Stage::new();
    let ann = stage.receiving(1).await;
    for end in ["message", "leave", "disconnect"] {
        let bob = stage.receiving(2).await;
        stage.types(&bob);
        assert_eq!(ann.texts_of("typing").len(), 1, "{end}");
        let nobody = [r#"{"room_pk":1,"user_ids":[]}"#];
        match end {
            "leave" => drop(stage.hub.leave(bob.session())),
            "disconnect" => drop(bob),
            _ => {
                stage.hub.receive(Signal::Typing {
                    room: ROOM,
                    user: UserId(2),
                    is_typing: false,
                });
            }
        }
        assert_eq!(ann.texts_of("typing"), nobody, "{end}");
    }
}

#[tokio::test(start_paused = true)]
async fn read_position_is_heard_once_a_second() {
    let stage = Stage::new();
    let (ann, bob) = (stage.receiving(1).await, stage.receiving(2).await);
    for seq in 1..=5 {
        stage
            .hub
            .read(bob.session(), ROOM, Seq(seq), Some(Seq(seq)));
    }
    let read = |seq| format!(r#"{{"room_pk":1,"user_id":2,"seq":{seq}}}"#);
    assert_eq!(ann.texts_of("read"), [read(1)]);
    sleep(2 * SECOND).await;
    assert_eq!(ann.texts_of("read"), [read(5)]);
    sleep(2 * SECOND).await;
    stage.hub.read(bob.session(), ROOM, Seq(6), None);
    assert_eq!(ann.texts_of("read"), [""; 0], "it is private");
    let signals = stage.said.signals.lock();
    let own = |signal: &&Signal| matches!(signal, Signal::OwnRead { .. });
    assert_eq!(signals.iter().filter(own).count(), 6);
    assert_eq!(signals.len(), 12);
}

#[tokio::test(start_paused = true)]
async fn own_connections_hear_every_position() {
    let stage = Stage::new();
    let bob = stage.receiving(2).await;
    for seq in 1..=3 {
        stage.hub.receive(Signal::OwnRead {
            room: RoomId(9),
            user: UserId(2),
            seq: Seq(seq),
        });
    }
    assert_eq!(bob.texts_of("read").len(), 3);
}

#[tokio::test(start_paused = true)]
async fn own_reads_are_wanted_while_they_are_followed() {
    let stage = Stage::new();
    let (page, phone) = (
        stage.device(1, UserId(1)).await,
        stage.device(2, UserId(1)).await,
    );
    for client in [&page, &phone] {
        stage.hub.follow(client.session(), everything());
        stage.hub.follow(client.session(), everything());
    }
    stage.hub.follow(page.session(), Following::default());
    assert_eq!(*stage.said.reads.lock(), [(UserId(1), true)]);
    drop(phone);
    let wanted = [(UserId(1), true), (UserId(1), false)];
    assert_eq!(*stage.said.reads.lock(), wanted);
}

#[tokio::test(start_paused = true)]
async fn others_are_shown_no_more_than_is_shown() {
    let stage = Stage::new();
    let (ann, bob) = (stage.receiving(1).await, stage.receiving(2).await);
    let again = stage.connected(3).await;
    drop(again);
    stage.hub.read(bob.session(), ROOM, Seq(50), Some(Seq(40)));
    let read = r#"{"room_pk":1,"user_id":2,"seq":40}"#;
    assert_eq!(ann.texts_of("read"), [read]);
}

#[tokio::test(start_paused = true)]
async fn typing_and_writing_in_turns_needs_one_task() {
    let stage = Stage::new();
    let bob = stage.joined(2, 0).await;
    for _ in 0..100 {
        stage.types(&bob);
        stage.hub.receive(Signal::Typing {
            room: ROOM,
            user: UserId(2),
            is_typing: false,
        });
    }
    assert_eq!(stage.hub.tasks().len(), 1);
    sleep(7 * SECOND).await;
    assert_eq!(stage.hub.tasks().len(), 0);
    stage.types(&bob);
    assert_eq!(stage.hub.tasks().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn other_processes_hear_that_the_last_one_here_types_no_more() {
    let stage = Stage::new();
    for end in ["leave", "disconnect"] {
        let bob = stage.joined(2, 0).await;
        stage.types(&bob);
        match end {
            "leave" => drop(stage.hub.leave(bob.session())),
            _ => drop(bob),
        }
        assert_eq!(stage.said_typing(), [(2, true), (2, false)], "{end}");
    }
    let bob = stage.joined(2, 0).await;
    stage.types(&bob);
    advance(7 * SECOND).await;
    drop(bob);
    assert_eq!(stage.said_typing(), [(2, true)], "it was over");
}

#[tokio::test(start_paused = true)]
async fn what_moves_during_a_join_is_heard_after_it() {
    let stage = Stage::new();
    let bob = stage.joined(2, 0).await;
    let mut ann = stage.reserved(1, ANN).await;
    let following = Following {
        presence: true,
        ..everything()
    };
    stage.hub.follow(ann.session(), following);
    ann.anchor(head(LOG, 0));
    for seq in [1, 2] {
        stage
            .hub
            .read(bob.session(), ROOM, Seq(seq), Some(Seq(seq)));
        sleep(2 * SECOND).await;
    }
    for last_seen in [Some(at(1)), None] {
        Online::deliver(&*stage.hub, BrandId(2), last_seen, &[ROOM]);
    }
    assert_eq!(ann.texts(), [""; 0], "the join is not answered");
    let reservation = ann.reservation.take().expect("a reservation");
    reservation.activate(Seq(0));
    let sent = ann.texts();
    assert_eq!(sent.len(), 2, "{sent:?}");
    assert!(
        sent[0].contains(r#"{"room_pk":1,"user_id":2,"seq":2}"#),
        "{sent:?}"
    );
    assert!(
        sent[1].contains(r#"{"brand_id":2,"online":true}"#),
        "{sent:?}"
    );
}
