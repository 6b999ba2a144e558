//! What carries events between processes.

use std::path::PathBuf;

use aftermatch_nats::{Options, OptionsError};
use clap::Args;

#[derive(Args)]
pub(crate) struct Relay {
    /// NATS servers that carry events between processes, separated by commas:
    /// nats://host:4222 or tls://host:4222. Rooms are spread over them; every process
    /// has the same list. Without it, the database carries them.
    #[arg(
        long = "relay",
        env = "CHAT_RELAY",
        value_name = "LIST",
        hide_env_values = true,
        value_parser = servers
    )]
    servers: Option<Servers>,
    /// File with the credentials for the NATS servers, as `nsc` writes it.
    #[arg(
        long = "relay-credentials-file",
        env = "CHAT_RELAY_CREDENTIALS_FILE",
        value_name = "FILE"
    )]
    credentials: Option<PathBuf>,
}

#[derive(Clone)]
struct Servers(Vec<String>);

fn servers(list: &str) -> Result<Servers, OptionsError> {
    Options::parse(list).map(Servers)
}

impl Relay {
    /// How to reach the servers, if there are any.
    pub(crate) fn options(&self) -> Option<Options> {
        let Servers(servers) = self.servers.clone()?;
        Some(Options {
            servers,
            credentials: self.credentials.clone(),
        })
    }

    pub(crate) fn is_given(&self) -> bool {
        self.servers.is_some()
    }

    pub(crate) fn has_credentials_for_nobody(&self) -> bool {
        self.credentials.is_some() && self.servers.is_none()
    }
}
