//! Values that many frames contain.

use aftermatch_ports::model::{BrandId, Seq, Timestamp, UserId};
use schemars::JsonSchema;
use serde::{Serialize, Serializer, ser::Error};
use time::{OffsetDateTime, format_description::BorrowedFormatItem, macros::format_description};

const FORMAT: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");

/// The number of an event of a room; zero before the first event.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[schemars(inline)]
pub(crate) struct EventNumber(#[schemars(range(min = 0))] i64);

impl From<Seq> for EventNumber {
    fn from(Seq(number): Seq) -> Self {
        Self(number)
    }
}

/// How far a user has read a room.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[schemars(inline, deny_unknown_fields)]
pub(crate) struct ReadPositionShape {
    user_id: i64,
    /// The number of the last event that the user has read.
    seq: EventNumber,
}

pub(crate) fn read_positions(positions: &[(UserId, Seq)]) -> Vec<ReadPositionShape> {
    let positions = positions.iter().map(|(user, seq)| ReadPositionShape {
        user_id: user.0,
        seq: (*seq).into(),
    });
    positions.collect()
}

pub(crate) fn brand_ids(brands: &[BrandId]) -> Vec<i64> {
    brands.iter().map(|brand| brand.0).collect()
}

/// UTC, to the millisecond.
#[derive(Debug, Clone, Copy, JsonSchema)]
#[schemars(
    rename = "time",
    extend(
        "format" = "date-time",
        "pattern" = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$"
    )
)]
pub(crate) struct Time(#[schemars(with = "String")] pub(crate) Timestamp);

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Longer than any year that a timestamp can have.
        let mut text = [0; 40];
        let written = OffsetDateTime::from(self.0)
            .format_into(&mut text.as_mut_slice(), FORMAT)
            .map_err(S::Error::custom)?;
        let text = text.get(..written).unwrap_or_default();
        serializer.serialize_str(std::str::from_utf8(text).map_err(S::Error::custom)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_utc_with_milliseconds() {
        for (seconds, millis, text) in [
            (1_718_647_200, 0, "\"2024-06-17T18:00:00.000Z\""),
            (0, 7, "\"1970-01-01T00:00:00.007Z\""),
            (253_402_300_799, 999, "\"9999-12-31T23:59:59.999Z\""),
        ] {
            let at = OffsetDateTime::from_unix_timestamp(seconds).expect("a valid time")
                + time::Duration::milliseconds(millis);
            let written = serde_json::to_string(&Time(at.into()));
            assert_eq!(written.expect("JSON"), text);
        }
    }
}
