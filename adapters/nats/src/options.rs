use std::{fmt, path::PathBuf};

use async_nats::ServerAddr;
use thiserror::Error;

/// How to reach the servers.
#[derive(Clone)]
pub struct Options {
    /// Their addresses. Each is a server, or a cluster, that knows nothing of the others.
    pub servers: Vec<String>,
    /// The file with the credentials, as NATS tools write it.
    pub credentials: Option<PathBuf>,
}

/// Why the servers can never be reached.
#[derive(Debug, Error)]
pub enum OptionsError {
    /// An address is not valid.
    #[error(
        "{0:?} is no address of a NATS server: nats://host:4222 or tls://host:4222 was expected"
    )]
    Address(String),
    /// An address of a list with passwords is not valid. It is not shown.
    #[error(
        "an address with a password is no address of a NATS server: \
         nats://user:password@host:4222 or tls://user:password@host:4222 was expected, where \
         characters of the password other than letters and digits, also a comma, are % and two \
         digits"
    )]
    SecretAddress,
    /// The file cannot be read, or holds no credentials.
    #[error(
        "CHAT_RELAY_CREDENTIALS_FILE names {}, which cannot be used: {error}. It must hold the \
         JWT and the seed of a user, as `nsc` writes them",
        path.display()
    )]
    Credentials {
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
}

impl Options {
    /// The servers of a comma-separated list.
    ///
    /// # Errors
    /// An address is not valid.
    pub fn parse(list: &str) -> Result<Vec<String>, OptionsError> {
        let addresses = list.split(',').map(str::trim);
        let checked = addresses.map(|address| server(address).map(|_| address.to_owned()));
        // A comma in a password divides it, too: each part can have some of it.
        checked
            .collect::<Result<_, _>>()
            .map_err(|error| match error {
                OptionsError::Address(_) if list.contains('@') => OptionsError::SecretAddress,
                error => error,
            })
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
}

/// Without passwords.
impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("servers", &self.shown())
            .field("credentials", &self.credentials)
            .finish()
    }
}

/// Reads an address. An address with a password is not part of the error.
pub(crate) fn server(address: &str) -> Result<ServerAddr, OptionsError> {
    let has_scheme = ["nats://", "tls://"]
        .iter()
        .any(|scheme| address.starts_with(scheme));
    match address.parse::<ServerAddr>() {
        Ok(server) if has_scheme && !server.host().is_empty() => Ok(server),
        _ if address.contains('@') => Err(OptionsError::SecretAddress),
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
        assert!(!format!("{options:?}").contains("secret"));
        for bad in ["", "a:4222", "http://a", "nats://", "nats://a,,nats://b"] {
            assert!(Options::parse(bad).is_err(), "{bad}");
        }
        for bad in [
            "ann:secret@a",
            "nats://ann:secret#@a",
            "http://ann:secret@a",
            "nats://ann:secret,more@a",
            "nats://ann:secret,nats://b,c@a",
        ] {
            let error = Options::parse(bad).unwrap_err().to_string();
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
