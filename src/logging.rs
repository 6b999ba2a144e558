//! Where the log goes: standard error, for people by default, as JSON on request.

use tracing_subscriber::{EnvFilter, Registry, layer::SubscriberExt, util::SubscriberInitExt};

/// How the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// A readable line for each event.
    Text,
    /// A JSON object for each event.
    Json,
}

/// Starts logging what `filter` lets through.
pub(crate) fn start(filter: &str, format: Format) {
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let registry = Registry::default().with(EnvFilter::new(filter));
    match format {
        Format::Text => {
            use std::io::IsTerminal;
            registry
                .with(lines.with_ansi(std::io::stderr().is_terminal()))
                .init();
        }
        Format::Json => registry.with(lines.json()).init(),
    }
}

/// Accepts a filter such as `info` or `info,aftermatch_websocket=debug`.
pub(crate) fn filter(text: &str) -> Result<String, String> {
    match EnvFilter::builder().parse(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(error) => Err(format!(
            "{error}: write a level (error, warn, info, debug, trace), or levels of modules such as `info,aftermatch_websocket=debug`"
        )),
    }
}
