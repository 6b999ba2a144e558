//! Prose is plain modern English, and one concept has one word (`docs/glossary.md`).
//! This test refuses the words that this project does not use: in comments and
//! strings of Rust, and in the text of every other file.
//!
//! Text between backticks is code and is not read.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests may fail a test"
)]

use std::{fs, path::Path, process::Command};

/// Words and phrases we do not use, and what we write instead. A `*` at the end
/// stands for any ending.
const STOP_LIST: &[(&str, &str)] = &[
    ("lest", "so that … not"),
    ("whoever", "a client that, a user who, anyone who"),
    ("whom", "say it with a subject that does something"),
    ("whomever", "anyone"),
    ("whose-ever", "anyone's"),
    ("anew", "again"),
    ("afresh", "again"),
    ("come what may", "in any case"),
    ("in vain", "without effect"),
    ("as good as", "counts as"),
    ("for ever", "permanently, forever"),
    ("hear", "receive"),
    ("hears", "receives"),
    ("sees to", "does, makes sure"),
    ("seen to", "done, checked"),
    ("by and by", "step by step"),
    ("forerunner*", "predecessor"),
    ("tiding*", "signal, event"),
    ("told", "delivered, received, reported"),
    ("tells", "delivers, says, shows"),
    ("kept", "committed, stored, held"),
    ("asker*", "requester"),
    ("homeless", "direct reply"),
    ("unheard", "skipped"),
    ("heretofore", "so far"),
    ("hitherto", "so far"),
    ("thereof", "of it"),
    ("therein", "in it"),
    ("thereupon", "then"),
    ("wherein", "in which"),
    ("whereupon", "then"),
    ("hence", "so"),
    ("thus", "so"),
    ("upon", "on"),
    ("amiss", "wrong"),
    ("betimes", "early"),
    ("nought", "nothing"),
    ("ere", "before"),
    ("unseat*", "unsubscribe, evict"),
    ("good no more", "no longer valid"),
    ("no more than that", "only that"),
    ("word of it", "a notice"),
    ("reading mark*", "read position"),
    ("behind the last", "after the last"),
    ("behind the first", "after the first"),
    ("behind its", "after its"),
    ("stands behind", "follows"),
    ("stand behind", "follow"),
    ("comes behind", "comes after"),
    ("begins behind", "begins after"),
];

/// Files that are not ours to change, or are about words themselves.
const EXEMPT: &[&str] = &[
    "Cargo.lock",
    "docs/glossary.md",
    "LICENSE",
    "migrations/0001_chat.sql",
    "migrations/0002_nothing_missed.sql",
    "package-lock.json",
    "tests/words.rs",
];

/// The kinds of files that are read.
const KINDS: &[&str] = &[
    "css", "html", "js", "json", "md", "rs", "sh", "sql", "toml", "ts", "yaml", "yml",
];

#[test]
fn prose_uses_plain_words() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    for path in tracked_files(root) {
        let exempt = EXEMPT.iter().any(|exempt| path.ends_with(exempt));
        if exempt || !is_read(&path) {
            continue;
        }
        let Ok(text) = fs::read_to_string(root.join(&path)) else {
            continue;
        };
        let prose = if path.ends_with(".rs") {
            prose_of_rust(&text)
        } else {
            text
        };
        found.extend(
            stopped(&prose)
                .into_iter()
                .map(|(line, word, instead)| format!("{path}:{line}: “{word}”: {instead}")),
        );
    }
    assert!(
        found.is_empty(),
        "{} words that this project does not use; write instead:\n{}",
        found.len(),
        found.join("\n")
    );
}

/// Scripts without an ending are read, too.
fn is_read(path: &str) -> bool {
    match path
        .rsplit('/')
        .next()
        .and_then(|name| name.rsplit_once('.'))
    {
        Some((_, kind)) => KINDS.contains(&kind),
        None => true,
    }
}

fn tracked_files(root: &Path) -> Vec<String> {
    let git = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(root)
        .output()
        .expect("git lists the files");
    assert!(git.status.success(), "this test needs a git checkout");
    String::from_utf8_lossy(&git.stdout)
        .lines()
        .map(str::to_owned)
        .collect()
}

/// The words of the stop list in `prose`, each with its line.
fn stopped(prose: &str) -> Vec<(usize, &'static str, &'static str)> {
    let mut found = Vec::new();
    for (number, line) in prose.lines().enumerate() {
        let line = without_code(line).to_lowercase();
        for (word, instead) in STOP_LIST {
            if contains(&line, word) {
                found.push((number + 1, *word, *instead));
            }
        }
    }
    found
}

fn without_code(line: &str) -> String {
    let parts = line.split('`').step_by(2);
    parts.collect::<Vec<_>>().join(" ` ")
}

/// Whether `line` has `word` as a whole word.
fn contains(line: &str, word: &str) -> bool {
    let (word, any_ending) = match word.strip_suffix('*') {
        Some(stem) => (stem, true),
        None => (word, false),
    };
    let is_letter = |letter: char| letter.is_alphanumeric() || letter == '_';
    line.match_indices(word).any(|(at, _)| {
        let (before, rest) = line.split_at(at);
        let after = rest.get(word.len()..).unwrap_or_default();
        // After a dot it is part of a name, such as `create_message.told`.
        let name = before.ends_with('.');
        !name && !before.ends_with(is_letter) && (any_ending || !after.starts_with(is_letter))
    })
}

/// The comments and strings of Rust code, each at its line.
fn prose_of_rust(code: &str) -> String {
    let mut prose = String::with_capacity(code.len());
    let mut rest = code;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
            '"' => 1 + end_of_string(rest.get(1..).unwrap_or_default()),
            'r' if rest.starts_with("r#\"") => rest.find("\"#").map_or(rest.len(), |end| end + 2),
            // A quote as a character, and an escape in one.
            '\'' if rest.starts_with("'\"'") => {
                rest = rest.get(3..).unwrap_or_default();
                continue;
            }
            '\'' if rest.starts_with("'\\") => {
                rest = rest.get(3..).unwrap_or_default();
                continue;
            }
            _ => {
                if first == '\n' {
                    prose.push('\n');
                }
                rest = rest.get(first.len_utf8()..).unwrap_or_default();
                continue;
            }
        };
        let (text, after) = rest.split_at(length);
        prose.push_str(text);
        prose.push(' ');
        rest = after;
    }
    prose
}

/// The length of a string without its first quote, up to and with its last.
fn end_of_string(text: &str) -> usize {
    let mut escaped = false;
    for (at, letter) in text.char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

#[test]
fn stop_list_finds_whole_words_only() {
    let words = |text| -> Vec<_> {
        let found = stopped(text);
        found
            .into_iter()
            .map(|(line, word, _)| (line, word))
            .collect()
    };
    assert_eq!(
        words("It waits,\nlest it is told."),
        [(2, "lest"), (2, "told")]
    );
    assert_eq!(
        words("Whoever comes, comes in vain"),
        [(1, "whoever"), (1, "in vain")]
    );
    assert_eq!(words("the latest, the boldest: untold riches"), []);
    assert_eq!(words("the field `kept` is code"), []);
    assert_eq!(words("two forerunners"), [(1, "forerunner*")]);
}

#[test]
fn rust_prose_is_comments_and_strings() {
    let code = "let told = 1; // a comment\nlet kept = \"a \\\" string\"; '\"' /* more */ told";
    assert_eq!(
        prose_of_rust(code),
        "// a comment \n\"a \\\" string\" /* more */ "
    );
}
