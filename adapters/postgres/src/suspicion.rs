//! Connections of the pool that are not used again.

use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

/// When a connection of the pool was found to accept no writes. The others were opened to
/// the same server, so none that is as old is used again.
#[derive(Default)]
pub(crate) struct Suspicion(Mutex<Option<Instant>>);

impl Suspicion {
    pub(crate) fn raise(&self) {
        *self.0.lock() = Some(Instant::now());
    }

    /// Whether a connection of this age was opened since.
    pub(crate) fn trusts(&self, age: Duration) -> bool {
        self.0.lock().is_none_or(|raised| age < raised.elapsed())
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn only_older_connections_are_suspected() {
        let (suspicion, second) = (Suspicion::default(), Duration::from_secs(1));
        assert!(suspicion.trusts(9 * second));
        suspicion.raise();
        assert!(!suspicion.trusts(second));
        advance(2 * second).await;
        assert!(suspicion.trusts(second));
        assert!(!suspicion.trusts(2 * second));
    }
}
