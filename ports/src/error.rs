use std::error::Error;

use aftermatch_model::Refusal;

/// The world failed us: a store is away, or holds what it must not hold.
#[derive(Debug, thiserror::Error)]
#[error("{}", if *.passing { "unavailable for now" } else { "failed" })]
pub struct Unavailable {
    source: Box<dyn Error + Send + Sync>,
    passing: bool,
}

impl Unavailable {
    /// Trying again later can help.
    pub fn passing(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self {
            source: source.into(),
            passing: true,
        }
    }

    /// Trying again does not help.
    pub fn lasting(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self {
            source: source.into(),
            passing: false,
        }
    }

    /// Whether trying again later can help.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        self.passing
    }
}

/// Why a client did not get what it asked for.
#[derive(Debug, thiserror::Error)]
pub enum ChatError {
    /// The rules say no.
    #[error("refused: {0:?}")]
    Refused(Refusal),
    /// The world failed us.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl From<Refusal> for ChatError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}
