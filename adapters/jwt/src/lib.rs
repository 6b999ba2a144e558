//! What the platform signs. Access tokens as Django's simplejwt issues them: HS256, and the
//! claims `token_type`, `exp`, `iat`, `jti` and `user_id`. And attachments.

mod attachments;
mod claims;
pub mod hmac;

pub use self::attachments::AttachmentSignatures;
use aftermatch_ports::{
    Tokens,
    model::{Refusal, UserId, access::Claims},
};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::Serialize;
use serde_json::{Value, value::RawValue};

use self::claims::ReceivedClaims;

const ACCESS_TOKEN_TYPE: &str = "access";

/// Checks and issues tokens with a shared secret.
pub struct Jwt {
    decoding: DecodingKey,
    previous: Option<Previous>,
    encoding: EncodingKey,
    validation: Validation,
}

/// The secret before the present one.
struct Previous {
    decoding: DecodingKey,
    /// From this second on its tokens are refused.
    until: Option<i64>,
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
        hmac::install();
        // Only HS256, whatever algorithm the token's header names.
        let mut validation = Validation::new(Algorithm::HS256);
        // The domain model checks the times.
        validation.validate_exp = false;
        validation.validate_aud = false;
        validation.required_spec_claims.clear();
        Self {
            decoding: DecodingKey::from_secret(secret),
            previous: None,
            encoding: EncodingKey::from_secret(secret),
            validation,
        }
    }

    /// Accepts tokens that were signed with the platform's previous secret, too: until a
    /// time in seconds since 1970, or without end.
    #[must_use]
    pub fn accepting_previous(mut self, secret: &[u8], until: Option<i64>) -> Self {
        let decoding = DecodingKey::from_secret(secret);
        self.previous = Some(Previous { decoding, until });
        self
    }

    /// The claims of a token that was signed with this key.
    fn claims(&self, token: &str, key: &DecodingKey) -> Option<Claims> {
        // As text first, so that all of it is UTF-8.
        let token = jsonwebtoken::decode::<Box<RawValue>>(token, key, &self.validation).ok()?;
        if has_extension(&token.header) {
            return None;
        }
        let claims: ReceivedClaims = serde_json::from_str(token.claims.get()).ok()?;
        claims.access()
    }

    /// The claims of a token that was signed with the previous secret. It expires when that
    /// is not accepted any more, or before.
    fn previous_claims(&self, token: &str) -> Option<Claims> {
        let previous = self.previous.as_ref()?;
        let claims = self.claims(token, &previous.decoding)?;
        let expires = previous.until.unwrap_or(i64::MAX).min(claims.expires);
        Some(Claims { expires, ..claims })
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
        self.claims(token, &self.decoding)
            .or_else(|| self.previous_claims(token))
            .ok_or(Refusal::TokenInvalid)
    }
}

/// Whether the token is to be read in another way than RFC 7515 describes: an
/// extension that has to be understood, or a payload without base64url.
fn has_extension(header: &Header) -> bool {
    header.crit.is_some() || !matches!(header.extras.get::<Value>("b64"), Ok(None))
}

#[cfg(test)]
mod tests;
