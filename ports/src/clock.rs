use aftermatch_model::Timestamp;

/// The time of day, as a port, so that a test can set it.
#[cfg_attr(feature = "mock", mockall::automock)]
pub trait Clock: Send + Sync {
    /// The present moment.
    fn now(&self) -> Timestamp;
}
