//! The signatures of attachments: HMAC-SHA256, with a secret of their own.

use aftermatch_ports::{Signatures, model::UserId};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The bytes of a signature.
const BYTES: usize = 32;

/// Checks signatures with the secret that the platform signs attachments with.
pub struct AttachmentSignatures(Hmac<Sha256>);

impl AttachmentSignatures {
    /// Uses this secret, as bytes. `None`: it has no bytes, or more than there can be.
    #[must_use]
    pub fn new(secret: &[u8]) -> Option<Self> {
        let code = Hmac::new_from_slice(secret).ok()?;
        (!secret.is_empty()).then_some(Self(code))
    }
}

impl Signatures for AttachmentSignatures {
    /// The id of a user has no colon, so that no two pairs are signed in the same way.
    fn is_valid(&self, user: UserId, id: &str, signature: &str) -> bool {
        let Some(signature) = decoded(signature) else {
            return false;
        };
        let code = self.0.clone().chain_update(format!("{user}:{id}"));
        // In constant time.
        code.verify_slice(&signature).is_ok()
    }
}

/// The bytes of a signature in hexadecimal digits or in base64url.
fn decoded(signature: &str) -> Option<Vec<u8>> {
    if signature.len() == 2 * BYTES {
        let pairs = signature.as_bytes().chunks(2);
        return pairs.map(byte).collect();
    }
    let digits = signature.strip_suffix('=').unwrap_or(signature);
    URL_SAFE_NO_PAD.decode(digits).ok()
}

/// The byte of two hexadecimal digits.
fn byte(digits: &[u8]) -> Option<u8> {
    let values = digits.iter().map(|digit| char::from(*digit).to_digit(16));
    let value = values.reduce(|high, low| Some(high? * 16 + low?))??;
    u8::try_from(value).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example in docs/platform.md.
    const SECRET: &[u8] = b"a secret that only the platform and the chat know";
    const HEX: &str = "6f0d955d5cdade7f1a113ce5d1cf480d957d149a0924e5ee637a8076612d3825";
    const BASE64: &str = "bw2VXVza3n8aETzl0c9IDZV9FJoJJOXuY3qAdmEtOCU";

    fn signatures() -> AttachmentSignatures {
        AttachmentSignatures::new(SECRET).expect("a secret")
    }

    #[test]
    fn signature_of_documented_example_is_valid() {
        let page = include_str!("../../../docs/platform.md");
        for known in [HEX, BASE64, std::str::from_utf8(SECRET).expect("text")] {
            assert!(page.contains(known), "{known}");
        }
        let padded = format!("{BASE64}=");
        for signature in [HEX, &HEX.to_uppercase(), BASE64, &padded] {
            assert!(
                signatures().is_valid(UserId(3), "f_81c2", signature),
                "{signature}"
            );
        }
    }

    #[test]
    fn signature_of_anything_else_is_invalid() {
        let ours = signatures();
        assert!(!ours.is_valid(UserId(4), "f_81c2", HEX));
        assert!(!ours.is_valid(UserId(3), "f_81c3", HEX));
        let another = AttachmentSignatures::new(b"another secret").expect("a secret");
        assert!(!another.is_valid(UserId(3), "f_81c2", HEX));
        let (short, long) = (&HEX[..62], format!("{HEX}00"));
        let (plus, sign) = ("+0".repeat(32), format!("+{}", &HEX[1..]));
        let letters = "ж".repeat(32);
        for signature in ["", "=", short, &long, &plus, &sign, &letters, &BASE64[1..]] {
            assert!(
                !ours.is_valid(UserId(3), "f_81c2", signature),
                "{signature}"
            );
        }
    }

    #[test]
    fn empty_secret_is_refused() {
        assert!(AttachmentSignatures::new(b"").is_none());
    }
}
