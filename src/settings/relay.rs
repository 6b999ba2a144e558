//! What carries events between processes.

use std::path::PathBuf;

use aftermatch_nats::{Options, OptionsError};
use clap::Args;

#[derive(Args)]
pub(crate) struct Relay {
    /// NATS servers that carry events between processes, separated by commas:
    /// nats://host:4222 or tls://user:password@host:4222. Rooms are spread over them; every
    /// process has the same list. Without it, the database carries them.
    #[arg(
        long = "relay",
        env = "CHAT_RELAY",
        value_name = "LIST",
        hide_env_values = true
    )]
    servers: Option<String>,
    /// File with the credentials for the NATS servers, as `nsc` writes it.
    #[arg(
        long = "relay-credentials-file",
        env = "CHAT_RELAY_CREDENTIALS_FILE",
        value_name = "FILE"
    )]
    credentials: Option<PathBuf>,
}

impl Relay {
    /// How to reach the servers, if there are any. The parser of arguments would show the
    /// passwords in addresses that are not valid.
    pub(crate) fn options(&self) -> Result<Option<Options>, OptionsError> {
        let Some(servers) = &self.servers else {
            return Ok(None);
        };
        Ok(Some(Options {
            servers: Options::parse(servers)?,
            credentials: self.credentials.clone(),
        }))
    }

    pub(crate) fn is_given(&self) -> bool {
        self.servers.is_some()
    }

    pub(crate) fn has_credentials_for_nobody(&self) -> bool {
        self.credentials.is_some() && self.servers.is_none()
    }
}
