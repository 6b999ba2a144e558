//! Which files name the tables of the platform.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// `directory` reads them, `precondition` locks them, an import writes them.
const MAY_NAME: [&str; 3] = ["directory/", "precondition.rs", "admin/import/directory.rs"];

const TABLES: [&str; 3] = ["users", "brands", "participants"];

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    paths
        .flat_map(|path| {
            if path.is_dir() {
                files(&path)
            } else {
                vec![path]
            }
        })
        .collect()
}

/// Whether a line has one of the tables after a word of SQL.
fn names_table(line: &str) -> bool {
    let words: Vec<_> = line
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .collect();
    words.windows(2).any(|pair| {
        ["FROM", "JOIN", "INTO", "UPDATE", "TABLE"].contains(&pair[0]) && TABLES.contains(&pair[1])
    })
}

#[test]
fn platform_tables_are_named_in_few_files() {
    let source = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src"));
    let (mut allowed, mut others) = (0, Vec::new());
    for path in files(source) {
        let text = fs::read_to_string(&path).expect("a text");
        let file = path.strip_prefix(source).expect("a file of it");
        let lines = text.lines().filter(|line| names_table(line)).count();
        if MAY_NAME.iter().any(|start| file.starts_with(start)) {
            allowed += lines;
        } else if lines > 0 {
            others.push(file.to_owned());
        }
    }
    assert!(allowed > 0, "the tables are found where they may be named");
    assert_eq!(
        others,
        [""; 0].map(PathBuf::from),
        "use the fragments of `directory`"
    );
}
