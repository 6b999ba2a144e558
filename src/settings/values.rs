//! Values of settings: how they are read, and the sentence about a wrong one.

use std::{
    fmt,
    time::{Duration, UNIX_EPOCH},
};

/// The default address and port of the chat.
pub(super) const DEFAULT_LISTEN: &str = "127.0.0.1:8000";

const NOT_A_TIME: &str = "a time with its unit is needed, such as 500ms, 10s, 5m or 1h";

/// More than any machine has of anything that is limited here.
const LARGEST: u32 = 1_000_000_000;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Longer than anybody needs, and still a time that every clock can add.
const HUNDRED_YEARS: Duration = Duration::from_secs(36_500 * DAY.as_secs());

pub(super) fn positive<N: TryFrom<u32>>(text: &str) -> Result<N, String> {
    let number = text.parse().ok();
    let number = number.filter(|number| (1..=LARGEST).contains(number));
    number
        .and_then(|number| N::try_from(number).ok())
        .ok_or_else(|| format!("a whole number of at least 1 is needed, and at most {LARGEST}"))
}

/// So many a second. `None`: no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rate(pub(super) Option<u32>);

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(per_second) => write!(f, "{per_second}"),
            None => f.write_str("off"),
        }
    }
}

pub(super) fn rate(text: &str) -> Result<Rate, String> {
    if text == "off" {
        return Ok(Rate(None));
    }
    match text.parse() {
        Ok(per_second @ 1..=1_000_000) => Ok(Rate(Some(per_second))),
        _ => Err("a whole number from 1 to 1000000 is needed, or `off`".to_owned()),
    }
}

pub(super) fn pool_size(text: &str) -> Result<u32, String> {
    match text.parse() {
        Ok(number @ 1..=1_000) => Ok(number),
        _ => Err("a whole number from 1 to 1000 is needed".to_owned()),
    }
}

/// A moment, in seconds since 1970.
pub(super) fn moment(text: &str) -> Result<i64, String> {
    let moment = humantime::parse_rfc3339(text).ok();
    let since_1970 = moment.and_then(|moment| moment.duration_since(UNIX_EPOCH).ok());
    since_1970
        .and_then(|time| i64::try_from(time.as_secs()).ok())
        .ok_or_else(|| "a moment in UTC is needed, such as 2027-01-31T12:00:00Z".to_owned())
}

pub(super) fn positive_id(text: &str) -> Result<i64, String> {
    match text.parse() {
        Ok(id) if id > 0 => Ok(id),
        _ => Err("an id is a whole number of at least 1".to_owned()),
    }
}

/// A time longer than zero, of at most a day.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    not_zero(duration_or_zero(text)?)
}

/// A time of at most a day.
pub(super) fn duration_or_zero(text: &str) -> Result<Duration, String> {
    match time(text)? {
        time if time > DAY => Err("at most 1day is needed".to_owned()),
        time => Ok(time),
    }
}

/// A time longer than zero, of at most a hundred years.
pub(super) fn long_duration(text: &str) -> Result<Duration, String> {
    match not_zero(time(text)?)? {
        time if time > HUNDRED_YEARS => Err("at most 36500days are needed".to_owned()),
        time => Ok(time),
    }
}

fn time(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text).map_err(|_| NOT_A_TIME.to_owned())
}

fn not_zero(time: Duration) -> Result<Duration, String> {
    let time = Some(time).filter(|time| !time.is_zero());
    time.ok_or_else(|| NOT_A_TIME.to_owned())
}

/// Events are read back when they were not delivered at once; this is far longer.
pub(super) fn keep_deleted(text: &str) -> Result<Duration, String> {
    match long_duration(text)? {
        time if time < Duration::from_secs(60) => {
            Err("at least 1m is needed: other processes may have to read these texts".to_owned())
        }
        time => Ok(time),
    }
}

/// The times in a token are whole seconds.
pub(super) fn whole_seconds(text: &str) -> Result<Duration, String> {
    let time = time(text)?;
    let fits = time.subsec_nanos() == 0 && time <= DAY;
    fits.then_some(time)
        .ok_or_else(|| "whole seconds are needed, at most a day, such as 0s or 30s".to_owned())
}

/// Writes a default as a user would.
pub(super) fn in_seconds(time: Duration) -> String {
    format!("{}s", time.as_secs())
}
