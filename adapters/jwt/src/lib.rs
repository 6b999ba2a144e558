//! Access tokens as Django's simplejwt issues them: HS256, and the claims
//! `token_type`, `exp`, `iat`, `jti` and `user_id`.

use aftermatch_ports::{
    Tokens,
    model::{Refusal, UserId, access::Claims},
};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

const ACCESS_TOKEN_TYPE: &str = "access";

/// Checks and issues tokens with one shared secret.
pub struct Jwt {
    decoding: DecodingKey,
    encoding: EncodingKey,
    validation: Validation,
}

/// The contents of an access token to issue. Times are in seconds since 1970.
#[derive(Debug, Clone, Copy)]
pub struct Grant<'a> {
    /// The user it is for.
    pub user: UserId,
    /// When it is issued.
    pub issued: i64,
    /// When it expires: it is refused from this second on.
    pub expires: i64,
    /// The unique id of this token (`jti`).
    pub id: &'a str,
}

#[derive(Serialize)]
struct IssuedClaims<'a> {
    token_type: &'static str,
    exp: i64,
    iat: i64,
    jti: &'a str,
    user_id: i64,
}

#[derive(Deserialize)]
struct ReceivedClaims {
    token_type: String,
    exp: i64,
    #[serde(default)]
    nbf: Option<i64>,
    user_id: Box<RawValue>,
}

impl Jwt {
    /// Uses the platform's signing secret, as bytes.
    #[must_use]
    pub fn new(secret: &[u8]) -> Self {
        // Only HS256, whatever algorithm the token's header names.
        let mut validation = Validation::new(Algorithm::HS256);
        // The domain model checks the times.
        validation.validate_exp = false;
        validation.validate_aud = false;
        validation.required_spec_claims.clear();
        Self {
            decoding: DecodingKey::from_secret(secret),
            encoding: EncodingKey::from_secret(secret),
            validation,
        }
    }

    /// Signs an access token.
    ///
    /// # Errors
    /// Errors of the cryptography library.
    pub fn issue(&self, grant: Grant<'_>) -> Result<String, jsonwebtoken::errors::Error> {
        let claims = IssuedClaims {
            token_type: ACCESS_TOKEN_TYPE,
            exp: grant.expires,
            iat: grant.issued,
            jti: grant.id,
            user_id: grant.user.0,
        };
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.encoding)
    }
}

impl Tokens for Jwt {
    fn verify(&self, token: &str) -> Result<Claims, Refusal> {
        let claims =
            jsonwebtoken::decode::<ReceivedClaims>(token, &self.decoding, &self.validation)
                .map_err(|_| Refusal::TokenInvalid)?
                .claims;
        if claims.token_type != ACCESS_TOKEN_TYPE {
            return Err(Refusal::TokenInvalid);
        }
        Ok(Claims {
            user: user_id(&claims.user_id).ok_or(Refusal::TokenInvalid)?,
            expires: claims.exp,
            not_before: claims.nbf,
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

#[cfg(test)]
mod tests;
