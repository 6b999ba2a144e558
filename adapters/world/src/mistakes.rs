use std::{error::Error, fmt};

use serde_json::error::Category;

use crate::json::FILE;

/// One thing that is wrong with a world file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// The line it is in, from 1.
    pub line: usize,
    /// The character of that line, from 1, where the file is not even JSON.
    pub column: Option<usize>,
    /// `brands[3].tariff_until`, indices from 0; `the file` where it is the file
    /// as a whole.
    pub place: String,
    /// What is wrong, as the end of a sentence that begins with the place.
    pub reason: String,
}

/// Everything that is wrong with a world file, in the order of the file: one
/// mistake at least. Prints as one line for each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistakes(Vec<Mistake>);

impl Mistakes {
    pub(crate) fn new(mistakes: Vec<Mistake>) -> Self {
        Self(mistakes)
    }

    /// The one mistake of a text that is not JSON.
    pub(crate) fn not_json(json: &str, error: &serde_json::Error) -> Self {
        let reason = match error.classify() {
            Category::Eof if json.trim().is_empty() => "is empty".to_owned(),
            Category::Eof => "ends before what it began is complete".to_owned(),
            _ => format!("is not JSON here: {}", without_position(error)),
        };
        // The library counts bytes, editors count characters.
        let line = json.split('\n').nth(error.line().saturating_sub(1));
        let before = line.into_iter().flat_map(str::bytes).take(error.column());
        let column = before.filter(|byte| !is_continuation(*byte)).count();
        Self(vec![Mistake {
            line: error.line(),
            column: Some(column.max(1)),
            place: FILE.to_owned(),
            reason,
        }])
    }

    /// The mistakes one by one.
    pub fn iter(&self) -> std::slice::Iter<'_, Mistake> {
        self.0.iter()
    }
}

impl<'a> IntoIterator for &'a Mistakes {
    type Item = &'a Mistake;
    type IntoIter = std::slice::Iter<'a, Mistake>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

fn without_position(error: &serde_json::Error) -> String {
    let said = error.to_string();
    match said.rsplit_once(" at line ") {
        Some((reason, _)) => reason.to_owned(),
        None => said,
    }
}

/// Whether `byte` goes on with a character of UTF-8 that began before it.
fn is_continuation(byte: u8) -> bool {
    byte & 0b1100_0000 == 0b1000_0000
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}", self.line)?;
        if let Some(column) = self.column {
            write!(f, ", column {column}")?;
        }
        write!(f, ": {} {}", self.place, self.reason)
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (nth, mistake) in self.iter().enumerate() {
            if nth > 0 {
                f.write_str("\n")?;
            }
            mistake.fmt(f)?;
        }
        Ok(())
    }
}

impl Error for Mistakes {}
