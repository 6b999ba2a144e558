//! The claims of a received token.

use std::fmt;

use aftermatch_ports::model::{UserId, access::Claims};
use serde::{
    Deserialize, Deserializer,
    de::{Error, Visitor},
};
use serde_json::value::RawValue;

use crate::ACCESS_TOKEN_TYPE;

/// How far in the future a token may say that it was issued, in seconds: clocks
/// differ, and clients connect as soon as they have their token.
const ISSUED_AHEAD: i64 = 60;

/// The end of the year 9999, the last that the platform's library knows.
const LAST_SECOND: i64 = 253_402_300_799;

/// Those claims that decide. Whatever else there is means nothing here.
#[derive(Deserialize)]
pub(crate) struct ReceivedClaims {
    token_type: String,
    exp: Seconds,
    #[serde(default, deserialize_with = "present")]
    iat: Option<Seconds>,
    #[serde(default, deserialize_with = "present")]
    nbf: Option<Seconds>,
    /// Only its type is checked, and that of `sub`.
    #[serde(rename = "jti")]
    _jti: String,
    #[serde(default, rename = "sub", deserialize_with = "present")]
    _sub: Option<String>,
    user_id: Box<RawValue>,
}

impl ReceivedClaims {
    /// What they say, if they are those of an access token.
    pub(crate) fn access(&self) -> Option<Claims> {
        if self.token_type != ACCESS_TOKEN_TYPE || self.exp.0 > LAST_SECOND {
            return None;
        }
        let issued = self.iat.map(|iat| iat.0.saturating_sub(ISSUED_AHEAD));
        Some(Claims {
            user: user_id(&self.user_id)?,
            expires: self.exp.0,
            not_before: issued.max(self.nbf.map(|nbf| nbf.0)),
        })
    }
}

/// Reads a user id: an integer, or a string of decimal digits.
fn user_id(json: &RawValue) -> Option<UserId> {
    let digits: String = match json.get().as_bytes().first()? {
        b'"' => serde_json::from_str(json.get()).ok()?,
        _ => return serde_json::from_str(json.get()).ok().map(UserId),
    };
    let decimal = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    decimal.then(|| digits.parse().ok().map(UserId))?
}

/// A claim that may be left out, but not be null.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// A time in seconds since 1970. A fraction is cut off, as the platform's library
/// does, and a time that does not fit is the outermost.
#[derive(Clone, Copy)]
struct Seconds(i64);

impl<'de> Deserialize<'de> for Seconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SecondsVisitor)
    }
}

struct SecondsVisitor;

impl Visitor<'_> for SecondsVisitor {
    type Value = Seconds;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number of seconds")
    }

    fn visit_i64<E: Error>(self, seconds: i64) -> Result<Seconds, E> {
        Ok(Seconds(seconds))
    }

    fn visit_u64<E: Error>(self, seconds: u64) -> Result<Seconds, E> {
        Ok(Seconds(i64::try_from(seconds).unwrap_or(i64::MAX)))
    }

    fn visit_f64<E: Error>(self, seconds: f64) -> Result<Seconds, E> {
        Ok(Seconds(seconds as i64))
    }
}
