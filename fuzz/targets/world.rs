//! The parser of world files, against any text.

#![no_main]

use aftermatch_world::{ParseErrors, parse};
use libfuzzer_sys::fuzz_target;
use serde_json::value::RawValue;

fuzz_target!(|text: &str| {
    let json = text.strip_prefix('\u{feff}').unwrap_or(text);
    let is_json = serde_json::from_str::<&RawValue>(json).is_ok();
    match parse(text) {
        Ok(_) => assert!(is_json),
        Err(errors) => check(text, is_json, &errors),
    }
});

/// Each error is at a line of the file, and they are in the order of the file.
fn check(text: &str, is_json: bool, errors: &ParseErrors) {
    let lines: Vec<_> = errors.iter().map(|error| error.line).collect();
    assert!(!lines.is_empty());
    assert!(lines.is_sorted());
    let last = text.split('\n').count();
    assert!(lines.iter().all(|line| (1..=last).contains(line)));
    // Only what is no JSON has a column.
    assert!(errors.iter().all(|error| error.column.is_none() == is_json));
    assert_eq!(errors.to_string().lines().count(), lines.len());
}
