//! The formats of `/metrics`: OpenMetrics, and the older text format of Prometheus.

use std::fmt::Write;

use poem::http::{HeaderMap, header};

/// A format of metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// The text format 0.0.4, which every tool reads.
    Prometheus,
    OpenMetrics,
}

impl Format {
    /// OpenMetrics for those that name it in `Accept` and do not like the other one
    /// better.
    pub(super) fn wanted(headers: &HeaderMap) -> Self {
        let (mut open, mut plain) = (0.0, 0.0);
        let values = headers.get_all(header::ACCEPT).iter();
        let ranges = values.filter_map(|value| value.to_str().ok());
        for range in ranges.flat_map(|value| value.split(',')) {
            let mut parts = range.split(';').map(str::trim);
            let weight = match parts.next().map(str::to_ascii_lowercase).as_deref() {
                Some("application/openmetrics-text") => &mut open,
                Some("text/plain") => &mut plain,
                _ => continue,
            };
            let quality = parts.find_map(|part| part.strip_prefix("q="));
            let quality = quality.map_or(1.0, |quality| quality.trim().parse().unwrap_or(0.0));
            *weight = f32::max(*weight, quality);
        }
        if open > 0.0 && open >= plain {
            Self::OpenMetrics
        } else {
            Self::Prometheus
        }
    }

    pub(super) fn content_type(self) -> &'static str {
        match self {
            Self::Prometheus => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }
}

/// The same metrics in the older format. There a counter and an info have the name of
/// their samples, there are no units, and other words for two of the types.
pub(super) fn prometheus(open_metrics: &str) -> String {
    let mut out = String::with_capacity(open_metrics.len());
    let mut help = None;
    for line in open_metrics.lines() {
        let mut words = line.splitn(4, ' ');
        match (words.next(), words.next(), words.next(), words.next()) {
            // The name depends on the type, which comes next.
            (Some("#"), Some("HELP"), Some(_), text) => help = text,
            (Some("#"), Some("TYPE"), Some(name), Some(kind)) => {
                let (ending, kind) = match kind {
                    "counter" => ("_total", "counter"),
                    "info" => ("_info", "gauge"),
                    "unknown" => ("", "untyped"),
                    kind => ("", kind),
                };
                // Writing into memory cannot fail.
                if let Some(help) = help.take() {
                    let _ = writeln!(out, "# HELP {name}{ending} {help}");
                }
                let _ = writeln!(out, "# TYPE {name}{ending} {kind}");
            }
            (Some("#"), ..) => {}
            _ => {
                let _ = writeln!(out, "{line}");
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accept_chooses_format() {
        const OPEN: &str = "application/openmetrics-text";
        for (accept, format) in [
            ("", Format::Prometheus),
            ("*/*", Format::Prometheus),
            ("text/plain", Format::Prometheus),
            ("text/html, */*;q=0.8", Format::Prometheus),
            (OPEN, Format::OpenMetrics),
            // As Prometheus sends it.
            (
                "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.1",
                Format::OpenMetrics,
            ),
            (
                "application/openmetrics-text; q=0.2, text/plain; q=0.9",
                Format::Prometheus,
            ),
            ("application/openmetrics-text;q=0", Format::Prometheus),
            ("Application/OpenMetrics-Text", Format::OpenMetrics),
        ] {
            let mut headers = HeaderMap::new();
            if !accept.is_empty() {
                headers.insert(header::ACCEPT, accept.parse().expect("a value"));
            }
            assert_eq!(Format::wanted(&headers), format, "{accept}");
        }
    }

    #[test]
    fn older_format_names_samples() {
        let open = "# HELP a_build What runs here.\n# TYPE a_build info\n\
            a_build_info{version=\"1\"} 1\n\
            # HELP a_things Things.\n# TYPE a_things counter\na_things_total 3\n\
            # HELP a_size_seconds A size.\n# TYPE a_size_seconds histogram\n\
            # UNIT a_size_seconds seconds\na_size_seconds_bucket{le=\"+Inf\"} 1\n\
            # TYPE a_other unknown\na_other 7\n# EOF\n";
        let older = "# HELP a_build_info What runs here.\n# TYPE a_build_info gauge\n\
            a_build_info{version=\"1\"} 1\n\
            # HELP a_things_total Things.\n# TYPE a_things_total counter\na_things_total 3\n\
            # HELP a_size_seconds A size.\n# TYPE a_size_seconds histogram\n\
            a_size_seconds_bucket{le=\"+Inf\"} 1\n\
            # TYPE a_other untyped\na_other 7\n";
        assert_eq!(prometheus(open), older);
    }
}
