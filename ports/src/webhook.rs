use std::time::Duration;

use aftermatch_model::Push;
use async_trait::async_trait;

/// The platform, which notifies users who are not connected.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Webhook: Send + Sync {
    /// Sends a message, and returns when the platform has accepted it. Limits its own time. The
    /// same message is recognized when it comes again.
    async fn post(&self, push: &Push) -> Result<(), PushFailure>;
}

/// The platform has not accepted a message, or nobody knows whether it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushFailure {
    /// Why, in a sentence for operators.
    pub reason: String,
    /// How long the platform wants not to be asked.
    pub retry_after: Option<Duration>,
}
