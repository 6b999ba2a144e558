use base64::{Engine, prelude::BASE64_STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

const PREFIX: &str = "whsec_";

/// As Standard Webhooks has it.
const MIN_BYTES: usize = 24;
const MAX_BYTES: usize = 64;

/// While a secret is replaced, requests are signed with the new and the old one.
const MOST: usize = 2;

/// What signs requests: a secret, or two while one is replaced.
#[derive(Clone)]
pub struct Secrets(Vec<Hmac<Sha256>>);

/// Why a text has no secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// Nothing at all.
    #[error(
        "it is empty: it must contain a secret such as `openssl rand -base64 32` prints, after whsec_"
    )]
    Empty,
    /// Too many.
    #[error("it has {0} lines: it may have a secret and, while that is replaced, another one")]
    TooMany(usize),
    /// Not `whsec_`.
    #[error("a secret must begin with whsec_, and what follows is base64")]
    Prefix,
    /// Not base64.
    #[error("what follows whsec_ must be base64, as `openssl rand -base64 32` prints it")]
    Base64,
    /// Too short or too long.
    #[error(
        "a secret must have 24 to 64 bytes, and one has {0}: `openssl rand -base64 32` prints a good one"
    )]
    Length(usize),
}

impl Secrets {
    /// Reads secrets, one a line.
    ///
    /// # Errors
    /// [`SecretError`].
    pub fn parse(text: &str) -> Result<Self, SecretError> {
        let secrets: Vec<_> = text.split_whitespace().collect();
        match secrets.len() {
            0 => return Err(SecretError::Empty),
            count if count > MOST => return Err(SecretError::TooMany(count)),
            _ => {}
        }
        secrets
            .into_iter()
            .map(code)
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// The signatures of a request with this id at this second.
    pub(crate) fn sign(&self, id: &str, second: i64, body: &[u8]) -> String {
        let signatures = self.0.iter().map(|code| {
            let signed = format!("{id}.{second}.");
            let code = code.clone().chain_update(signed).chain_update(body);
            let code = BASE64_STANDARD.encode(code.finalize().into_bytes());
            format!("v1,{code}")
        });
        signatures.collect::<Vec<_>>().join(" ")
    }
}

fn code(secret: &str) -> Result<Hmac<Sha256>, SecretError> {
    let base64 = secret.strip_prefix(PREFIX).ok_or(SecretError::Prefix)?;
    let key = BASE64_STANDARD
        .decode(base64)
        .map_err(|_| SecretError::Base64)?;
    if !(MIN_BYTES..=MAX_BYTES).contains(&key.len()) {
        return Err(SecretError::Length(key.len()));
    }
    Hmac::new_from_slice(&key).map_err(|_| SecretError::Length(key.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As the libraries of Standard Webhooks test it.
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const BODY: &[u8] = br#"{"test": 2432232314}"#;
    const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    #[test]
    fn signature_is_that_of_standard() {
        let secrets = Secrets::parse(SECRET).expect("a secret");
        assert_eq!(secrets.sign(ID, 1_614_265_330, BODY), SIGNATURE);
        let both = format!("{SECRET}\nwhsec_{}\n", BASE64_STANDARD.encode([7; 64]));
        let both = Secrets::parse(&both).expect("two secrets");
        let signed = both.sign(ID, 1_614_265_330, BODY);
        let (first, second) = signed.split_once(' ').expect("two signatures");
        assert_eq!(first, SIGNATURE);
        assert!(second.starts_with("v1,") && second != first);
    }

    #[test]
    fn other_text_is_refused_with_reason() {
        let of_length = |length| format!("whsec_{}", BASE64_STANDARD.encode(vec![7_u8; length]));
        let three = format!("{SECRET}\n{SECRET}\n{SECRET}");
        for (text, expected) in [
            ("\n", SecretError::Empty),
            (&*three, SecretError::TooMany(3)),
            ("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", SecretError::Prefix),
            ("whsec_not base64", SecretError::Base64),
            (&of_length(23), SecretError::Length(23)),
            (&of_length(65), SecretError::Length(65)),
        ] {
            assert_eq!(Secrets::parse(text).err(), Some(expected), "{text}");
        }
    }
}
