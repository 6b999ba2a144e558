//! The values of a request's keys.

use std::{borrow::Cow, fmt::Display};

use aftermatch_ports::model::{MessageId, Tag};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::MAX_REQUEST_ID_CHARS;
use crate::error::{Code, WireError};

/// An integer beyond 64 bits is still an integer: it names something that no
/// store has ever held.
pub(super) const NAMES_NOTHING: i64 = i64::MIN;

/// A parameter that may be left out, or `null`.
pub(super) fn optional<'a, T>(
    name: &str,
    expected: impl Display,
    value: Option<&'a RawValue>,
    read: impl FnOnce(&'a RawValue) -> Option<T>,
) -> Result<Option<T>, WireError> {
    match value.filter(|json| json.get() != "null") {
        None => Ok(None),
        given => needed(name, expected, given, read).map(Some),
    }
}

pub(super) fn needed<'a, T>(
    name: &str,
    expected: impl Display,
    value: Option<&'a RawValue>,
    read: impl FnOnce(&'a RawValue) -> Option<T>,
) -> Result<T, WireError> {
    value.and_then(read).ok_or_else(|| {
        let what = problem(value);
        let sentence = format!("parameter `{name}` {what}: {expected} was expected");
        WireError::new(Code::InvalidParameter, sentence)
    })
}

pub(super) fn problem(value: Option<&RawValue>) -> &'static str {
    match value.map(|json| json.get().as_bytes()) {
        None => "is missing",
        Some([b'n', ..]) => "is null",
        Some([b't' | b'f', ..]) => "is a boolean",
        Some([b'"', ..]) => "is a string that cannot be taken",
        Some([b'[', ..]) => "is a list that cannot be taken",
        Some([b'{', ..]) => "is an object",
        Some(_) => "is a number that cannot be taken",
    }
}

pub(super) fn tag(json: &RawValue) -> Option<Tag> {
    let fits = match string(json) {
        Some(text) => text.chars().count() <= MAX_REQUEST_ID_CHARS,
        None => integer(json).is_some(),
    };
    fits.then(|| Tag::new(json.get()))
}

pub(super) fn integer(json: &RawValue) -> Option<i64> {
    let digits = json.get().strip_prefix('-').unwrap_or(json.get());
    let whole = digits.bytes().all(|byte| byte.is_ascii_digit());
    whole.then(|| json.get().parse().unwrap_or(NAMES_NOTHING))
}

/// An integer that stands in an order: one beyond 64 bits is the outermost.
pub(super) fn number(json: &RawValue) -> Option<i64> {
    let outermost = match json.get().as_bytes() {
        [b'-', ..] => i64::MIN,
        _ => i64::MAX,
    };
    integer(json).map(|_| json.get().parse().unwrap_or(outermost))
}

/// An integer that is not below `least`.
pub(super) fn from(least: i64) -> impl Fn(&RawValue) -> Option<i64> {
    move |json| number(json).filter(|number| *number >= least)
}

/// An integer from 1 to `most`.
pub(super) fn up_to(most: usize) -> impl Fn(&RawValue) -> Option<usize> {
    move |json| {
        let number = usize::try_from(integer(json)?).ok()?;
        (1..=most).contains(&number).then_some(number)
    }
}

pub(super) fn integers(json: &RawValue) -> Option<Vec<MessageId>> {
    let values: Vec<&RawValue> = serde_json::from_str(json.get()).ok()?;
    let ids = values
        .into_iter()
        .map(|value| integer(value).map(MessageId));
    ids.collect()
}

pub(super) fn string(json: &RawValue) -> Option<Cow<'_, str>> {
    #[derive(Deserialize)]
    struct Text<'a>(#[serde(borrow)] Cow<'a, str>);
    let text = json.get().strip_prefix('"')?.strip_suffix('"')?;
    if !text.contains('\\') {
        // It has been read as JSON before: this is all there is to it.
        return Some(Cow::Borrowed(text));
    }
    serde_json::from_str(json.get()).ok().map(|Text(text)| text)
}
