use std::{error::Error, sync::Arc};

use aftermatch_model::Refusal;

/// The cause of a [`StoreError`]. It goes to the log, never to a client.
pub type Cause = Arc<dyn Error + Send + Sync>;

/// A failure of the infrastructure: a store cannot be reached, or holds what it
/// must not hold.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// A retry may succeed.
    #[error("unavailable for now")]
    Transient(#[source] Cause),
    /// A retry will fail in the same way.
    #[error("failed")]
    Permanent(#[source] Cause),
}

impl StoreError {
    /// A failure after which a retry may succeed.
    pub fn transient(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Transient(cause.into().into())
    }

    /// A failure that a retry does not change.
    pub fn permanent(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Permanent(cause.into().into())
    }

    /// Whether a retry may succeed.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Transient(_))
    }
}

/// Why a client did not get what it requested.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ChatError {
    /// A rule forbids it.
    #[error("refused: {0:?}")]
    Refused(Refusal),
    /// The infrastructure failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<Refusal> for ChatError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}
