//! The HTTP API of the platform.

use std::path::PathBuf;

use aftermatch::ApiTokens;
use anyhow::{Context, anyhow};
use clap::{ArgAction, Args, builder::BoolishValueParser};

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
    /// Keep messages for users who are not connected until the platform asks for them with
    /// `GET /v1/events`: in place of CHAT_WEBHOOK_URL.
    #[arg(
        id = "api_events",
        long = "api-events",
        env = "CHAT_API_EVENTS",
        value_name = "BOOL",
        action = ArgAction::Set,
        num_args = 0..=1,
        default_value = "off",
        default_missing_value = "on",
        value_parser = BoolishValueParser::new()
    )]
    pub(crate) events: bool,
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

    /// Events without an API to ask for them.
    pub(super) fn events_without_api(&self) -> Option<String> {
        (self.events && self.listen.is_none()).then(|| {
            "CHAT_API_EVENTS is for the API of the platform, which asks for events: set \
             CHAT_API_LISTEN, or leave CHAT_API_EVENTS out"
                .to_owned()
        })
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
