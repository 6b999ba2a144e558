//! What a run has shown: as a table for people, which is Markdown, or as one
//! line of JSON.

use std::{
    fmt::Write,
    io::{self, Write as _},
};

use serde_json::{Map, Value, json};

use crate::{histogram::Histogram, traffic::Tally, usage::Busy};

/// Busier than this, what is measured is the tool.
const BUSY: f64 = 0.9;

/// Waiting longer than this, the tool saw frames noticeably later than they came.
const LATE: f64 = 0.25;

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

    /// One figure, under `key` in JSON. A share of nothing is left out.
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

    /// Percentiles, where anything was recorded.
    pub(crate) fn times(&mut self, key: &str, label: &str, times: &Histogram) {
        for (permille, name) in [(500, "p50"), (990, "p99"), (999, "p999")] {
            if let Some(nanos) = times.permille(permille) {
                let key = format!("{key}_{name}_us");
                let label = format!("{label}, {name}, µs");
                self.add(&key, &label, float(nanos) / 1e3, 0);
            }
        }
    }

    /// What went wrong.
    pub(crate) fn trouble(&mut self, tally: &Tally) {
        self.add(
            "refused",
            "answers that were no 201",
            float(tally.refused),
            0,
        );
        self.add("lost", "connections lost", float(tally.lost), 0);
        if let Some(trouble) = &tally.trouble {
            self.notes.push(format!("first trouble: {trouble}"));
        }
    }

    /// How busy the busiest thread of the tool was, as parts of the time
    /// measured, and what that means for the figures.
    pub(crate) fn tool(&mut self, busy: Busy) {
        let Busy { running, waiting } = busy;
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
        if running > BUSY {
            self.notes.push(
                "THE TOOL WAS THE BOTTLENECK: rates and times are its own, not the server's \
                 (figures per CPU second of the server hold)"
                    .to_owned(),
            );
        } else if running + waiting > BUSY || waiting > LATE {
            self.notes.push(
                "THE MACHINE WAS THE BOTTLENECK: tool and server wanted more cores than there \
                 are; times include the tool's own waiting"
                    .to_owned(),
            );
        }
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

/// A count as a number to calculate with; exact up to 2^53.
pub(crate) fn float(count: u64) -> f64 {
    count as f64
}

/// A number with its thousands apart: `1,234,567`.
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
    fn thousands_are_set_apart() {
        assert_eq!(grouped(1_234_567.0, 0), "1,234,567");
        assert_eq!(grouped(999.96, 1), "1,000.0");
        assert_eq!(grouped(-123.0, 0), "-123");
        assert_eq!(grouped(12.345, 2), "12.35");
    }

    fn of(running: f64, waiting: f64) -> Report {
        let mut report = Report::new("a run".to_owned());
        report.add("creates", "creates/s", 12_345.6, 0);
        report.tool(Busy { running, waiting });
        report
    }

    #[test]
    fn a_tool_that_was_too_slow_says_so() {
        assert!(of(0.95, 0.0).table().contains("THE TOOL WAS"));
        assert!(of(0.8, 0.15).table().contains("THE MACHINE WAS"));
        assert!(of(0.3, 0.4).table().contains("THE MACHINE WAS"));
        assert!(!of(0.6, 0.1).table().contains("BOTTLENECK"));
    }

    #[test]
    fn both_forms_hold_the_figures() {
        let report = of(0.95, 0.0);
        assert!(report.table().contains("| creates/s"));
        assert!(report.table().contains(" 12,346 |"));
        let json: Value = serde_json::from_str(&report.json()).expect("JSON");
        assert_eq!(json["figures"]["creates"], 12_345.6);
        assert_eq!(json["notes"].as_array().map(Vec::len), Some(1));
    }
}
