use async_trait::async_trait;

use crate::Unavailable;

/// How a store does.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Health: Send + Sync {
    /// Whether the store answers, and is of the shape that is needed.
    async fn check(&self) -> Result<(), Unavailable>;
}
