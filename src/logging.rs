//! The log: on standard error, as text or as JSON.

use tracing_subscriber::{EnvFilter, Registry, layer::SubscriberExt, util::SubscriberInitExt};

/// The format of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// One readable line per event.
    Text,
    /// One JSON object per line.
    Json,
}

/// Starts the log. `filter` selects what is written.
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
