use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet, HashSet},
};

use serde_json::value::RawValue;

use crate::{
    Mistake, Mistakes,
    json::{self, within},
};

/// The values of an object by their keys; `None` where a key is there twice, so
/// that none of its values counts.
pub(crate) type Object<'a> = BTreeMap<Cow<'a, str>, Option<&'a RawValue>>;

/// The keys an object may have.
pub(crate) struct Keys {
    /// What the object is, `a user`.
    pub(crate) what: &'static str,
    /// The keys, in the order in which to name them.
    pub(crate) known: &'static [&'static str],
}

/// What was found wrong so far.
pub(crate) struct Report<'a> {
    json: &'a str,
    found: Vec<Found>,
    holes: BTreeSet<&'static str>,
}

struct Found {
    offset: usize,
    place: String,
    reason: String,
}

impl<'a> Report<'a> {
    pub(crate) fn new(json: &'a str) -> Self {
        Self {
            json,
            found: Vec::new(),
            holes: BTreeSet::new(),
        }
    }

    /// Notes a mistake in the line where `value` begins, which is a part of the
    /// file's text.
    pub(crate) fn add(&mut self, value: &RawValue, place: String, reason: impl Into<String>) {
        let begin = self.json.as_ptr().addr();
        self.found.push(Found {
            offset: value.get().as_ptr().addr().saturating_sub(begin),
            place,
            reason: reason.into(),
        });
    }

    /// Notes that not every id of `list` could be read, so that an id that seems
    /// to be missing there may well be there.
    pub(crate) fn add_hole(&mut self, list: &'static str) {
        self.holes.insert(list);
    }

    pub(crate) fn has_hole(&self, list: &str) -> bool {
        self.holes.contains(list)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// The places that something was said about.
    pub(crate) fn places(&self) -> HashSet<String> {
        self.found.iter().map(|found| found.place.clone()).collect()
    }

    /// The object at `place`, with every key that is there twice and, unless any
    /// key will do, every unknown key noted. `None` where it is no object, noted
    /// as well.
    pub(crate) fn object(
        &mut self,
        place: &str,
        value: &'a RawValue,
        keys: Option<&Keys>,
    ) -> Option<Object<'a>> {
        let mut object = Object::new();
        let Some(entries) = json::entries(value.get()) else {
            let reason = if json::is_object(value) {
                "has a key with half a character: \\ud800 to \\udfff come in pairs".to_owned()
            } else {
                json::wrong(value, "an object")
            };
            self.add(value, place.to_owned(), reason);
            return None;
        };
        for (key, value) in entries {
            if let Some(before) = object.get_mut(&key) {
                *before = None;
                self.add(value, within(place, &key), "is there twice");
                continue;
            }
            if let Some(Keys { what, known }) = keys
                && !known.contains(&key.as_ref())
            {
                let known = known.join(", ");
                let reason = format!("is not a key of {what}; those are {known}");
                self.add(value, within(place, &key), reason);
            }
            object.insert(key, Some(value));
        }
        Some(object)
    }

    /// Everything noted, in the order of the file.
    pub(crate) fn finish(mut self) -> Mistakes {
        self.found.sort_by_key(|found| found.offset);
        let (mut line, mut begin) = (1, 0);
        let with_line = |found: Found| {
            // On from the mistake before: the file is gone through once.
            let between = self.json.as_bytes().get(begin..found.offset);
            let breaks = between.unwrap_or_default().iter();
            line += breaks.filter(|byte| **byte == b'\n').count();
            begin = found.offset;
            Mistake {
                line,
                column: None,
                place: found.place,
                reason: found.reason,
            }
        };
        Mistakes::new(self.found.into_iter().map(with_line).collect())
    }
}
