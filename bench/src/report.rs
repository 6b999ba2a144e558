//! The result of a run: a Markdown table for people, or one line of JSON.

use std::{
    fmt::Write,
    io::{self, Write as _},
};

use serde_json::{Map, Value, json};

use crate::{times::Times, traffic::Tally, usage::CoreTime};

/// Above this share of the time on a core, the tool itself limits the figures.
const MAX_RUNNING: f64 = 0.9;

/// Above this share of the time waiting for a core, the tool sees frames
/// noticeably late.
const MAX_WAITING: f64 = 0.25;

struct Row {
    key: String,
    label: String,
    value: f64,
    decimals: usize,
}

pub(crate) struct Report {
    title: String,
    rows: Vec<Row>,
    notes: Vec<String>,
}

impl Report {
    pub(crate) fn new(title: String) -> Self {
        Self {
            title,
            rows: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// Adds one figure, which is `key` in JSON. Leaves out a quotient by zero.
    pub(crate) fn add(&mut self, key: &str, label: &str, value: f64, decimals: usize) {
        if value.is_finite() {
            self.rows.push(Row {
                key: key.to_owned(),
                label: label.to_owned(),
                value,
                decimals,
            });
        }
    }

    /// Adds percentiles, if anything was recorded.
    pub(crate) fn times(&mut self, key: &str, label: &str, times: &Times) {
        if times.is_empty() {
            return;
        }
        for (quantile, name) in [(0.5, "p50"), (0.99, "p99"), (0.999, "p999")] {
            let nanos = times.value_at_quantile(quantile);
            let key = format!("{key}_{name}_us");
            let label = format!("{label}, {name}, µs");
            self.add(&key, &label, float(nanos) / 1e3, 0);
        }
    }

    /// Adds what went wrong.
    pub(crate) fn problems(&mut self, tally: &Tally) {
        self.add(
            "refused",
            "responses other than 201",
            float(tally.refused),
            0,
        );
        self.add("lost", "connections lost", float(tally.lost), 0);
        if let Some(problem) = &tally.first_problem {
            self.notes.push(format!("first problem: {problem}"));
        }
    }

    /// Adds how busy the busiest thread of the tool was, as shares of the measured
    /// time, and what that means for the figures.
    pub(crate) fn tool(&mut self, core_time: CoreTime) {
        let CoreTime { running, waiting } = core_time;
        self.add(
            "tool_running_pct",
            "tool on a core, % of the time",
            100.0 * running,
            0,
        );
        self.add(
            "tool_waiting_pct",
            "tool waiting for a core, %",
            100.0 * waiting,
            0,
        );
        if running > MAX_RUNNING {
            self.notes.push(
                "THE TOOL WAS THE BOTTLENECK: rates and times are its own, not the server's \
                 (figures per CPU second of the server are still valid)"
                    .to_owned(),
            );
        } else if core_time.total() > MAX_RUNNING || waiting > MAX_WAITING {
            self.notes.push(
                "THE MACHINE WAS THE BOTTLENECK: tool and server needed more cores than there \
                 are; times include the time the tool waited"
                    .to_owned(),
            );
        }
    }

    /// Adds how busy all cores were, as a share of the measured time.
    pub(crate) fn machine(&mut self, busy: f64) {
        self.add("machine_busy_pct", "cores busy, %", 100.0 * busy, 0);
        if busy > MAX_RUNNING {
            self.note(
                "THE MACHINE WAS THE BOTTLENECK: all cores were busy, with whatever; times \
                 include the time that all waited",
            );
        }
    }

    /// Adds a sentence below the figures.
    pub(crate) fn note(&mut self, note: &str) {
        self.notes.push(note.to_owned());
    }

    /// Writes the report to standard output.
    pub(crate) fn print(&self, json: bool) -> io::Result<()> {
        let text = if json { self.json() } else { self.table() };
        io::stdout().write_all(text.as_bytes())
    }

    fn table(&self) -> String {
        let width = |texts: &mut dyn Iterator<Item = usize>| texts.max().unwrap_or_default();
        let label = width(&mut self.rows.iter().map(|row| row.label.chars().count()));
        let values: Vec<_> = self
            .rows
            .iter()
            .map(|row| grouped(row.value, row.decimals))
            .collect();
        let value = width(&mut values.iter().map(String::len)).max(2);
        let mut out = format!(
            "{}\n\n| {:label$} | {:>value$} |\n|{:-<bar$}|{:->end$}|\n",
            self.title,
            "",
            "",
            "",
            ":",
            bar = label + 2,
            end = value + 2,
        );
        for (row, text) in self.rows.iter().zip(&values) {
            let _ = writeln!(out, "| {:label$} | {text:>value$} |", row.label);
        }
        for note in &self.notes {
            let _ = write!(out, "\n**{note}**\n");
        }
        out
    }

    fn json(&self) -> String {
        let figures: Map<String, Value> = self
            .rows
            .iter()
            .map(|row| (row.key.clone(), json!(row.value)))
            .collect();
        format!(
            "{}\n",
            json!({"run": self.title, "figures": figures, "notes": self.notes})
        )
    }
}

/// A count as a float; exact up to 2^53.
pub(crate) fn float(count: u64) -> f64 {
    count as f64
}

/// A number with thousands separators: `1,234,567`.
fn grouped(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    let (whole, fraction) = text.split_at(text.find('.').unwrap_or(text.len()));
    let mut out = String::new();
    for (at, char) in whole.chars().enumerate() {
        let digit = |last: char| last.is_ascii_digit();
        if (whole.len() - at).is_multiple_of(3) && out.ends_with(digit) {
            out.push(',');
        }
        out.push(char);
    }
    out + fraction
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_separated() {
        assert_eq!(grouped(1_234_567.0, 0), "1,234,567");
        assert_eq!(grouped(999.96, 1), "1,000.0");
        assert_eq!(grouped(-123.0, 0), "-123");
        assert_eq!(grouped(12.345, 2), "12.35");
    }

    fn report_of(running: f64, waiting: f64) -> Report {
        let mut report = Report::new("a run".to_owned());
        report.add("creates", "creates/s", 12_345.6, 0);
        report.tool(CoreTime { running, waiting });
        report
    }

    #[test]
    fn busy_tool_adds_a_note() {
        assert!(report_of(0.95, 0.0).table().contains("THE TOOL WAS"));
        assert!(report_of(0.8, 0.15).table().contains("THE MACHINE WAS"));
        assert!(report_of(0.3, 0.4).table().contains("THE MACHINE WAS"));
        assert!(!report_of(0.6, 0.1).table().contains("BOTTLENECK"));
    }

    #[test]
    fn table_and_json_have_the_figures() {
        let report = report_of(0.95, 0.0);
        assert!(report.table().contains("| creates/s"));
        assert!(report.table().contains(" 12,346 |"));
        let json: Value = serde_json::from_str(&report.json()).expect("JSON");
        assert_eq!(json["figures"]["creates"], 12_345.6);
        assert_eq!(json["notes"].as_array().map(Vec::len), Some(1));
    }
}
