//! Values of settings, and what is said of those that are none.

use std::{str::FromStr, time::Duration};

pub(super) fn positive<N: FromStr + PartialOrd + From<u8>>(text: &str) -> Result<N, String> {
    match text.parse() {
        Ok(number) if number > N::from(0) => Ok(number),
        _ => Err("a whole number of at least 1 is needed".to_owned()),
    }
}

pub(super) fn pool(text: &str) -> Result<u32, String> {
    match text.parse() {
        Ok(number @ 1..=1_000) => Ok(number),
        _ => Err("a whole number from 1 to 1000 is needed".to_owned()),
    }
}

pub(super) fn positive_id(text: &str) -> Result<i64, String> {
    match text.parse() {
        Ok(id) if id > 0 => Ok(id),
        _ => Err("an id is a whole number of at least 1".to_owned()),
    }
}

pub(super) fn duration(text: &str) -> Result<Duration, String> {
    match duration_or_none(text)? {
        Duration::ZERO => Err(NO_TIME.to_owned()),
        time => Ok(time),
    }
}

/// A time that may be zero.
pub(super) fn duration_or_none(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text).map_err(|_| NO_TIME.to_owned())
}

const NO_TIME: &str = "a time with its unit is needed, such as 500ms, 10s, 5m or 1h";
