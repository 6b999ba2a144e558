use aftermatch::SystemClock;
use aftermatch_ports::Clock;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use super::service::SECRET;

/// What a good access token of `user` says; stories change it.
pub fn claims_of(user: impl Into<Value>) -> Value {
    let now = SystemClock.now().unix_seconds();
    json!({
        "token_type": "access",
        "exp": now + 3_600,
        "iat": now,
        "jti": "0637a92b7e274118b0a0e92de8857761",
        "user_id": user.into(),
    })
}

/// A token that says `claims`, signed as the platform signs.
pub fn signed(claims: &Value) -> String {
    signed_with(Algorithm::HS256, SECRET, claims)
}

/// A token that says `claims`, signed otherwise.
pub fn signed_with(algorithm: Algorithm, secret: &[u8], claims: &Value) -> String {
    let key = EncodingKey::from_secret(secret);
    jsonwebtoken::encode(&Header::new(algorithm), claims, &key).expect("a token")
}
