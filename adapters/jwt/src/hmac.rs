//! HMAC for the token library. Its own providers bring every algorithm there is, which takes
//! longer to compile than the rest of the service; the driver of Postgres has this one
//! already.

use hmac::{Hmac, KeyInit, Mac};
use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey,
    crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils},
    errors::{Error, ErrorKind},
};
use sha2::{Sha256, Sha384, Sha512};
use signature::{Signer, Verifier};

static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: |algorithm, key| Ok(Box::new(Code::signing(*algorithm, key)?)),
    verifier_factory: |algorithm, key| Ok(Box::new(Code::verifying(*algorithm, key)?)),
    key_utils: KeyUtils::new_unimplemented(),
};

/// From now on the token library signs and verifies with HMAC, in the whole process.
pub fn install() {
    // An error says that it is there already.
    let _ = PROVIDER.install_default();
}

/// Message authentication codes of one key.
enum Code {
    Hs256(Hmac<Sha256>),
    Hs384(Hmac<Sha384>),
    Hs512(Hmac<Sha512>),
}

impl Code {
    fn signing(algorithm: Algorithm, key: &EncodingKey) -> Result<Self, Error> {
        Self::new(algorithm, key.as_bytes())
    }

    fn verifying(algorithm: Algorithm, key: &DecodingKey) -> Result<Self, Error> {
        Self::new(algorithm, key.try_get_as_bytes()?)
    }

    fn new(algorithm: Algorithm, secret: &[u8]) -> Result<Self, Error> {
        let code = match algorithm {
            Algorithm::HS256 => Hmac::new_from_slice(secret).map(Self::Hs256),
            Algorithm::HS384 => Hmac::new_from_slice(secret).map(Self::Hs384),
            Algorithm::HS512 => Hmac::new_from_slice(secret).map(Self::Hs512),
            _ => return Err(ErrorKind::InvalidAlgorithm.into()),
        };
        code.map_err(|_| ErrorKind::InvalidKeyFormat.into())
    }

    fn algorithm(&self) -> Algorithm {
        match self {
            Self::Hs256(_) => Algorithm::HS256,
            Self::Hs384(_) => Algorithm::HS384,
            Self::Hs512(_) => Algorithm::HS512,
        }
    }
}

impl Signer<Vec<u8>> for Code {
    fn try_sign(&self, message: &[u8]) -> Result<Vec<u8>, signature::Error> {
        Ok(match self {
            Self::Hs256(code) => code_of(code, message),
            Self::Hs384(code) => code_of(code, message),
            Self::Hs512(code) => code_of(code, message),
        })
    }
}

impl Verifier<Vec<u8>> for Code {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), signature::Error> {
        // In constant time.
        let verified = match self {
            Self::Hs256(code) => code.clone().chain_update(message).verify_slice(signature),
            Self::Hs384(code) => code.clone().chain_update(message).verify_slice(signature),
            Self::Hs512(code) => code.clone().chain_update(message).verify_slice(signature),
        };
        verified.map_err(|_| signature::Error::new())
    }
}

fn code_of<M: Mac + Clone>(code: &M, message: &[u8]) -> Vec<u8> {
    let code = code.clone().chain_update(message);
    code.finalize().into_bytes().to_vec()
}

impl JwtSigner for Code {
    fn algorithm(&self) -> Algorithm {
        self.algorithm()
    }
}

impl JwtVerifier for Code {
    fn algorithm(&self) -> Algorithm {
        self.algorithm()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The second test case of RFC 4231.
    #[test]
    fn code_is_that_of_the_standard() {
        let hs256 = Code::new(Algorithm::HS256, b"Jefe").expect("a key");
        let message = b"what do ya want for nothing?";
        let code = hs256.sign(message);
        assert_eq!(
            code.iter()
                .map(|byte| format!("{byte:02x}"))
                .collect::<String>(),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
        assert!(hs256.verify(message, &code).is_ok());
        assert!(
            hs256
                .verify(b"what do ya want for nothing!", &code)
                .is_err()
        );
        assert!(hs256.verify(message, &code[..31].to_vec()).is_err());
        let another = Code::new(Algorithm::HS256, b"jefe").expect("a key");
        assert!(another.verify(message, &code).is_err());
    }

    #[test]
    fn only_hmac() {
        for algorithm in [Algorithm::RS256, Algorithm::ES256, Algorithm::EdDSA] {
            assert!(Code::new(algorithm, b"Jefe").is_err());
        }
    }
}
