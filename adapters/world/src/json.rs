//! JSON taken apart one level at a time. Every part still borrows from the
//! file's text, so that it knows where it stands.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

/// The most characters of something wrong that are shown.
const SHOWN: usize = 60;

/// The place of the outermost object.
pub(crate) const FILE: &str = "the file";

pub(crate) type Entry<'a> = (Cow<'a, str>, &'a RawValue);

#[derive(Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

/// An object as it stands. The maps of the library would keep one of two equal
/// keys and not tell.
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
                while let Some((Key(key), value)) = map.next_entry()? {
                    entries.push((key, value));
                }
                Ok(Entries(entries))
            }
        }

        deserializer.deserialize_map(InOrder)
    }
}

/// The keys and values of an object; `None` where `json` is something else, or
/// has a key with an escape that stands for no character.
pub(crate) fn entries(json: &str) -> Option<Vec<Entry<'_>>> {
    serde_json::from_str(json)
        .ok()
        .map(|Entries(entries)| entries)
}

/// The items of a list; `None` where `value` is something else.
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

/// That `value` is not `right`, as the end of a sentence that begins with its
/// place.
pub(crate) fn wrong(value: &RawValue, right: &str) -> String {
    let text = value.get();
    let shown = match text.as_bytes().first() {
        Some(b'{') => "an object".to_owned(),
        Some(b'[') => "a list".to_owned(),
        Some(b'"') => {
            let open = text.strip_suffix('"').unwrap_or(text);
            format!("the string {}\"", clipped(open))
        }
        Some(b't' | b'f' | b'n') => text.to_owned(),
        _ => format!("the number {}", clipped(text)),
    };
    format!("is {shown}; it must be {right}")
}

/// The place of what stands under `key` in the object at `place`.
pub(crate) fn within(place: &str, key: &str) -> String {
    let plain = |char: char| char.is_ascii_alphanumeric() || char == '_';
    let key = clipped(key);
    match (place, key.chars().all(plain) && !key.is_empty()) {
        (FILE, true) => key,
        (FILE, false) => format!("{key:?}"),
        (_, true) => format!("{place}.{key}"),
        (_, false) => format!("{place}[{key:?}]"),
    }
}

fn clipped(text: &str) -> String {
    let mut chars = text.chars();
    let mut shown: String = chars.by_ref().take(SHOWN).collect();
    if chars.next().is_some() {
        shown.push('…');
    }
    shown
}
