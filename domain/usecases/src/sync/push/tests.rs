use aftermatch_ports::{
    MockOnline, MockPushes, MockWebhook, PushPage,
    model::{
        Author, BrandId, Candidate, Contact, Epoch, MessageId, Profile, Recipient, RoomId, Seq,
        Text, UserId,
    },
};
use pollster::block_on;

use super::*;
use crate::testing::at;

const SECOND: Duration = Duration::from_secs(1);
const OLD_ENOUGH: Option<Duration> = Some(PUSH_DELAY);

const DUE: DuePush = DuePush {
    room: RoomId(1),
    epoch: Epoch { store: 1, room: 1 },
    after: Seq(3),
    upto: Seq(100),
    failures: 0,
    is_dead_letter: false,
};

/// The message of event `seq`, by this user.
fn message(seq: i64, author: i64) -> Message {
    Message {
        id: MessageId(1000 + seq),
        room: DUE.room,
        author: Author {
            id: UserId(author),
            profile: Profile::new("{}"),
        },
        text: Text::stored("hello"),
        attachments: None,
        created_at: at(1),
        edited_at: None,
        client_msg_id: None,
        seq: Seq(seq),
        changed_seq: Seq(seq),
    }
}

/// User 1 with brand 10, who is connected, and user 2 with brand 20, who is not.
fn page(messages: Vec<(Message, Option<Duration>)>) -> PushPage {
    let candidate = |user| Candidate {
        user: UserId(user),
        brand: BrandId(10 * user),
        is_active: true,
        read_seq: Seq::ZERO,
    };
    PushPage {
        messages,
        candidates: vec![candidate(1), candidate(2)],
    }
}

/// One step in a room with these messages. `answer`: of the platform, if something is posted.
/// Returns the step, how it was settled and what was posted.
fn run(
    due: DuePush,
    messages: Vec<(Message, Option<Duration>)>,
    answer: Option<Result<(), PushFailure>>,
) -> (Step, Settled) {
    let mut pushes = MockPushes::new();
    let page = page(messages);
    pushes.expect_read().return_once(move |_, _| Ok(page));
    let (sender, settled) = std::sync::mpsc::sync_channel(1);
    pushes.expect_settle().once().returning(move |of, settled| {
        assert_eq!(of, due);
        sender.send(settled).expect("a receiver");
        Ok(())
    });
    let mut online = MockOnline::new();
    online.expect_contact().returning(|brand| match brand {
        BrandId(10) => Contact::Connected,
        _ => Contact::Gone,
    });
    let mut webhook = MockWebhook::new();
    if let Some(answer) = answer {
        webhook.expect_post().once().return_once(|push| {
            let recipient = Recipient {
                user: UserId(2),
                brand: BrandId(20),
            };
            assert_eq!(push.recipients, [recipient]);
            answer
        });
    }
    let ports = PushPorts {
        pushes: Arc::new(pushes),
        online: Arc::new(online),
        webhook: Arc::new(webhook),
    };
    let step = block_on(step(&ports, due)).expect("a store");
    (step, settled.recv().expect("it is settled"))
}

#[test]
fn accepted_message_is_settled() {
    let messages = vec![(message(5, 1), OLD_ENOUGH), (message(6, 1), OLD_ENOUGH)];
    let expected = (Step::Delivered, Settled::Done(Seq(5)));
    assert_eq!(run(DUE, messages, Some(Ok(()))), expected);
}

#[test]
fn messages_for_connected_users_are_settled_together() {
    let of_other = |seq| (message(seq, 2), OLD_ENOUGH);
    let messages = vec![of_other(5), of_other(7)];
    let expected = (Step::Quiet, Settled::Done(DUE.upto));
    assert_eq!(run(DUE, messages, None), expected);
    assert_eq!(run(DUE, vec![], None), expected);
    // More may follow a full page.
    let messages = (4..4 + PAGE as i64).map(of_other).collect();
    let expected = (Step::Quiet, Settled::Done(Seq(3 + PAGE as i64)));
    assert_eq!(run(DUE, messages, None), expected);
    // Before something is sent.
    let messages = vec![of_other(5), (message(6, 1), OLD_ENOUGH), of_other(7)];
    let expected = (Step::Quiet, Settled::Done(Seq(5)));
    assert_eq!(run(DUE, messages, None), expected);
}

#[test]
fn young_message_waits() {
    let messages = vec![(message(5, 1), Some(2 * SECOND))];
    let expected = (Step::Quiet, Settled::Waits(3 * SECOND));
    assert_eq!(run(DUE, messages, None), expected);
}

#[test]
fn refused_message_is_tried_again_later() {
    let refused = |retry_after| PushFailure {
        reason: "it answers 500".to_owned(),
        retry_after,
    };
    for (failures, retry_after, from, to) in [
        (0, None, 0.75, 1.25),
        (4, None, 12.0, 20.0),
        (0, Some(30 * SECOND), 30.0, 30.0),
    ] {
        let due = DuePush { failures, ..DUE };
        let failure = refused(retry_after);
        let messages = vec![(message(5, 1), OLD_ENOUGH)];
        let (step, settled) = run(due, messages, Some(Err(failure.clone())));
        assert_eq!(step, Step::Failed(failure));
        let Settled::Failed { again_in, reason } = settled else {
            panic!("{settled:?}");
        };
        assert_eq!(reason, "it answers 500");
        assert!(
            (from..=to).contains(&again_in.as_secs_f64()),
            "{again_in:?}"
        );
    }
}

#[test]
fn old_message_is_given_up_unless_operator_wants_it() {
    let old = || vec![(message(5, 1), Some(2 * MAX_PUSH_AGE))];
    let given_up = Settled::GivenUp {
        id: MessageId(1005),
        seq: Seq(5),
    };
    assert_eq!(run(DUE, old(), None), (Step::GivenUp, given_up));
    let again = DuePush {
        is_dead_letter: true,
        after: Seq(4),
        upto: Seq(5),
        ..DUE
    };
    let expected = (Step::Delivered, Settled::Done(Seq(5)));
    assert_eq!(run(again, old(), Some(Ok(()))), expected);
}
