use async_trait::async_trait;

use crate::StoreError;

/// The health of a store.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Health: Send + Sync {
    /// Whether somebody could join a room and write there now: the store answers, accepts
    /// writes, and has the schema this program needs.
    async fn check(&self) -> Result<(), StoreError>;
}
