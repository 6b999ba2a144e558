//! The tokens that show who may use the API.

use aftermatch_protocol::api::{ApiCode, ApiError};
use poem::http::{HeaderMap, header::AUTHORIZATION};
use sha2::{Digest, Sha256};

use crate::response::Refused;

/// A shorter token can be guessed.
pub const MIN_TOKEN_BYTES: usize = 16;

/// The valid tokens: several, while a platform changes from one to another.
pub struct ApiTokens(Vec<Hash>);

/// Hashes are compared, so the time that it takes shows nothing of a token.
type Hash = [u8; 32];

/// Why a text has no valid tokens. The sentence begins with the name of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenError(pub String);

impl ApiTokens {
    /// Reads tokens, one in a line. Empty lines are ignored.
    ///
    /// # Errors
    /// There is none, or one of them is too short or cannot be sent in a header.
    pub fn parse(text: &str) -> Result<Self, TokenError> {
        let mut tokens = Vec::new();
        for (line, token) in (1..).zip(text.lines().map(str::trim)) {
            let bytes = token.len();
            match bytes {
                0 => continue,
                MIN_TOKEN_BYTES.. => {}
                _ => {
                    return Err(TokenError(format!(
                        "has a token of {bytes} bytes in line {line}: at least {MIN_TOKEN_BYTES} \
                         are needed, or it can be guessed"
                    )));
                }
            }
            if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
                return Err(TokenError(format!(
                    "has a token in line {line} that cannot be sent in a header: only letters, \
                     digits and punctuation of ASCII can"
                )));
            }
            tokens.push(hash(token.as_bytes()));
        }
        if tokens.is_empty() {
            return Err(TokenError(format!(
                "is empty: it must contain a token of at least {MIN_TOKEN_BYTES} bytes, such as \
                 `openssl rand -hex 32` prints"
            )));
        }
        Ok(Self(tokens))
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Refuses a request without a valid token.
    pub(crate) fn check(&self, headers: &HeaderMap) -> Result<(), Refused> {
        let refused =
            |sentence: &str| Refused::unauthorized(ApiError::new(ApiCode::InvalidToken, sentence));
        let mut values = headers.get_all(AUTHORIZATION).iter();
        let (Some(value), None) = (values.next(), values.next()) else {
            return Err(refused(
                "the header `Authorization` is missing, or is there twice: send `Bearer`, a space \
                 and a token of the service, once",
            ));
        };
        let (scheme, token) = value.as_bytes().split_at_checked(7).unwrap_or_default();
        if !scheme.eq_ignore_ascii_case(b"Bearer ") {
            return Err(refused(
                "the header `Authorization` has another scheme: send `Bearer`, a space and a \
                 token of the service",
            ));
        }
        let given = hash(token.trim_ascii());
        if !self.0.contains(&given) {
            return Err(refused(
                "the token is none of this service: send a line of the file that \
                 CHAT_API_TOKEN_FILE names",
            ));
        }
        Ok(())
    }
}

fn hash(token: &[u8]) -> Hash {
    Sha256::digest(token).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &str = "0123456789abcdef";
    const SECOND: &str = "fedcba9876543210+/=";

    fn status(tokens: &ApiTokens, headers: &[&str]) -> u16 {
        let mut map = HeaderMap::new();
        for value in headers {
            map.append(AUTHORIZATION, value.parse().expect("a header"));
        }
        match tokens.check(&map) {
            Ok(()) => 200,
            Err(refused) => refused.response().status().as_u16(),
        }
    }

    #[test]
    fn each_line_is_a_token() {
        let tokens = ApiTokens::parse(&format!("\n {FIRST} \r\n\n{SECOND}\n")).expect("tokens");
        assert_eq!(tokens.count(), 2);
        let bearer = |token: &str| format!("Bearer {token}");
        let (first, second) = (bearer(FIRST), bearer(SECOND));
        for fine in [&first, &second, &format!("bEARER  {FIRST}")] {
            assert_eq!(status(&tokens, &[fine]), 200, "{fine}");
        }
        for wrong in [
            &[][..],
            &[""],
            &["Bearer"],
            &["Bearer "],
            &[FIRST],
            &[&bearer(&FIRST[1..])],
            &[&bearer("0123456789abcdeF")],
            &[&format!("Basic {FIRST}")],
            &[&format!("Bearer {FIRST} {SECOND}")],
            &[&first, &second],
        ] {
            assert_eq!(status(&tokens, wrong), 401, "{wrong:?}");
        }
    }

    #[test]
    fn file_without_good_tokens_is_refused() {
        for (text, part) in [
            ("", "is empty"),
            ("\n \n", "is empty"),
            ("0123456789abcdef\n012345678", "9 bytes in line 2"),
            ("0123456789 abcdef", "in line 1"),
            ("0123456789abcdeé", "in line 1"),
        ] {
            let Err(TokenError(sentence)) = ApiTokens::parse(text) else {
                panic!("{text:?} is accepted");
            };
            assert!(sentence.contains(part), "{text:?}: {sentence}");
        }
    }
}
