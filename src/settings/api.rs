//! The HTTP API of the platform.

use std::path::PathBuf;

use aftermatch::ApiTokens;
use anyhow::{Context, anyhow};
use clap::Args;

#[derive(Args)]
pub(crate) struct Api {
    /// Address and port of the HTTP API, through which a platform without access to the
    /// database puts its users, brands and rooms, and writes messages. For servers alone: never
    /// open it to browsers. Without it, there is no API.
    #[arg(
        id = "api_listen",
        long = "api-listen",
        env = "CHAT_API_LISTEN",
        value_name = "ADDR"
    )]
    pub(crate) listen: Option<String>,
    /// File with the token that requests of the API must have, or with several, one in a line.
    #[arg(
        id = "api_token_file",
        long = "api-token-file",
        env = "CHAT_API_TOKEN_FILE",
        value_name = "FILE"
    )]
    token_file: Option<PathBuf>,
}

impl Api {
    /// Which of the two settings is missing.
    pub(super) fn half(&self) -> Option<String> {
        match (&self.listen, &self.token_file) {
            (Some(_), None) => Some(
                "CHAT_API_LISTEN is set, but no token: set CHAT_API_TOKEN_FILE to a file with the \
                 token of the platform, such as `openssl rand -hex 32` prints"
                    .to_owned(),
            ),
            (None, Some(_)) => Some(
                "CHAT_API_TOKEN_FILE is for the API of the platform: set CHAT_API_LISTEN to its \
                 address, or leave the file out"
                    .to_owned(),
            ),
            _ => None,
        }
    }

    /// The tokens in the file, if there is one.
    pub(crate) fn tokens(&self) -> anyhow::Result<Option<ApiTokens>> {
        let Some(file) = &self.token_file else {
            return Ok(None);
        };
        let source = format!("{} (CHAT_API_TOKEN_FILE)", file.display());
        let text = std::fs::read_to_string(file)
            .with_context(|| format!("cannot read the token in {source}"))?;
        let tokens = ApiTokens::parse(&text);
        tokens
            .map(Some)
            .map_err(|error| anyhow!("{source} {}", error.0))
    }
}
