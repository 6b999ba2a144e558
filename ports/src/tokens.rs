use aftermatch_model::{Refusal, rules::Claims};

/// Who signed what.
#[cfg_attr(feature = "mock", mockall::automock)]
pub trait Tokens: Send + Sync {
    /// What an access token claims, once its signature is known to be the
    /// platform's. Whether it is still (or already) good is for the rules to
    /// say: no clock is asked here.
    ///
    /// # Errors
    /// [`Refusal::TokenInvalid`] for whatever is not a whole, well signed access
    /// token.
    fn verify(&self, token: &str) -> Result<Claims, Refusal>;
}
