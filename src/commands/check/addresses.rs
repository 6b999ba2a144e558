//! The addresses that a service would listen on.

use std::{io::ErrorKind, net::SocketAddr, time::Duration};

use tokio::{
    net::{TcpListener, lookup_host},
    time::timeout,
};

use super::report::Report;
use crate::settings::Serve;

/// How long to wait for the address of a name.
const TIMEOUT: Duration = Duration::from_secs(2);

pub(super) async fn look(settings: &Serve, report: &mut Report) {
    let operators = settings.ops_listen.as_deref();
    let addresses = [
        ("CHAT_LISTEN", Some(settings.listen.as_str())),
        ("CHAT_OPS_LISTEN", operators),
        ("CHAT_API_LISTEN", settings.api.listen.as_deref()),
    ];
    for (setting, address) in addresses {
        let Some(address) = address else { continue };
        match bind(address).await {
            Ok(()) => {}
            Err(Failure::InUse) => report.warnings.push(format!(
                "{address} ({setting}) is in use: by a service that runs already?"
            )),
            Err(Failure::Other(reason)) => report.problems.push(format!(
                "cannot listen on {address} ({setting}: address and port, such as \
                 127.0.0.1:8000): {reason}"
            )),
        }
    }
}

enum Failure {
    InUse,
    Other(String),
}

/// Listens for a moment.
async fn bind(address: &str) -> Result<(), Failure> {
    let resolved = match timeout(TIMEOUT, lookup_host(address)).await {
        Ok(Ok(resolved)) => resolved.collect::<Vec<SocketAddr>>(),
        Ok(Err(error)) => return Err(Failure::Other(error.to_string())),
        Err(_) => return Err(Failure::Other("no answer in time".to_owned())),
    };
    match TcpListener::bind(&resolved[..]).await {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AddrInUse => Err(Failure::InUse),
        Err(error) => Err(Failure::Other(error.to_string())),
    }
}
