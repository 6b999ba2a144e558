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

/// The pool and the library of NATS log every attempt to connect, dozens a second during an
/// outage. What they report is logged here, once for each outage.
const QUIET: &str = "sqlx_core::pool=off,async_nats=off";

/// Starts the log. `filter` selects what is written.
pub(crate) fn start(filter: &str, format: Format) {
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    // The filter comes last: of two directives for a module the last one counts.
    let registry = Registry::default().with(EnvFilter::new(format!("{QUIET},{filter}")));
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

const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

/// Accepts a filter such as `info` or `info,aftermatch_websocket=debug`.
pub(crate) fn filter(text: &str) -> Result<String, String> {
    let expected = "write a level (error, warn, info, debug, trace), or levels of modules such as \
                    `info,aftermatch_websocket=debug`";
    // `EnvFilter` takes any other word for a module, and would silence everything else.
    let mut words = text.split(',').map(str::trim);
    if let Some(word) = words.find(|word| is_unknown_level(word)) {
        return Err(format!("`{word}` is no level: {expected}"));
    }
    match EnvFilter::builder().parse(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(error) => Err(format!("{error}: {expected}")),
    }
}

fn is_unknown_level(directive: &str) -> bool {
    let is_level = LEVELS
        .iter()
        .any(|level| level.eq_ignore_ascii_case(directive));
    !is_level && !directive.contains(['=', '[', ']', '{', '}', '"'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filter_is_levels_and_levels_of_modules() {
        for good in [
            "info",
            "WARN",
            "off",
            "info,poem=warn",
            "info,aftermatch_websocket::session=debug",
            "info,poem=warn,[connection{user=3}]=debug",
            "info,[request{action=\"list\"}]=debug",
        ] {
            assert_eq!(filter(good), Ok(good.to_owned()));
        }
        for bad in [
            "warning",
            "verbose",
            "inf",
            "",
            "info,",
            "poem",
            "info,poem=loud",
        ] {
            let error = filter(bad).expect_err(bad);
            assert!(error.contains("error, warn, info"), "{bad}: {error}");
        }
    }
}
