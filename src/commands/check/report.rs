//! What a check prints.

use std::fmt;

use aftermatch_postgres::Fact;

use crate::settings::{Setting, Source};

/// What is in force, what could be better, and what is wrong.
#[derive(Default)]
pub(super) struct Report {
    pub(super) settings: Vec<Setting>,
    /// What the database is. Empty if it was not reached.
    pub(super) database: Vec<Fact>,
    /// The NATS servers that were reached, and what they are.
    pub(super) relay: Vec<(String, String)>,
    /// The webhook, if it answers.
    pub(super) webhook: Vec<(String, String)>,
    pub(super) warnings: Vec<String>,
    pub(super) problems: Vec<String>,
}

impl Report {
    /// The value of a setting, if it has one.
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        let mut settings = self.settings.iter();
        let setting = settings.find(|setting| setting.name == name);
        setting.and_then(|setting| setting.value.as_deref())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let settings = self.settings.iter().map(|setting| {
            let Setting {
                name,
                value,
                source,
            } = setting;
            let value = value.as_deref().unwrap_or("not set");
            let shown = match source {
                Source::Default => value.to_owned(),
                Source::Environment => format!("{value}  (environment)"),
                Source::Flag => format!("{value}  (flag)"),
                Source::File => format!("{value}  (file)"),
                Source::Refused => "not usable  (environment)".to_owned(),
            };
            (name.as_str(), shown)
        });
        table(f, "Settings", &settings.collect::<Vec<_>>())?;
        table(f, "Database", &self.database)?;
        table(f, "NATS servers", &self.relay)?;
        table(f, "Webhook", &self.webhook)?;
        list(f, "Warnings", &self.warnings)?;
        list(f, "Problems", &self.problems)?;
        if self.problems.is_empty() {
            writeln!(f, "No problems found.")?;
        }
        Ok(())
    }
}

fn table<N: AsRef<str>>(
    f: &mut fmt::Formatter<'_>,
    title: &str,
    rows: &[(N, String)],
) -> fmt::Result {
    if rows.is_empty() {
        return Ok(());
    }
    let widths = rows.iter().map(|(name, _)| name.as_ref().len());
    let width = widths.max().unwrap_or(0);
    writeln!(f, "{title}")?;
    for (name, value) in rows {
        writeln!(f, "  {:width$}  {value}", name.as_ref())?;
    }
    writeln!(f)
}

fn list(f: &mut fmt::Formatter<'_>, title: &str, sentences: &[String]) -> fmt::Result {
    if sentences.is_empty() {
        return Ok(());
    }
    writeln!(f, "{title}")?;
    for sentence in sentences {
        writeln!(f, "  - {}", sentence.replace('\n', "\n    "))?;
    }
    writeln!(f)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn report_lists_everything_in_order() {
        let report = Report {
            settings: vec![
                Setting {
                    name: "A".to_owned(),
                    value: Some("1".to_owned()),
                    source: Source::Environment,
                },
                Setting {
                    name: "LONG".to_owned(),
                    value: None,
                    source: Source::Default,
                },
            ],
            database: vec![("role", "chat".to_owned())],
            relay: vec![("nats:4222".to_owned(), "NATS 2.9".to_owned())],
            webhook: vec![("https://a".to_owned(), "answers".to_owned())],
            warnings: vec!["this could be better".to_owned()],
            problems: vec!["this is wrong:\nhere".to_owned()],
        };
        let expected = "Settings\n  A     1  (environment)\n  LONG  not set\n\n\
             Database\n  role  chat\n\n\
             NATS servers\n  nats:4222  NATS 2.9\n\n\
             Webhook\n  https://a  answers\n\n\
             Warnings\n  - this could be better\n\n\
             Problems\n  - this is wrong:\n    here\n\n";
        assert_eq!(report.to_string(), expected);
        let good = Report::default().to_string();
        assert_eq!(good, "No problems found.\n");
    }
}
