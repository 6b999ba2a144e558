//! Reads a table of TOML, and collects what is wrong with it.

use std::{fmt, ops::Range};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

/// Something wrong with a mapping, and what would be right.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Mistake {
    /// From 1.
    pub(crate) line: usize,
    pub(crate) sentence: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.sentence)
    }
}

pub(super) struct Reader<'t> {
    text: &'t str,
    pub(super) mistakes: Vec<Mistake>,
}

/// A table of the file, by the name that sentences give it.
pub(super) struct Table<'t, 'i> {
    pub(super) name: String,
    pub(super) span: Range<usize>,
    pub(super) entries: &'t DeTable<'i>,
}

impl<'t> Reader<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self {
            text,
            mistakes: Vec::new(),
        }
    }

    pub(super) fn line(&self, offset: usize) -> usize {
        let before = self.text.get(..offset).unwrap_or(self.text);
        before.matches('\n').count() + 1
    }

    pub(super) fn mistake(&mut self, at: &Range<usize>, sentence: impl Into<String>) {
        self.mistakes.push(Mistake {
            line: self.line(at.start),
            sentence: sentence.into(),
        });
    }

    /// Refuses other keys than `known`.
    pub(super) fn known(&mut self, table: &Table<'_, '_>, known: &[&str]) {
        for key in table.entries.keys() {
            let name: &str = key.get_ref().as_ref();
            if known.contains(&name) {
                continue;
            }
            let similar = similar(name, known.iter().copied());
            let of = match table.name.as_str() {
                "" => "of a mapping".to_owned(),
                name => format!("of [{name}]"),
            };
            let sentence = format!("{name} is no key {of}: did you mean {similar}?");
            self.mistake(&key.span(), sentence);
        }
    }

    pub(super) fn table<'a, 'i>(
        &mut self,
        table: &Table<'a, 'i>,
        key: &str,
    ) -> Option<Table<'a, 'i>> {
        let value = table.entries.get(key)?;
        let name = match table.name.as_str() {
            "" => key.to_owned(),
            parent => format!("{parent}.{key}"),
        };
        self.as_table(value, name)
    }

    pub(super) fn as_table<'a, 'i>(
        &mut self,
        value: &'a Spanned<DeValue<'i>>,
        name: String,
    ) -> Option<Table<'a, 'i>> {
        let span = value.span();
        match value.get_ref().as_table() {
            Some(entries) => Some(Table {
                name,
                span,
                entries,
            }),
            None => {
                self.wrong(value, &name, "a table");
                None
            }
        }
    }

    /// The value is not what it should be.
    pub(super) fn wrong(&mut self, value: &Spanned<DeValue<'_>>, name: &str, right: &str) {
        let is = value.get_ref().type_str();
        self.mistake(
            &value.span(),
            format!("{name} must be {right}, and is of the type {is}"),
        );
    }

    pub(super) fn string(
        &mut self,
        table: &Table<'_, '_>,
        key: &str,
    ) -> Option<(String, Range<usize>)> {
        let value = table.entries.get(key)?;
        match value.get_ref().as_str() {
            Some("") => {
                self.mistake(&value.span(), format!("{key} is empty"));
                None
            }
            Some(text) => Some((text.to_owned(), value.span())),
            None => {
                self.wrong(value, key, "a string");
                None
            }
        }
    }

    /// A string that must be there.
    pub(super) fn required(
        &mut self,
        table: &Table<'_, '_>,
        key: &str,
        example: &str,
    ) -> Option<(String, Range<usize>)> {
        if !table.entries.contains_key(key) {
            let sentence = format!("[{}] has no {key}: write {key} = {example}", table.name);
            self.mistake(&table.span, sentence);
        }
        self.string(table, key)
    }

    pub(super) fn boolean(&mut self, table: &Table<'_, '_>, key: &str) -> Option<bool> {
        let value = table.entries.get(key)?;
        let given = value.get_ref().as_bool();
        if given.is_none() {
            self.wrong(value, key, "true or false");
        }
        given
    }

    pub(super) fn integer(&mut self, table: &Table<'_, '_>, key: &str) -> Option<i64> {
        let value = table.entries.get(key)?;
        let given = value.get_ref().as_integer();
        let given = given.and_then(|i| i64::from_str_radix(i.as_str(), i.radix()).ok());
        if given.is_none() {
            self.wrong(value, key, "a whole number");
        }
        given
    }

    pub(super) fn strings(&mut self, table: &Table<'_, '_>, key: &str) -> Option<Vec<String>> {
        let value = table.entries.get(key)?;
        let strings = value.get_ref().as_array().and_then(|array| {
            let strings = array.iter();
            let strings = strings.map(|value| value.get_ref().as_str().map(str::to_owned));
            strings.collect::<Option<Vec<_>>>()
        });
        if strings.is_none() {
            self.wrong(value, key, "a list of names, such as [\"id\", \"name\"]");
        }
        strings
    }

    /// The line on which the text of a string begins.
    pub(super) fn line_of_text(&self, span: &Range<usize>) -> usize {
        let raw = self.text.get(span.clone()).unwrap_or_default();
        let quoted = ["'''\n", "\"\"\"\n", "'''\r\n", "\"\"\"\r\n"];
        let begins_below = quoted.iter().any(|quotes| raw.starts_with(quotes));
        self.line(span.start) + usize::from(begins_below)
    }
}

/// The one that is most like `name`.
pub(crate) fn similar<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> &'a str {
    let similarity = |other: &str| strsim::jaro_winkler(other, name);
    let most = known.max_by(|a, b| similarity(a).total_cmp(&similarity(b)));
    most.unwrap_or_default()
}
