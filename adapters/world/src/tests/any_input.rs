use proptest::{prelude::*, sample::select};

use crate::{DEMO, Mistakes, parse};

/// Things that are right in some places and wrong in most.
const PIECES: &[&str] = &[
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

/// The demo with pieces put in place of some of its characters.
fn spoilt() -> impl Strategy<Value = String> {
    let edit = (any::<prop::sample::Index>(), 0..12_usize, select(PIECES));
    prop::collection::vec(edit, 1..6).prop_map(|edits| {
        let mut chars: Vec<char> = DEMO.chars().collect();
        for (begin, length, piece) in edits {
            let begin = begin.index(chars.len());
            let end = chars.len().min(begin + length);
            chars.splice(begin..end, piece.chars());
        }
        chars.into_iter().collect()
    })
}

/// The demo with values of its own or of ours in place of some of its values.
fn rearranged() -> impl Strategy<Value = String> {
    let values = DEMO.split_inclusive([',', ':', '{', '}', '[', ']']);
    let values: Vec<_> = values.collect();
    let edit = (any::<prop::sample::Index>(), select(PIECES));
    prop::collection::vec(edit, 1..6).prop_map(move |edits| {
        let mut values = values.clone();
        for (at, piece) in edits {
            *at.get_mut(&mut values) = piece;
        }
        values.concat()
    })
}

fn check(json: &str, mistakes: &Mistakes) -> Result<(), TestCaseError> {
    let lines: Vec<_> = mistakes.iter().map(|mistake| mistake.line).collect();
    prop_assert!(!lines.is_empty());
    prop_assert!(lines.is_sorted());
    prop_assert!(
        lines
            .iter()
            .all(|line| (1..=json.split('\n').count()).contains(line))
    );
    prop_assert_eq!(mistakes.to_string().lines().count(), lines.len());
    Ok(())
}

proptest! {
    #[test]
    fn any_text_is_a_world_or_has_a_mistake(text in prop_oneof![any::<String>(), spoilt(), rearranged()]) {
        if let Err(mistakes) = parse(&text) {
            check(&text, &mistakes)?;
        }
    }

    #[test]
    fn a_file_that_was_cut_off_is_noticed(end in 0..DEMO.trim_end().len()) {
        let text = &DEMO[..DEMO.floor_char_boundary(end)];
        let mistakes = parse(text).expect_err("the end is missing");
        check(text, &mistakes)?;
        prop_assert!(mistakes.iter().all(|mistake| mistake.column.is_some()));
    }
}
