//! What the store computes with times.

use std::time::Duration;

use aftermatch_ports::model::Timestamp;
use time::OffsetDateTime;

const NANOS_PER_MILLI: i128 = 1_000_000;

/// The identity of a store that begins now: another one for every millisecond of 49
/// days.
pub(crate) fn store_id(now: Timestamp) -> u32 {
    let millis = OffsetDateTime::from(now).unix_timestamp_nanos() / NANOS_PER_MILLI;
    // The remainder always fits.
    u32::try_from(millis.rem_euclid(1 << 32)).unwrap_or_default()
}

/// The moment `duration` before `now`; `None` if there is no such moment.
pub(crate) fn before(now: Timestamp, duration: Duration) -> Option<Timestamp> {
    let duration = time::Duration::try_from(duration).ok()?;
    let moment = OffsetDateTime::from(now).checked_sub(duration)?;
    Some(moment.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        let nanos = i128::from(millis) * NANOS_PER_MILLI;
        let at = OffsetDateTime::from_unix_timestamp_nanos(nanos);
        at.expect("a valid time").into()
    }

    #[test]
    fn stores_of_two_moments_differ() {
        let first = store_id(at(1_800_000_000_000));
        assert_ne!(first, store_id(at(1_800_000_000_001)));
        assert_ne!(first, store_id(at(1_800_000_060_000)));
        assert_eq!(store_id(at(-1)), u32::MAX);
    }

    #[test]
    fn moment_before_all_times_is_none() {
        assert_eq!(before(at(5), Duration::from_millis(3)), Some(at(2)));
        assert_eq!(before(at(5), Duration::ZERO), Some(at(5)));
        assert_eq!(before(at(5), Duration::MAX), None);
        assert_eq!(before(at(5), Duration::from_secs(1 << 40)), None);
    }
}
