//! Which new messages are pushed to the platform, to which users, and when.

use std::time::Duration;

use crate::{BrandId, Epoch, Message, Seq, UserId};

/// How long after a message it is decided who is pushed it. A page that is loaded again has
/// come back by then.
pub const PUSH_DELAY: Duration = Duration::from_secs(5);

/// A message that is older is not pushed any more.
pub const MAX_PUSH_AGE: Duration = Duration::from_secs(24 * 60 * 60);

/// Users who have just gone count as gone from this age of the message on, however often they
/// come and go.
const LAST_DECISION: Duration = Duration::from_secs(15);

/// Pause before it is decided again.
const UNDECIDED: Duration = Duration::from_secs(1);

/// Longest pause between two attempts of one message.
const LONGEST_PAUSE: Duration = Duration::from_secs(10 * 60);

/// A message to push.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Push {
    /// The log in which the message has its number.
    pub epoch: Epoch,
    /// The message as it is now.
    pub message: Message,
    /// Who is notified: at least one.
    pub recipients: Vec<Recipient>,
}

/// A user who is pushed a message, and the brand for which it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recipient {
    /// The user.
    pub user: UserId,
    /// The brand that the user owns, which is in the room.
    pub brand: BrandId,
}

/// The user of a participant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate {
    /// The user.
    pub user: UserId,
    /// The participant.
    pub brand: BrandId,
    /// Whether the account may be used.
    pub is_active: bool,
    /// How far the user has read the room.
    pub read_seq: Seq,
}

/// Whether a brand has a connection to the chat, at any process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Contact {
    /// It has one.
    Connected,
    /// It had one a moment ago, and may come back.
    JustGone,
    /// It has none.
    Gone,
}

/// What to do with a new message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PushDecision {
    /// Nothing: everybody is connected, or has read it.
    Skip,
    /// Decide again after this time.
    Wait(Duration),
    /// It could not be delivered in time.
    TooOld,
    /// Push it to these.
    Send(Vec<Recipient>),
}

/// What to do with `message`, which is there now. `age`: how long ago it was created; `None`
/// if its time is in the future, which says nothing.
#[must_use]
pub fn decide(
    message: &Message,
    age: Option<Duration>,
    candidates: &[Candidate],
    contact: impl Fn(BrandId) -> Contact,
) -> PushDecision {
    let age = age.unwrap_or(LAST_DECISION);
    if age < PUSH_DELAY {
        return PushDecision::Wait(PUSH_DELAY.saturating_sub(age));
    }
    let mut recipients = Vec::new();
    for candidate in candidates {
        let concerns = candidate.is_active
            && candidate.user != message.author.id
            && candidate.read_seq < message.seq;
        match contact(candidate.brand) {
            _ if !concerns => {}
            Contact::Connected => {}
            Contact::JustGone if age < LAST_DECISION => return PushDecision::Wait(UNDECIDED),
            Contact::JustGone | Contact::Gone => recipients.push(Recipient {
                user: candidate.user,
                brand: candidate.brand,
            }),
        }
    }
    match recipients[..] {
        [] => PushDecision::Skip,
        _ if age >= MAX_PUSH_AGE => PushDecision::TooOld,
        _ => PushDecision::Send(recipients),
    }
}

/// How long to wait after so many failed attempts of one message, which has this age: twice as
/// long each time, and not beyond the age at which it is too old. `spread`, from 0 to 255, makes
/// the pauses of different rooms different.
#[must_use]
pub fn pause_after(failures: u32, age: Option<Duration>, spread: u8) -> Duration {
    let doubled = 2_u32.saturating_pow(failures.saturating_sub(1).min(16));
    let pause = Duration::from_secs(doubled.into()).min(LONGEST_PAUSE);
    // From three quarters of it to five quarters.
    let pause = pause.mul_f64(0.75 + f64::from(spread) / 510.0);
    let left = MAX_PUSH_AGE.saturating_sub(age.unwrap_or_default());
    pause.min(left.max(UNDECIDED))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Author, MessageId, Profile, RoomId, Text};

    const SECOND: Duration = Duration::from_secs(1);

    /// Event 7 of a room, by user 1.
    fn message() -> Message {
        Message {
            id: MessageId(70),
            room: RoomId(1),
            author: Author {
                id: UserId(1),
                profile: Profile::new("{}"),
            },
            text: Text::stored("hello"),
            attachments: None,
            created_at: time::OffsetDateTime::UNIX_EPOCH.into(),
            edited_at: None,
            client_msg_id: None,
            seq: Seq(7),
            changed_seq: Seq(7),
        }
    }

    /// User n owns brand 10 n.
    fn candidate(user: i64) -> Candidate {
        Candidate {
            user: UserId(user),
            brand: BrandId(10 * user),
            is_active: true,
            read_seq: Seq(6),
        }
    }

    fn recipient(user: i64) -> Recipient {
        Recipient {
            user: UserId(user),
            brand: BrandId(10 * user),
        }
    }

    #[test]
    fn others_who_are_gone_are_recipients() {
        let inactive = Candidate {
            is_active: false,
            ..candidate(4)
        };
        let up_to_date = Candidate {
            read_seq: Seq(7),
            ..candidate(5)
        };
        let candidates = [
            candidate(1),
            candidate(2),
            candidate(3),
            inactive,
            up_to_date,
            candidate(6),
        ];
        let contact = |brand| match brand {
            BrandId(30) => Contact::Connected,
            _ => Contact::Gone,
        };
        for age in [Some(5 * SECOND), Some(MAX_PUSH_AGE - SECOND), None] {
            let decision = decide(&message(), age, &candidates, contact);
            let expected = PushDecision::Send(vec![recipient(2), recipient(6)]);
            assert_eq!(decision, expected, "{age:?}");
        }
        let connected = |_| Contact::Connected;
        let decision = decide(&message(), Some(5 * SECOND), &candidates, connected);
        assert_eq!(decision, PushDecision::Skip);
    }

    #[test]
    fn decision_waits_until_contact_is_known() {
        let candidates = [candidate(2), candidate(3)];
        let contact = |brand| match brand {
            BrandId(30) => Contact::JustGone,
            _ => Contact::Connected,
        };
        for (age, expected) in [
            (0, PushDecision::Wait(5 * SECOND)),
            (4, PushDecision::Wait(SECOND)),
            (5, PushDecision::Wait(SECOND)),
            (14, PushDecision::Wait(SECOND)),
            (15, PushDecision::Send(vec![recipient(3)])),
        ] {
            let age = Some(age * SECOND);
            assert_eq!(decide(&message(), age, &candidates, contact), expected);
        }
        // The author may come and go.
        let author = |_| Contact::JustGone;
        let decision = decide(&message(), Some(5 * SECOND), &[candidate(1)], author);
        assert_eq!(decision, PushDecision::Skip);
    }

    #[test]
    fn old_message_is_too_old_only_for_recipients() {
        let age = Some(MAX_PUSH_AGE);
        let gone = |_| Contact::Gone;
        let decision = decide(&message(), age, &[candidate(2)], gone);
        assert_eq!(decision, PushDecision::TooOld);
        let decision = decide(&message(), age, &[candidate(1)], gone);
        assert_eq!(decision, PushDecision::Skip);
    }

    #[test]
    fn pauses_grow_up_to_ten_minutes() {
        let between = |failures, age, from: u64, to: u64| {
            for spread in [0, 128, 255] {
                let pause = pause_after(failures, age, spread);
                let range = Duration::from_millis(from)..=Duration::from_millis(to);
                assert!(range.contains(&pause), "{failures} {spread}: {pause:?}");
            }
        };
        between(1, Some(5 * SECOND), 750, 1_250);
        between(4, Some(5 * SECOND), 6_000, 10_000);
        between(u32::MAX, None, 450_000, 750_000);
        // It ends when the message is too old.
        between(30, Some(MAX_PUSH_AGE - 7 * SECOND), 7_000, 7_000);
        between(30, Some(2 * MAX_PUSH_AGE), 1_000, 1_000);
    }
}
