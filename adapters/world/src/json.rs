//! Takes JSON apart one level at a time. Every part borrows from the text of the
//! file, so its position is known.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

/// How many characters of a wrong value an error shows.
const MAX_SHOWN: usize = 60;

/// The path of the outermost object.
pub(crate) const WHOLE_FILE: &str = "the file";

pub(crate) type Entry<'a> = (Cow<'a, str>, &'a RawValue);

#[derive(Deserialize)]
struct BorrowedKey<'a>(#[serde(borrow)] Cow<'a, str>);

/// All entries of an object, in order. The maps of serde_json would silently drop
/// one of two equal keys.
struct Entries<'a>(Vec<Entry<'a>>);

impl<'de> Deserialize<'de> for Entries<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;

        impl<'de> Visitor<'de> for InOrder {
            type Value = Entries<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some((BorrowedKey(key), value)) = map.next_entry()? {
                    entries.push((key, value));
                }
                Ok(Entries(entries))
            }
        }

        deserializer.deserialize_map(InOrder)
    }
}

/// The keys and values of an object. `None` if `json` is something else, or if a
/// key contains an unpaired surrogate.
pub(crate) fn entries(json: &str) -> Option<Vec<Entry<'_>>> {
    serde_json::from_str(json)
        .ok()
        .map(|Entries(entries)| entries)
}

/// The items of a list; `None` if `value` is something else.
pub(crate) fn items(value: &RawValue) -> Option<Vec<&RawValue>> {
    serde_json::from_str(value.get()).ok()
}

/// Whether `value` is an object.
pub(crate) fn is_object(value: &RawValue) -> bool {
    value.get().starts_with('{')
}

/// Whether `value` is a string.
pub(crate) fn is_string(value: &RawValue) -> bool {
    value.get().starts_with('"')
}

/// Says what `value` is and what it must be, as the end of a sentence that begins
/// with its path.
pub(crate) fn must_be(value: &RawValue, expected: &str) -> String {
    let text = value.get();
    let shown = match text.as_bytes().first() {
        Some(b'{') => "an object".to_owned(),
        Some(b'[') => "a list".to_owned(),
        Some(b'"') => {
            let open = text.strip_suffix('"').unwrap_or(text);
            format!("the string {}\"", truncated(open))
        }
        Some(b't' | b'f' | b'n') => text.to_owned(),
        _ => format!("the number {}", truncated(text)),
    };
    format!("is {shown}; it must be {expected}")
}

/// The path of `key` in the object at `path`.
pub(crate) fn child_path(path: &str, key: &str) -> String {
    let plain = |char: char| char.is_ascii_alphanumeric() || char == '_';
    let key = truncated(key);
    match (path, key.chars().all(plain) && !key.is_empty()) {
        (WHOLE_FILE, true) => key,
        (WHOLE_FILE, false) => format!("{key:?}"),
        (_, true) => format!("{path}.{key}"),
        (_, false) => format!("{path}[{key:?}]"),
    }
}

fn truncated(text: &str) -> String {
    let mut chars = text.chars();
    let mut shown: String = chars.by_ref().take(MAX_SHOWN).collect();
    if chars.next().is_some() {
        shown.push('…');
    }
    shown
}
