//! Recorded times, for percentiles.

use anyhow::Context;
use hdrhistogram::Histogram;

/// Longest time that is recorded exactly, in nanoseconds: longer than a run.
const MAX_NANOS: u64 = 10_000 * 1_000_000_000;

/// Times are recorded to two significant digits.
const SIGNIFICANT_DIGITS: u8 = 2;

/// Times in nanoseconds.
pub(crate) type Times = Histogram<u64>;

pub(crate) fn times() -> anyhow::Result<Times> {
    Times::new_with_bounds(1, MAX_NANOS, SIGNIFICANT_DIGITS).context("cannot record times")
}
