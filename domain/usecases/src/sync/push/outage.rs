use std::time::Duration;

/// So many failures after one another, of whatever rooms, mean that the platform is away.
const AWAY: u32 = 3;

/// Longest pause between two attempts while the platform is away.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Whether the platform accepts messages. While it does not, only one is tried at a time.
#[derive(Debug, Default)]
pub struct Outage {
    failed: u32,
}

/// The platform went away or came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// It accepts nothing any more.
    Began,
    /// It accepts messages again.
    Ended,
}

impl Outage {
    /// A message was accepted.
    pub fn delivered(&mut self) -> Option<Turn> {
        let was_away = self.pause().is_some();
        self.failed = 0;
        was_away.then_some(Turn::Ended)
    }

    /// A message was not accepted.
    pub fn failed(&mut self) -> Option<Turn> {
        self.failed = self.failed.saturating_add(1);
        (self.failed == AWAY).then_some(Turn::Began)
    }

    /// How long to wait before one message is tried. `None`: the platform is not away.
    #[must_use]
    pub fn pause(&self) -> Option<Duration> {
        let doublings = self.failed.checked_sub(AWAY)?;
        let seconds = 2_u32.saturating_pow(doublings.min(16));
        Some(Duration::from_secs(seconds.into()).min(LONGEST_PAUSE))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outage_begins_after_three_failures_in_row() {
        let mut outage = Outage::default();
        for _ in 0..2 {
            assert_eq!(outage.failed(), None);
            assert_eq!(outage.failed(), None);
            assert_eq!(outage.pause(), None);
            assert_eq!(outage.delivered(), None);
        }
        for expected in [None, None, Some(Turn::Began), None] {
            assert_eq!(outage.failed(), expected);
        }
        assert_eq!(outage.delivered(), Some(Turn::Ended));
        assert_eq!(outage.pause(), None);
    }

    #[test]
    fn pauses_of_outage_grow_up_to_a_minute() {
        let mut outage = Outage::default();
        let mut pauses = Vec::new();
        for _ in 0..100 {
            outage.failed();
            pauses.extend(outage.pause().map(|pause| pause.as_secs()));
        }
        assert_eq!(pauses[..7], [1, 2, 4, 8, 16, 32, 60]);
        assert_eq!(pauses.last(), Some(&60));
    }
}
