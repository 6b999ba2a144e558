//! Access tokens as Django's simplejwt issues them: HS256, and the claims
//! `token_type`, `exp`, `iat`, `jti` and `user_id`.

use aftermatch_ports::{
    Tokens,
    model::{Refusal, UserId, rules::Claims},
};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

const ACCESS: &str = "access";

/// Checks and issues tokens with one shared secret.
pub struct Jwt {
    decoding: DecodingKey,
    encoding: EncodingKey,
    validation: Validation,
}

/// What is needed to issue an access token, times in seconds since 1970.
#[derive(Debug, Clone, Copy)]
pub struct Grant<'a> {
    /// Whose token it is.
    pub user: UserId,
    /// When it is issued.
    pub issued: i64,
    /// From this second on it is good no more.
    pub expires: i64,
    /// A name of its own for this token.
    pub id: &'a str,
}

#[derive(Serialize)]
struct Issued<'a> {
    token_type: &'static str,
    exp: i64,
    iat: i64,
    jti: &'a str,
    user_id: i64,
}

#[derive(Deserialize)]
struct Presented {
    token_type: String,
    exp: i64,
    #[serde(default)]
    nbf: Option<i64>,
    user_id: Box<RawValue>,
}

impl Jwt {
    /// Takes the secret the platform signs with, as bytes.
    #[must_use]
    pub fn new(secret: &[u8]) -> Self {
        // HS256 and nothing else, whatever a token's header says of itself.
        let mut validation = Validation::new(Algorithm::HS256);
        // Times are claims like any other here: the rules judge them.
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
    /// Those of the cryptography library.
    pub fn issue(&self, grant: Grant<'_>) -> Result<String, jsonwebtoken::errors::Error> {
        let claims = Issued {
            token_type: ACCESS,
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
        let claims = jsonwebtoken::decode::<Presented>(token, &self.decoding, &self.validation)
            .map_err(|_| Refusal::TokenInvalid)?
            .claims;
        if claims.token_type != ACCESS {
            return Err(Refusal::TokenInvalid);
        }
        Ok(Claims {
            user: user_id(&claims.user_id).ok_or(Refusal::TokenInvalid)?,
            expires: claims.exp,
            not_before: claims.nbf,
        })
    }
}

/// An integer, or a string of decimal digits.
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
