//! Collects the errors of a file while it is read.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet, HashSet},
};

use serde_json::value::RawValue;

use crate::{
    errors::{ParseError, ParseErrors},
    json::{self, child_path},
};

/// The values of an object by key. A key that is there twice has `None`: neither
/// value is used.
pub(crate) type Object<'a> = BTreeMap<Cow<'a, str>, Option<&'a RawValue>>;

/// The keys that an object may have.
pub(crate) struct KnownKeys {
    /// What the object is, such as `a user`.
    pub(crate) noun: &'static str,
    /// The keys, in the order in which an error lists them.
    pub(crate) known: &'static [&'static str],
}

/// The errors found so far.
pub(crate) struct Report<'a> {
    json: &'a str,
    found: Vec<Found>,
    unreadable_lists: BTreeSet<&'static str>,
}

struct Found {
    offset: usize,
    path: String,
    reason: String,
}

impl<'a> Report<'a> {
    pub(crate) fn new(json: &'a str) -> Self {
        Self {
            json,
            found: Vec::new(),
            unreadable_lists: BTreeSet::new(),
        }
    }

    /// Adds an error on the line where `value` begins. `value` must be a part of
    /// the file's text.
    pub(crate) fn add(&mut self, value: &RawValue, path: String, reason: impl Into<String>) {
        let begin = self.json.as_ptr().addr();
        self.found.push(Found {
            offset: value.get().as_ptr().addr().saturating_sub(begin),
            path,
            reason: reason.into(),
        });
    }

    /// Records that some id in `list` could not be read. A reference to an unknown
    /// id of this list may then be right.
    pub(crate) fn add_unreadable_list(&mut self, list: &'static str) {
        self.unreadable_lists.insert(list);
    }

    pub(crate) fn is_unreadable_list(&self, list: &str) -> bool {
        self.unreadable_lists.contains(list)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// The paths of all errors so far.
    pub(crate) fn paths(&self) -> HashSet<String> {
        self.found.iter().map(|found| found.path.clone()).collect()
    }

    /// The object at `path`. Reports keys that are there twice and, unless `keys`
    /// is `None`, unknown keys. Returns `None` if the value is not an object,
    /// which is reported too.
    pub(crate) fn object(
        &mut self,
        path: &str,
        value: &'a RawValue,
        keys: Option<&KnownKeys>,
    ) -> Option<Object<'a>> {
        let mut object = Object::new();
        let Some(entries) = json::entries(value.get()) else {
            let reason = if json::is_object(value) {
                "has a key with an unpaired UTF-16 surrogate: \\ud800 to \\udfff come in pairs"
                    .to_owned()
            } else {
                json::must_be(value, "an object")
            };
            self.add(value, path.to_owned(), reason);
            return None;
        };
        for (key, value) in entries {
            if let Some(before) = object.get_mut(&key) {
                *before = None;
                self.add(value, child_path(path, &key), "is there twice");
                continue;
            }
            if let Some(KnownKeys { noun, known }) = keys
                && !known.contains(&key.as_ref())
            {
                let known = known.join(", ");
                let reason = format!("is not a key of {noun}; those are {known}");
                self.add(value, child_path(path, &key), reason);
            }
            object.insert(key, Some(value));
        }
        Some(object)
    }

    /// All errors, in the order of the file.
    pub(crate) fn finish(mut self) -> ParseErrors {
        self.found.sort_by_key(|found| found.offset);
        let (mut line, mut begin) = (1, 0);
        let with_line = |found: Found| {
            // Counts from the previous error, so the file is read only once.
            let between = self.json.as_bytes().get(begin..found.offset);
            let breaks = between.unwrap_or_default().iter();
            line += breaks.filter(|byte| **byte == b'\n').count();
            begin = found.offset;
            ParseError {
                line,
                column: None,
                path: found.path,
                reason: found.reason,
            }
        };
        ParseErrors::new(self.found.into_iter().map(with_line).collect())
    }
}
