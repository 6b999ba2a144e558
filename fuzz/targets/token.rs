//! The verification of access tokens, beside an implementation of signatures that is not
//! the one it uses.
//!
//! The input is a place in a token, a byte to put there, and a text: the claims of a
//! token, or a whole one.

#![no_main]

use aftermatch_jwt::Jwt;
use aftermatch_ports::{
    Tokens,
    model::{UserId, access::Claims},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use hmac::{Hmac, KeyInit, Mac};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use sha2::Sha256;

const SECRET: &[u8] = b"a secret of at least thirty-two bytes";
const OTHER_SECRET: &[u8] = b"another secret of thirty-two bytes";
const HEADER: &str = r#"{"alg":"HS256","typ":"JWT"}"#;

fuzz_target!(|input: &[u8]| {
    let [place, byte, text @ ..] = input else {
        return;
    };
    let Ok(text) = std::str::from_utf8(text) else {
        return;
    };
    let jwt = Jwt::new(SECRET);
    if jwt.verify(text).is_ok() {
        assert!(is_signed(text), "accepted without our signature");
    }
    if let Ok(claims) = serde_json::from_str::<Value>(text) {
        // Written again, since a token with one claim twice is refused.
        let verified = jwt.verify(&signed(&claims.to_string(), SECRET)).ok();
        assert_eq!(verified, expected(&claims));
    }
    assert!(jwt.verify(&signed(text, OTHER_SECRET)).is_err());
    if let Some(tampered) = tampered(&signed(text, SECRET), *place, *byte) {
        assert!(jwt.verify(&tampered).is_err(), "{tampered}");
    }
});

/// A token with these claims, valid or not.
fn signed(claims: &str, secret: &[u8]) -> String {
    let message = format!("{}.{}", BASE64.encode(HEADER), BASE64.encode(claims));
    let signature = BASE64.encode(mac(&message, secret).finalize().into_bytes());
    format!("{message}.{signature}")
}

fn is_signed(token: &str) -> bool {
    let (message, signature) = token.rsplit_once('.').expect("a token has parts");
    let signature = BASE64.decode(signature).expect("a signature is Base64");
    mac(message, SECRET).verify_slice(&signature).is_ok()
}

fn mac(message: &str, secret: &[u8]) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("a secret of any length");
    mac.update(message.as_bytes());
    mac
}

/// The end of the year 9999.
const LAST_SECOND: i64 = 253_402_300_799;

/// What claims mean.
fn expected(claims: &Value) -> Option<Claims> {
    let user = match claims.get("user_id")? {
        Value::String(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            digits.parse().ok()?
        }
        user => user.as_i64()?,
    };
    let time = |name| match claims.get(name) {
        None => Some(None),
        Some(time) => seconds(time).map(Some),
    };
    let issued = time("iat")?.map(|issued| issued.saturating_sub(60));
    let not_before = issued.max(time("nbf")?);
    let expires = time("exp")??;
    let is_text = |name| claims.get(name).map(Value::is_string);
    let is_access = claims.get("token_type")? == "access"
        && is_text("jti") == Some(true)
        && is_text("sub") != Some(false)
        && expires <= LAST_SECOND;
    is_access.then_some(Claims {
        user: UserId(user),
        expires,
        not_before,
    })
}

fn seconds(time: &Value) -> Option<i64> {
    let Value::Number(number) = time else {
        return None;
    };
    let whole = number.as_i64();
    whole
        .or(number.as_u64().map(|_| i64::MAX))
        .or(number.as_f64().map(|time| time as i64))
}

/// The token with another byte at one place.
fn tampered(token: &str, place: u8, byte: u8) -> Option<String> {
    let mut bytes = token.as_bytes().to_vec();
    let place = usize::from(place) % bytes.len();
    let changed = std::mem::replace(&mut bytes[place], byte) != byte;
    changed.then(|| String::from_utf8(bytes).ok())?
}
