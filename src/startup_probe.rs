//! The probes while the service waits for its database: it is alive, and it is
//! not ready.

use std::{io, os::fd::AsFd, sync::Arc, time::Duration};

use aftermatch_http::Operations;
use aftermatch_ports::{Health, StoreError};
use async_trait::async_trait;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

struct NoDatabase;

#[async_trait]
impl Health for NoDatabase {
    async fn check(&self) -> Result<(), StoreError> {
        Err(StoreError::transient("the database is not there yet"))
    }
}

/// Serves the probes on the operators' port until `stopped`. The port stays open
/// for the service itself. `head` is the time limit of a connection.
///
/// # Errors
/// Errors of the listener.
pub(crate) async fn serve(
    listener: &TcpListener,
    head: Duration,
    stopped: CancellationToken,
) -> io::Result<()> {
    let same_port = std::net::TcpListener::from(listener.as_fd().try_clone_to_owned()?);
    let same_port = TcpListener::from_std(same_port)?;
    let routes = aftermatch_http::routes(Operations {
        registry: None,
        health: Arc::new(NoDatabase),
        stopping: CancellationToken::new(),
    });
    aftermatch_http::serve_operations(same_port, routes, head, stopped).await
}
