//! Access tokens as the platform issues them, and tokens with a fault.

use std::time::{SystemTime, UNIX_EPOCH};

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

/// The secret of every service that this harness starts.
pub const SECRET: &str = "the secret of all tests, of thirty-two bytes or more";

/// The secret of attachments.
pub const ATTACHMENT_SECRET: &str = "the secret of all attachments, thirty-two bytes or more";

/// The claims of a valid access token of `user`, good for an hour.
pub fn claims_of(user: impl Into<Value>) -> Value {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.expect("a time after 1970").as_secs();
    json!({
        "token_type": "access",
        "exp": now + 3_600,
        "iat": now,
        "jti": "0637a92b7e274118b0a0e92de8857761",
        "user_id": user.into(),
    })
}

/// A valid access token of `user`.
pub fn token_for(user: i64) -> String {
    signed(&claims_of(user))
}

/// A token with these claims, signed as the platform signs.
pub fn signed(claims: &Value) -> String {
    signed_with(Algorithm::HS256, SECRET, claims)
}

/// A token with these claims, signed with another algorithm or secret.
pub fn signed_with(algorithm: Algorithm, secret: &str, claims: &Value) -> String {
    aftermatch_jwt::hmac::install();
    let key = EncodingKey::from_secret(secret.as_bytes());
    jsonwebtoken::encode(&Header::new(algorithm), claims, &key).expect("a token")
}

/// An attachment that the platform has signed for `user`.
pub fn attachment(user: i64, id: &str) -> Value {
    aftermatch_jwt::hmac::install();
    let key = EncodingKey::from_secret(ATTACHMENT_SECRET.as_bytes());
    let message = format!("{user}:{id}");
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key, Algorithm::HS256);
    json!({"id": id, "signature": signature.expect("a signature"), "name": "contract.pdf"})
}
