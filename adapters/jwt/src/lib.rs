//! Access tokens as Django's simplejwt issues them: HS256, and the claims
//! `token_type`, `exp`, `iat`, `jti` and `user_id`.

mod claims;

use aftermatch_ports::{
    Tokens,
    model::{Refusal, UserId, access::Claims},
};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::Serialize;
use serde_json::{Value, value::RawValue};

use self::claims::ReceivedClaims;

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
        // As text first, so that all of it is UTF-8.
        let token = jsonwebtoken::decode::<Box<RawValue>>(token, &self.decoding, &self.validation)
            .map_err(|_| Refusal::TokenInvalid)?;
        if has_extension(&token.header) {
            return Err(Refusal::TokenInvalid);
        }
        let claims: ReceivedClaims =
            serde_json::from_str(token.claims.get()).map_err(|_| Refusal::TokenInvalid)?;
        claims.access().ok_or(Refusal::TokenInvalid)
    }
}

/// Whether the token is to be read in another way than RFC 7515 describes: an
/// extension that has to be understood, or a payload without base64url.
fn has_extension(header: &Header) -> bool {
    header.crit.is_some() || !matches!(header.extras.get::<Value>("b64"), Ok(None))
}

#[cfg(test)]
mod tests;
