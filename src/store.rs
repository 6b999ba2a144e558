//! The store that a service runs on.

use std::sync::Arc;

use aftermatch_memory::Memory;
use aftermatch_ports::Health;
use aftermatch_postgres::Postgres;

/// Where everything is stored.
#[derive(Clone)]
pub enum Store {
    /// In memory, as long as the service runs.
    Memory(Arc<Memory>),
    /// In a Postgres database. Its connections are closed when the service ends.
    Postgres(Arc<Postgres>),
}

impl Store {
    /// For the log.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Memory(_) => "memory",
            Self::Postgres(_) => "postgres",
        }
    }

    pub(crate) fn health(&self) -> Arc<dyn Health> {
        match self {
            Self::Memory(store) => store.clone(),
            Self::Postgres(store) => store.clone(),
        }
    }

    /// The most file descriptors that it uses at a time.
    pub(crate) fn descriptors(&self) -> usize {
        match self {
            Self::Memory(_) => 0,
            Self::Postgres(store) => store.connections(),
        }
    }

    /// Closes its connections. Call it after the last request.
    pub(crate) async fn close(&self) {
        match self {
            Self::Memory(_) => {}
            Self::Postgres(store) => store.close().await,
        }
    }
}
