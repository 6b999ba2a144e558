use std::{path::PathBuf, sync::Arc, time::Duration};

use async_nats::{ConnectOptions, Event, ServerAddr};
use thiserror::Error;

use crate::server::Server;

/// How to reach the servers.
#[derive(Debug, Clone)]
pub struct Options {
    /// Their addresses. Each is a server, or a cluster, that knows nothing of the others.
    pub servers: Vec<String>,
    /// The file with the credentials, as NATS tools write it.
    pub credentials: Option<PathBuf>,
}

/// Why the servers can never be reached.
#[derive(Debug, Error)]
pub enum OptionsError {
    /// An address is none.
    #[error(
        "{0:?} is no address of a NATS server: nats://host:4222 or tls://host:4222 was expected"
    )]
    Address(String),
    /// The file cannot be read, or holds no credentials.
    #[error("cannot use the credentials in {}: {source}", path.display())]
    Credentials {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// The longest pause before the next attempt to connect.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// How many messages of one subscription wait to be received at most. Further ones are lost.
const WAITING: usize = 4_096;

impl Options {
    /// The servers of a comma-separated list.
    ///
    /// # Errors
    /// [`OptionsError::Address`].
    pub fn parse(list: &str) -> Result<Vec<String>, OptionsError> {
        let addresses = list.split(',').map(str::trim);
        addresses.map(check).collect()
    }

    /// The addresses without passwords.
    #[must_use]
    pub fn shown(&self) -> String {
        let shown = self.servers.iter().map(|address| {
            let parts = address.split_once("://").zip(address.rsplit_once('@'));
            match parts {
                Some(((scheme, _), (_, host))) => format!("{scheme}://***@{host}"),
                None => address.clone(),
            }
        });
        shown.collect::<Vec<_>>().join(",")
    }

    pub(crate) async fn connect_options(
        &self,
        server: &Arc<Server>,
    ) -> Result<ConnectOptions, OptionsError> {
        let server = server.clone();
        let options = ConnectOptions::new()
            .name("aftermatch")
            // Its own events do not come back.
            .no_echo()
            .retry_on_initial_connect()
            .max_reconnects(None)
            .subscription_capacity(WAITING)
            .ping_interval(Duration::from_secs(2))
            .reconnect_delay_callback(|attempts| {
                let millis = 50_u64 << attempts.min(6);
                Duration::from_millis(millis).min(LONGEST_PAUSE)
            })
            .event_callback(move |event: Event| {
                server.happened(&event);
                std::future::ready(())
            });
        match &self.credentials {
            None => Ok(options),
            Some(path) => {
                let with = options.credentials_file(path).await;
                with.map_err(|source| OptionsError::Credentials {
                    path: path.clone(),
                    source,
                })
            }
        }
    }
}

fn check(address: &str) -> Result<String, OptionsError> {
    let has_scheme = ["nats://", "tls://"]
        .iter()
        .any(|scheme| address.starts_with(scheme));
    match address.parse::<ServerAddr>() {
        Ok(server) if has_scheme && !server.host().is_empty() => Ok(address.to_owned()),
        _ => Err(OptionsError::Address(address.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_shown_without_passwords() {
        let servers = Options::parse("nats://a:4222, tls://ann:secret@b.example.com").unwrap();
        let options = Options {
            servers,
            credentials: None,
        };
        assert_eq!(options.shown(), "nats://a:4222,tls://***@b.example.com");
        for bad in ["", "a:4222", "http://a", "nats://", "nats://a,,nats://b"] {
            assert!(Options::parse(bad).is_err(), "{bad}");
        }
    }
}
