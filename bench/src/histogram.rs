//! Counts of times by size, exact to one part in 64.

/// Buckets in each doubling.
const PARTS: u64 = 1 << PART_BITS;
const PART_BITS: u32 = 6;
const BUCKETS: usize = 64 << PART_BITS;

/// How often which time was seen, in nanoseconds.
pub(crate) struct Histogram {
    counts: Vec<u64>,
}

impl Default for Histogram {
    fn default() -> Self {
        Self {
            counts: vec![0; BUCKETS],
        }
    }
}

/// Up to [`PARTS`] a bucket is one nanosecond wide, then each doubling has
/// [`PARTS`] of them.
fn bucket(nanos: u64) -> usize {
    let doublings = nanos.max(1).ilog2().saturating_sub(PART_BITS);
    let index = u64::from(doublings) * PARTS + (nanos >> doublings);
    usize::try_from(index).unwrap_or(usize::MAX)
}

/// The middle of a bucket.
fn middle(bucket: usize) -> u64 {
    let bucket = u64::try_from(bucket).unwrap_or(u64::MAX);
    let doublings = (bucket / PARTS).saturating_sub(1);
    ((bucket - doublings * PARTS) << doublings) + ((1 << doublings) >> 1)
}

impl Histogram {
    pub(crate) fn record(&mut self, nanos: u64) {
        if let Some(count) = self.counts.get_mut(bucket(nanos)) {
            *count += 1;
        }
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count += more;
        }
    }

    pub(crate) fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// The time, in nanoseconds, that so many in a thousand do not exceed;
    /// `None` where nothing was recorded.
    pub(crate) fn permille(&self, permille: u64) -> Option<u64> {
        let rank = (self.count() * permille).div_ceil(1000).max(1);
        let mut seen = 0;
        self.counts
            .iter()
            .position(|count| {
                seen += count;
                seen >= rank
            })
            .map(middle)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(times: impl IntoIterator<Item = u64>) -> Histogram {
        let mut histogram = Histogram::default();
        times.into_iter().for_each(|time| histogram.record(time));
        histogram
    }

    #[test]
    fn small_times_are_exact() {
        let histogram = of(1..=100);
        assert_eq!(histogram.permille(500), Some(50));
        assert_eq!(histogram.permille(10), Some(1));
        assert_eq!(histogram.permille(0), Some(1));
    }

    #[test]
    fn any_time_comes_back_to_one_part_in_64() {
        for shift in 0..63 {
            for time in [1_u64 << shift, (1 << shift) + (1 << shift) / 3] {
                let back = of([time]).permille(500).expect("one was recorded");
                assert!(back.abs_diff(time) <= time / 64, "{time} became {back}");
            }
        }
        assert_eq!(of([u64::MAX]).count(), 1);
    }

    #[test]
    fn a_rare_delay_shows_in_the_tail_alone() {
        let histogram = of((0..10_000).map(|n| if n < 5 { 1_000_000 } else { 50 }));
        assert_eq!(histogram.permille(990), Some(50));
        assert_eq!(histogram.permille(999), Some(50));
        assert!(histogram.permille(1000).expect("some") > 900_000);
    }

    #[test]
    fn merged_is_as_if_recorded_together() {
        let mut left = of(1..=50);
        left.merge(&of(51..=100));
        assert_eq!(left.count(), 100);
        assert_eq!(left.permille(500), Some(50));
    }

    #[test]
    fn of_nothing_nothing_is_told() {
        assert_eq!(Histogram::default().permille(500), None);
    }
}
