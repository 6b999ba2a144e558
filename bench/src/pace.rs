//! Messages at a fixed rate, whether or not the earlier ones were answered.

use crate::driver::Driver;

pub(crate) struct Pace {
    /// The authors, by the order in which their connections were opened. They write
    /// in turn.
    authors: Vec<usize>,
    /// How many messages are due at the same moment.
    together: u64,
    /// Messages per second, of all authors together.
    rate: u64,
    /// In nanoseconds since the tool started.
    started: u64,
    pub(crate) written: u64,
}

impl Pace {
    pub(crate) fn new(authors: Vec<usize>, together: u64, rate: u64, now: u64) -> Self {
        Self {
            authors,
            together,
            rate,
            started: now,
            written: 0,
        }
    }

    /// Writes and reads until `until`, in nanoseconds since the tool started.
    pub(crate) fn run(&mut self, driver: &mut Driver, until: u64) -> anyhow::Result<()> {
        while let Some((due, author)) = self.next().filter(|(due, _)| *due < until) {
            driver.run(due)?;
            driver.write_one(author);
            self.written += 1;
        }
        driver.run(until)
    }

    /// When the next message is due, and of which author; `None` if nobody writes.
    fn next(&self) -> Option<(u64, usize)> {
        let before = self.written - self.written.checked_rem(self.together)?;
        let after = (before * 1_000_000_000).checked_div(self.rate)?;
        let authors = u64::try_from(self.authors.len()).ok()?;
        let turn = self.written.checked_rem(authors)?;
        let author = self.authors.get(usize::try_from(turn).ok()?)?;
        Some((self.started + after, *author))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn authors_take_turns_at_the_rate() {
        let mut pace = Pace::new(vec![0, 4], 1, 100, 5);
        assert_eq!(pace.next(), Some((5, 0)));
        pace.written = 3;
        assert_eq!(pace.next(), Some((30_000_005, 4)));
        assert_eq!(Pace::new(vec![0], 1, 0, 5).next(), None);
        assert_eq!(Pace::new(Vec::new(), 1, 9, 5).next(), None);
    }

    #[test]
    fn messages_due_together_keep_the_rate() {
        let mut pace = Pace::new(vec![0, 4, 8], 2, 100, 5);
        pace.written = 2;
        assert_eq!(pace.next(), Some((20_000_005, 8)));
        pace.written = 3;
        assert_eq!(pace.next(), Some((20_000_005, 0)));
    }
}
