//! The fields of a record. Each function reads one kind of value, or says what
//! is wrong as the end of a sentence that begins with the path.

use aftermatch_ports::model::{ClientMsgId, Pen, Refusal, RoomKind, Tariff, Text, Timestamp};
use serde_json::value::RawValue;
use time::{OffsetDateTime, UtcOffset, format_description::well_known::Rfc3339};

use crate::json::{is_string, must_be};

const ID: &str = "an integer from 1 to 9223372036854775807";
const TARIFF: &str = "\"light\", \"comfort\", \"business\" or null";
const KIND: &str = "1 to 32 characters of a-z, 0-9, _ and -, the first of them a letter";
const PEN: &str = "\"tariff\", \"always\" or \"never\"";
const CLIENT_MSG_ID: &str = "1 to 64 characters of A-Z, a-z, 0-9 and . _ : -, or null";
const TIME: &str = "a time such as \"2024-06-17T18:00:00.000Z\"";
const TIME_OR_NULL: &str = "a time such as \"2024-06-17T18:00:00.000Z\", or null";

pub(crate) fn id(value: &RawValue) -> Result<i64, String> {
    serde_json::from_str(value.get()).map_err(|_| must_be(value, ID))
}

pub(crate) fn flag(value: &RawValue) -> Result<bool, String> {
    serde_json::from_str(value.get()).map_err(|_| must_be(value, "true or false"))
}

pub(crate) fn tariff(value: &RawValue) -> Result<Option<Tariff>, String> {
    let word: Option<String> =
        serde_json::from_str(value.get()).map_err(|_| must_be(value, TARIFF))?;
    match word.as_deref() {
        None => Ok(None),
        Some("light") => Ok(Some(Tariff::Light)),
        Some("comfort") => Ok(Some(Tariff::Comfort)),
        Some("business") => Ok(Some(Tariff::Business)),
        Some(_) => Err(must_be(value, TARIFF)),
    }
}

pub(crate) fn kind(value: &RawValue) -> Result<RoomKind, String> {
    word(value, RoomKind::new).ok_or_else(|| must_be(value, KIND))
}

pub(crate) fn pen(value: &RawValue) -> Result<Pen, String> {
    word(value, Pen::new).ok_or_else(|| must_be(value, PEN))
}

fn word<T>(value: &RawValue, of: impl Fn(&str) -> Option<T>) -> Option<T> {
    let word: String = serde_json::from_str(value.get()).ok()?;
    of(&word)
}

pub(crate) fn time(value: &RawValue) -> Result<Timestamp, String> {
    timestamp(value).ok_or_else(|| must_be(value, TIME))
}

pub(crate) fn time_or_null(value: &RawValue) -> Result<Option<Timestamp>, String> {
    if value.get() == "null" {
        return Ok(None);
    }
    timestamp(value)
        .map(Some)
        .ok_or_else(|| must_be(value, TIME_OR_NULL))
}

fn timestamp(value: &RawValue) -> Option<Timestamp> {
    let text: String = serde_json::from_str(value.get()).ok()?;
    let at = OffsetDateTime::parse(&text, &Rfc3339).ok()?;
    // With an offset, the first and last hours of the calendar have no UTC time.
    let at = at.checked_to_offset(UtcOffset::UTC)?;
    (at.year() >= 0).then(|| at.into())
}

/// `None`: there is none.
pub(crate) fn client_msg_id(value: &RawValue) -> Result<Option<ClientMsgId>, String> {
    let error = || must_be(value, CLIENT_MSG_ID);
    let id: Option<String> = serde_json::from_str(value.get()).map_err(|_| error())?;
    id.map(|id| ClientMsgId::new(&id).map_err(|_| error()))
        .transpose()
}

pub(crate) fn text(value: &RawValue) -> Result<Text, String> {
    if !is_string(value) {
        return Err(must_be(value, "a string"));
    }
    let text: String = serde_json::from_str(value.get())
        .map_err(|_| "contains an unpaired UTF-16 surrogate: \\ud800 to \\udfff come in pairs")?;
    Text::new(&text, usize::MAX).map_err(|refusal| match refusal {
        Refusal::TextBlank => "is blank; it must say something".to_owned(),
        Refusal::TextHasNul => "contains U+0000, which is not allowed in a message".to_owned(),
        other => format!("cannot be the text of a message: {other:?}"),
    })
}
