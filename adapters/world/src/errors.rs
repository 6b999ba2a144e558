//! The errors of a world file, as an operator reads them.

use std::{error::Error, fmt};

use serde_json::error::Category;

use crate::json::WHOLE_FILE;

/// One error in a world file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseError {
    /// The line, from 1.
    pub line: usize,
    /// The character in that line, from 1. Only known if the file is not valid
    /// JSON.
    pub column: Option<usize>,
    /// The path of the wrong value, such as `brands[3].tariff_until`, with
    /// indices from 0; `the file` if it is the whole file.
    pub path: String,
    /// What is wrong, as the end of a sentence that begins with the path.
    pub reason: String,
}

/// All errors in a world file, at least one, in the order of the file. Prints
/// one line for each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseErrors(Vec<ParseError>);

impl ParseErrors {
    pub(crate) fn new(errors: Vec<ParseError>) -> Self {
        Self(errors)
    }

    /// The same about the body of a request.
    pub(crate) fn of_body(mut self) -> Self {
        for error in &mut self.0 {
            if error.path == WHOLE_FILE {
                error.path = "the body".to_owned();
            }
        }
        self
    }

    /// Whether the text is no JSON at all.
    #[must_use]
    pub fn is_not_json(&self) -> bool {
        self.0.iter().any(|error| error.column.is_some())
    }

    /// The one error of a text that is not valid JSON.
    pub(crate) fn not_json(json: &str, error: &serde_json::Error) -> Self {
        let reason = match error.classify() {
            Category::Eof if json.trim().is_empty() => "is empty".to_owned(),
            Category::Eof => "ends too early: a value is incomplete".to_owned(),
            _ => format!("is not JSON here: {}", without_position(error)),
        };
        // serde_json counts bytes, editors count characters.
        let line = json.split('\n').nth(error.line().saturating_sub(1));
        let before = line.into_iter().flat_map(str::bytes).take(error.column());
        let column = before.filter(|byte| !is_continuation(*byte)).count();
        Self(vec![ParseError {
            line: error.line(),
            column: Some(column.max(1)),
            path: WHOLE_FILE.to_owned(),
            reason,
        }])
    }

    /// The errors one by one.
    pub fn iter(&self) -> std::slice::Iter<'_, ParseError> {
        self.0.iter()
    }
}

impl<'a> IntoIterator for &'a ParseErrors {
    type Item = &'a ParseError;
    type IntoIter = std::slice::Iter<'a, ParseError>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

fn without_position(error: &serde_json::Error) -> String {
    let message = error.to_string();
    match message.rsplit_once(" at line ") {
        Some((reason, _)) => reason.to_owned(),
        None => message,
    }
}

/// Whether `byte` is not the first byte of its UTF-8 character.
fn is_continuation(byte: u8) -> bool {
    byte & 0b1100_0000 == 0b1000_0000
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}", self.line)?;
        if let Some(column) = self.column {
            write!(f, ", column {column}")?;
        }
        write!(f, ": {} {}", self.path, self.reason)
    }
}

impl fmt::Display for ParseErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (nth, error) in self.iter().enumerate() {
            if nth > 0 {
                f.write_str("\n")?;
            }
            error.fmt(f)?;
        }
        Ok(())
    }
}

impl Error for ParseErrors {}
