//! Operations that were not performed.

use std::{
    error::Error,
    sync::atomic::{AtomicBool, Ordering},
};

use aftermatch_ports::{PlatformError, StoreError};
use aftermatch_protocol::api::{ApiAction, ApiError};

/// Why an operation was not performed.
pub(crate) enum Failure {
    Refused(ApiError),
    Platform(PlatformError),
}

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        Self::Refused(error)
    }
}

impl From<PlatformError> for Failure {
    fn from(error: PlatformError) -> Self {
        Self::Platform(error)
    }
}

impl From<Failure> for ApiError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(error) => error,
            Failure::Platform(error) => error.into(),
        }
    }
}

/// Logs failures of the store, whose reasons no client must see. A store that is away is
/// reported once.
#[derive(Default)]
pub(crate) struct Failures {
    is_away: AtomicBool,
}

impl Failures {
    pub(crate) fn note(&self, action: ApiAction, failure: Option<&Failure>) {
        let action = action.as_str();
        let Some(Failure::Platform(PlatformError::Store(error))) = failure else {
            self.is_away.store(false, Ordering::Relaxed);
            return;
        };
        let reason = error.source().map(ToString::to_string);
        match error {
            StoreError::Permanent(_) => tracing::error!(action, error = reason, "a store failed"),
            StoreError::Transient(_) => {
                if !self.is_away.swap(true, Ordering::Relaxed) {
                    tracing::warn!(action, error = reason, "a store is unavailable");
                }
            }
        }
    }
}
