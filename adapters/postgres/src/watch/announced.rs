//! Changes kept here, on their way to other processes, as lines of text.

use std::sync::atomic::{AtomicBool, Ordering};

use aftermatch_ports::{
    Told,
    model::{RoomId, Seq, Tag},
};
use parking_lot::Mutex;
use tokio::sync::Notify;

/// So many changes wait at most to be sent. Whoever watches finds the others when
/// it looks.
const MOST: usize = 10_000;

/// Postgres takes no payload of 8,000 bytes.
const PAYLOAD_BYTES: usize = 7_999;

/// What a tag may take of it. The identifiers that clients send are far shorter.
const TAG_BYTES: usize = 1_000;

/// What waits to be sent.
#[derive(Default)]
pub(super) struct Announced {
    /// Whether there is anybody to send it to.
    others: AtomicBool,
    waiting: Mutex<Vec<Told>>,
    wake: Notify,
}

impl Announced {
    /// Called for every change that is kept: costs nothing while nobody else is
    /// there.
    pub(super) fn push(&self, told: impl FnOnce() -> Told) {
        if !self.others.load(Ordering::Relaxed) {
            return;
        }
        {
            let mut waiting = self.waiting.lock();
            if waiting.len() < MOST {
                waiting.push(told());
            }
        }
        self.wake.notify_one();
    }

    pub(super) fn there_are_others(&self, others: bool) {
        self.others.store(others, Ordering::Relaxed);
    }

    /// Waits until there may be something to send.
    pub(super) async fn wait(&self) {
        self.wake.notified().await;
    }

    /// All that waits.
    pub(super) fn take(&self) -> Vec<Told> {
        std::mem::take(&mut *self.waiting.lock())
    }
}

/// Payloads that [`read`] understands: a change a line.
pub(super) fn payloads(changes: &[Told]) -> Vec<String> {
    let mut payloads = Vec::new();
    let mut payload = String::new();
    for Told { room, seq, tag } in changes {
        let fits = |tag: &&str| tag.len() <= TAG_BYTES && !tag.contains(['\n', '\0']);
        let line = match tag.as_str().filter(fits) {
            Some(tag) => format!("{room} {seq} {tag}\n"),
            None => format!("{room} {seq}\n"),
        };
        if payload.len() + line.len() > PAYLOAD_BYTES {
            payloads.push(std::mem::take(&mut payload));
        }
        payload.push_str(&line);
    }
    if !payload.is_empty() {
        payloads.push(payload);
    }
    payloads
}

/// The changes of a payload. What is not understood is left out: it may be of
/// another version of this program.
pub(super) fn read(payload: &str) -> impl Iterator<Item = Told> {
    payload.lines().filter_map(|line| {
        let mut parts = line.splitn(3, ' ');
        Some(Told {
            room: RoomId(parts.next()?.parse().ok()?),
            seq: Seq(parts.next()?.parse().ok()?),
            tag: parts.next().map_or(Tag::NONE, Tag::new),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(room: i64, seq: i64, tag: Option<&str>) -> Told {
        Told {
            room: RoomId(room),
            seq: Seq(seq),
            tag: tag.map_or(Tag::NONE, Tag::new),
        }
    }

    fn there_and_back(changes: &[Told]) -> Vec<Told> {
        let payloads = payloads(changes);
        assert!(payloads.iter().all(|payload| payload.len() < 8_000));
        payloads.iter().flat_map(|payload| read(payload)).collect()
    }

    #[test]
    fn changes_arrive_as_they_were_sent() {
        let long = format!("\"{}\"", r"\ud83e\udd80".repeat(64));
        let changes = [
            told(1, 1, None),
            told(i64::MAX, i64::MAX, Some("1500000")),
            told(-2, 7, Some(r#""a string, with \n, spaces  and 🦀 ""#)),
            told(3, 8, Some(" 7")),
            told(3, 9, Some(&long)),
        ];
        assert_eq!(there_and_back(&changes), changes);
        assert_eq!(there_and_back(&[]), []);
    }

    #[test]
    fn many_changes_take_several_payloads() {
        let changes: Vec<_> = (1..=2_000).map(|seq| told(21, seq, Some("77"))).collect();
        assert!(payloads(&changes).len() > 1);
        assert_eq!(there_and_back(&changes), changes);
    }

    #[test]
    fn a_tag_that_does_not_fit_is_left_out() {
        let long = "7".repeat(60_000);
        for tag in [&long, "1\n2", "\0"] {
            let changes = [told(1, 2, Some(tag)), told(1, 3, Some("4"))];
            let expected = [told(1, 2, None), told(1, 3, Some("4"))];
            assert_eq!(there_and_back(&changes), expected);
        }
    }

    #[test]
    fn what_is_not_understood_is_left_out() {
        let understood: Vec<_> = read("\nx\n1\n1 y\n1 2 z\nhello world\n").collect();
        assert_eq!(understood, [told(1, 2, Some("z"))]);
    }
}
