//! What operators see while the service waits for its database: that it lives,
//! and is not ready.

use std::{io, os::fd::AsFd, sync::Arc};

use aftermatch_http::Operations;
use aftermatch_ports::{Health, Unavailable};
use async_trait::async_trait;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

struct NoDatabase;

#[async_trait]
impl Health for NoDatabase {
    async fn check(&self) -> Result<(), Unavailable> {
        Err(Unavailable::passing("the database is not there yet"))
    }
}

/// Shows it on the operators' own port, and leaves that open for who comes next,
/// until it is `over`.
///
/// # Errors
/// Those of the listener.
pub(crate) async fn show(listener: &TcpListener, over: CancellationToken) -> io::Result<()> {
    let same = std::net::TcpListener::from(listener.as_fd().try_clone_to_owned()?);
    let routes = aftermatch_http::routes(Operations {
        registry: None,
        health: Arc::new(NoDatabase),
        stopping: CancellationToken::new(),
    });
    aftermatch_http::serve(TcpListener::from_std(same)?, routes, over).await
}
