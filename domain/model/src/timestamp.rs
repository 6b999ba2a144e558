use time::{OffsetDateTime, UtcOffset};

/// A moment in UTC, to the millisecond: what finer clocks say is cut off, so
/// that a time is the same before and after it was stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(OffsetDateTime);

impl Timestamp {
    /// Whole seconds since the beginning of 1970.
    #[must_use]
    pub fn unix_seconds(self) -> i64 {
        self.0.unix_timestamp()
    }
}

impl From<OffsetDateTime> for Timestamp {
    fn from(at: OffsetDateTime) -> Self {
        // Only the last hours of the year 9999 cannot be said in UTC.
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
    fn what_is_finer_than_a_millisecond_is_cut_off() {
        let fine = OffsetDateTime::from_unix_timestamp_nanos(1_718_647_200_123_999_999);
        let coarse = OffsetDateTime::from_unix_timestamp_nanos(1_718_647_200_123_000_000);
        assert_eq!(fine.map(Timestamp::from), coarse.map(Timestamp::from));
    }

    #[test]
    fn the_same_moment_elsewhere_is_the_same_timestamp() -> Result<(), time::Error> {
        let utc = OffsetDateTime::from_unix_timestamp(1_718_647_200)?;
        let elsewhere = utc.to_offset(UtcOffset::from_hms(3, 0, 0)?);
        assert_eq!(Timestamp::from(utc), Timestamp::from(elsewhere));
        Ok(())
    }
}
