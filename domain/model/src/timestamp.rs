use std::time::Duration;

use time::{OffsetDateTime, UtcOffset};

/// A moment in UTC with millisecond precision. Finer digits are cut off, so a time
/// is the same before and after it was stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(OffsetDateTime);

impl Timestamp {
    /// Whole seconds since 1970.
    #[must_use]
    pub fn unix_seconds(self) -> i64 {
        self.0.unix_timestamp()
    }

    /// How long ago `earlier` was at this moment. `None`: it is later.
    #[must_use]
    pub fn since(self, earlier: Self) -> Option<Duration> {
        Duration::try_from(self.0 - earlier.0).ok()
    }

    /// The moment so long before this one.
    #[must_use]
    pub fn before(self, duration: Duration) -> Self {
        let before = time::Duration::try_from(duration)
            .ok()
            .and_then(|duration| self.0.checked_sub(duration));
        Self::from(before.unwrap_or(self.0))
    }
}

impl From<OffsetDateTime> for Timestamp {
    fn from(at: OffsetDateTime) -> Self {
        // This fails only in the last hours of the year 9999.
        let at = at.checked_to_offset(UtcOffset::UTC).unwrap_or(at);
        Self(at.replace_millisecond(at.millisecond()).unwrap_or(at))
    }
}

impl From<Timestamp> for OffsetDateTime {
    fn from(at: Timestamp) -> Self {
        at.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamp_drops_sub_millisecond_digits() {
        let fine = OffsetDateTime::from_unix_timestamp_nanos(1_718_647_200_123_999_999);
        let coarse = OffsetDateTime::from_unix_timestamp_nanos(1_718_647_200_123_000_000);
        assert_eq!(fine.map(Timestamp::from), coarse.map(Timestamp::from));
    }

    #[test]
    fn timestamps_of_two_offsets_are_equal() -> Result<(), time::Error> {
        let utc = OffsetDateTime::from_unix_timestamp(1_718_647_200)?;
        let elsewhere = utc.to_offset(UtcOffset::from_hms(3, 0, 0)?);
        assert_eq!(Timestamp::from(utc), Timestamp::from(elsewhere));
        Ok(())
    }
}
