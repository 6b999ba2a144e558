//! The key `id` of a platform's object.

use std::{borrow::Cow, ops::Range};

/// The object, a JSON object, with this `id` and otherwise as it is: the value of an `id`
/// that it has is replaced if it is another one, else one is put in front.
pub(super) fn with_id(object: &str, id: i64) -> Cow<'_, str> {
    let right = id.to_string();
    if begins_with(object, &right) {
        return Cow::Borrowed(object);
    }
    let values = id_values(object);
    if values.is_empty() {
        let members = object.trim_start().strip_prefix('{').unwrap_or("}");
        let members = members.trim_start();
        let comma = if members.starts_with('}') { "" } else { "," };
        return Cow::Owned(format!("{{\"id\":{right}{comma}{members}"));
    }
    let mut object = Cow::Borrowed(object);
    // From the end on, so that the other ranges stay where they are.
    for value in values.into_iter().rev() {
        if object.get(value.clone()) != Some(right.as_str()) {
            object.to_mut().replace_range(value, &right);
        }
    }
    object
}

/// Whether it begins with the right `id` and cannot have another one: most do.
fn begins_with(object: &str, id: &str) -> bool {
    let rest = object.strip_prefix("{\"id\":");
    let rest = rest.and_then(|rest| rest.strip_prefix(id));
    rest.is_some_and(|rest| rest.starts_with([',', '}']) && !may_have_id(rest))
}

/// Whether a key of it may be `id`. A key can be written with escapes.
fn may_have_id(json: &str) -> bool {
    json.contains("\"id\"") || json.contains('\\')
}

/// Where the values of the keys `id` are: a key can be there more than once. The keys of
/// objects inside do not count.
fn id_values(object: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    if !may_have_id(object) {
        return found;
    }
    let mut depth = 0_usize;
    // The string that has begun, and the key and the value of this member.
    let (mut string, mut key, mut value) = (None, None, None);
    let mut is_escaped = false;
    for (at, byte) in object.bytes().enumerate() {
        if let Some(start) = string {
            let ends = byte == b'"' && !is_escaped;
            is_escaped = byte == b'\\' && !is_escaped;
            if ends {
                string = None;
                if depth == 1 && value.is_none() {
                    key = object.get(start..=at);
                }
            }
            continue;
        }
        match byte {
            b'"' => string = Some(at),
            b'{' | b'[' => depth += 1,
            b':' if depth == 1 => value = Some(at + 1),
            b',' | b'}' if depth == 1 => {
                if let (Some(key), Some(start)) = (key.take(), value.take())
                    && is_id(key)
                {
                    found.extend(trimmed(object, start..at));
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    found
}

/// Whether this is the key `id`, written with escapes or without.
fn is_id(key: &str) -> bool {
    key == "\"id\""
        || key.contains('\\') && serde_json::from_str::<String>(key).is_ok_and(|key| key == "id")
}

/// The part of the range without the blanks around it.
fn trimmed(text: &str, range: Range<usize>) -> Option<Range<usize>> {
    let part = text.get(range.clone())?;
    let start = range.start + part.len() - part.trim_start().len();
    Some(start..start + part.trim().len())
}
