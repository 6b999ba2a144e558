use std::sync::Arc;

use aftermatch_model::{User, UserId};
use async_trait::async_trait;

use crate::{Read, Unavailable};

/// The users of the platform.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait People: Send + Sync {
    /// The user of that number, with the brand it owns.
    ///
    /// A user's revision moves with every change of it, and with every change of
    /// which brand it owns.
    async fn user(&self, id: UserId, read: Read) -> Result<Option<Arc<User>>, Unavailable>;
}
