//! Times as the columns of the database have them.
//!
//! Postgres has times that no client can be shown: `infinity`, `-infinity`, the year 10000
//! and those before the year 1. The decoder of the driver panics at most of them. A
//! [`Moment`] is never wrong by more than what is out of its range: it is then the first or
//! the last moment that can be shown.

use std::{collections::HashSet, sync::LazyLock};

use aftermatch_ports::model::Timestamp;
use parking_lot::Mutex;
use sqlx::{
    Decode, Postgres, Type,
    error::BoxDynError,
    postgres::{PgHasArrayType, PgTypeInfo, PgValueFormat, PgValueRef},
};
use time::OffsetDateTime;

/// 2000-01-01, from which Postgres counts microseconds, in those since 1970.
const EPOCH: i128 = 946_684_800_000_000;

/// 0001-01-01T00:00:00.000Z, in microseconds since 1970.
const FIRST: i128 = -62_135_596_800_000_000;

/// 9999-12-31T23:59:59.999Z, in microseconds since 1970.
const LAST: i128 = 253_402_300_799_999_000;

/// The most rows that the log names.
const MAX_REPORTED: usize = 1_000;

/// The rows that the log has named: each once, however often it is read.
static REPORTED: LazyLock<Mutex<HashSet<Row>>> = LazyLock::new(Mutex::default);

/// A row whose time cannot be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Row {
    /// A message, by its id.
    Message(i64),
    /// An edit or a deletion, by its room and its number.
    Event(i64, i64),
}

/// A time that a column has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moment {
    at: OffsetDateTime,
    range: Range,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Range {
    Before,
    Within,
    After,
}

impl Moment {
    fn new(unix_microseconds: i128) -> Result<Self, BoxDynError> {
        let range = match unix_microseconds {
            ..FIRST => Range::Before,
            FIRST..=LAST => Range::Within,
            _ => Range::After,
        };
        let nanoseconds = unix_microseconds.clamp(FIRST, LAST) * 1_000;
        let at = OffsetDateTime::from_unix_timestamp_nanos(nanoseconds)?;
        Ok(Self { at, range })
    }

    /// As the end of something: `None` if it never ends.
    pub(crate) fn end(self) -> Option<Timestamp> {
        (self.range != Range::After).then(|| self.at.into())
    }

    /// As clients see it. If they see another time than `row` has, the log says so.
    pub(crate) fn shown(self, row: Row) -> Timestamp {
        if self.range != Range::Within {
            report(row, self.at);
        }
        self.at.into()
    }
}

/// For a time that the service has just written.
impl From<Moment> for Timestamp {
    fn from(moment: Moment) -> Self {
        moment.at.into()
    }
}

fn report(row: Row, shown: OffsetDateTime) {
    let mut reported = REPORTED.lock();
    if reported.len() < MAX_REPORTED && reported.insert(row) {
        tracing::error!(
            ?row,
            %shown,
            "the time of a row cannot be shown: clients see the nearest one that can; correct it \
             by SQL"
        );
    }
}

impl Type<Postgres> for Moment {
    fn type_info() -> PgTypeInfo {
        <OffsetDateTime as Type<Postgres>>::type_info()
    }
}

impl PgHasArrayType for Moment {
    fn array_type_info() -> PgTypeInfo {
        <OffsetDateTime as PgHasArrayType>::array_type_info()
    }
}

impl<'r> Decode<'r, Postgres> for Moment {
    fn decode(value: PgValueRef<'r>) -> Result<Self, BoxDynError> {
        match value.format() {
            // The two infinities are the two ends of the range of the type.
            PgValueFormat::Binary => {
                let microseconds = <i64 as Decode<Postgres>>::decode(value)?;
                Self::new(EPOCH + i128::from(microseconds))
            }
            PgValueFormat::Text => {
                let at = <OffsetDateTime as Decode<Postgres>>::decode(value)?;
                Self::new(at.unix_timestamp_nanos() / 1_000)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    fn moment(unix_microseconds: i128) -> Moment {
        Moment::new(unix_microseconds).expect("every time has a moment")
    }

    #[test]
    fn moment_in_range_is_exact() {
        let first = datetime!(0001-01-01 00:00 UTC);
        let last = datetime!(9999-12-31 23:59:59.999 UTC);
        for (microseconds, at) in [
            (FIRST, first),
            (EPOCH, datetime!(2000-01-01 00:00 UTC)),
            (LAST, last),
        ] {
            let range = Range::Within;
            assert_eq!(moment(microseconds), Moment { at, range });
            assert_eq!(moment(microseconds).end(), Some(at.into()));
        }
    }

    #[test]
    fn moment_out_of_range_is_nearest_in_range() {
        for ended in [FIRST - 1, EPOCH + i128::from(i64::MIN)] {
            assert_eq!(moment(ended).at, moment(FIRST).at);
            assert_eq!(moment(ended).end(), moment(FIRST).end());
        }
        for endless in [LAST + 1, EPOCH + i128::from(i64::MAX)] {
            assert_eq!(moment(endless).at, moment(LAST).at);
            assert_eq!(moment(endless).end(), None);
        }
    }
}
