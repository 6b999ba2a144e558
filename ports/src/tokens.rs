use aftermatch_model::{Refusal, access::Claims};

/// Verification of access tokens.
#[cfg_attr(feature = "mock", mockall::automock)]
pub trait Tokens: Send + Sync {
    /// The claims of an access token that the platform signed. The rules decide
    /// whether the token is valid now ([`check_token`]); no clock is read here.
    ///
    /// # Errors
    /// [`Refusal::TokenInvalid`] for anything but a complete access token with a
    /// valid signature.
    ///
    /// [`check_token`]: aftermatch_model::access::check_token
    fn verify(&self, token: &str) -> Result<Claims, Refusal>;
}
