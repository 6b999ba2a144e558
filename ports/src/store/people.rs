use std::sync::Arc;

use aftermatch_model::{User, UserId};
use async_trait::async_trait;

use crate::{Read, StoreError};

/// The users of the platform.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait People: Send + Sync {
    /// A user and the brand it owns.
    ///
    /// The user's revision changes with every change of the user, and with every
    /// change of which brand it owns.
    async fn user(&self, id: UserId, read: Read) -> Result<Option<Arc<User>>, StoreError>;
}
