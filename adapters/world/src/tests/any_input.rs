//! Any input gives a world or errors, never a panic.

use proptest::{prelude::*, sample::select};

use crate::{DEMO, ParseErrors, parse};

/// Fragments that are valid in some places and wrong in most.
const FRAGMENTS: &[&str] = &[
    "",
    " ",
    "\n",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "\\",
    "\0",
    "-",
    "null",
    "true",
    "{}",
    "[]",
    "0",
    "-1",
    "1.5",
    "1e400",
    "-9223372036854775808",
    "9223372036854775808",
    "\"\"",
    "\"id\"",
    "\"id\":1,",
    "\"\\ud800\"",
    "\"\\ud800\":1,",
    "\"9999-12-31T23:59:59-23:59\"",
    "\"0000-01-01T00:00:00+23:59\"",
    "ж",
    "\u{feff}",
];

/// The demo with some characters replaced by fragments.
fn damaged() -> impl Strategy<Value = String> {
    let edit = (any::<prop::sample::Index>(), 0..12_usize, select(FRAGMENTS));
    prop::collection::vec(edit, 1..6).prop_map(|edits| {
        let mut chars: Vec<char> = DEMO.chars().collect();
        for (begin, length, fragment) in edits {
            let begin = begin.index(chars.len());
            let end = chars.len().min(begin + length);
            chars.splice(begin..end, fragment.chars());
        }
        chars.into_iter().collect()
    })
}

/// The demo with some values replaced by fragments.
fn replaced() -> impl Strategy<Value = String> {
    let values = DEMO.split_inclusive([',', ':', '{', '}', '[', ']']);
    let values: Vec<_> = values.collect();
    let edit = (any::<prop::sample::Index>(), select(FRAGMENTS));
    prop::collection::vec(edit, 1..6).prop_map(move |edits| {
        let mut values = values.clone();
        for (at, fragment) in edits {
            *at.get_mut(&mut values) = fragment;
        }
        values.concat()
    })
}

fn check(json: &str, errors: &ParseErrors) -> Result<(), TestCaseError> {
    let lines: Vec<_> = errors.iter().map(|error| error.line).collect();
    prop_assert!(!lines.is_empty());
    prop_assert!(lines.is_sorted());
    prop_assert!(
        lines
            .iter()
            .all(|line| (1..=json.split('\n').count()).contains(line))
    );
    prop_assert_eq!(errors.to_string().lines().count(), lines.len());
    Ok(())
}

proptest! {
    #[test]
    fn any_text_parses_or_has_errors(text in prop_oneof![any::<String>(), damaged(), replaced()]) {
        if let Err(errors) = parse(&text) {
            check(&text, &errors)?;
        }
    }

    #[test]
    fn truncated_file_is_rejected(end in 0..DEMO.trim_end().len()) {
        let text = &DEMO[..DEMO.floor_char_boundary(end)];
        let errors = parse(text).expect_err("the end is missing");
        check(text, &errors)?;
        prop_assert!(errors.iter().all(|error| error.column.is_some()));
    }
}
