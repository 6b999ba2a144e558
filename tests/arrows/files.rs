//! No circle between the files of a crate: a reader of a file can read what it uses
//! first, and comes to an end.
//!
//! A file uses another one if it names an item that is defined there, by a path that
//! begins with `crate`, `self`, `super` or the name of a child module. Re-exports are
//! followed to the file that defines the item, and are no use by themselves: a `lib.rs`
//! that only hands names on is in no circle.
//!
//! A file may use the modules around it (its parent, the parent of that, …): they and the
//! file are one module in several files. So `hub.rs` and `hub/room_channel.rs` may use
//! each other, while `hub/room_channel.rs` and `hub/flush.rs` may not, nor may two other
//! files that are not inside one another.
//!
//! Unit tests (`#[cfg(test)]`) do not count.

mod circles;
mod modules;
mod reader;
mod resolve;
mod source;
mod tokens;

use std::collections::BTreeSet;

use cargo_metadata::MetadataCommand;

use self::{circles::closing_pairs, modules::Sources, resolve::uses};

/// The pairs of files of the workspace that are part of a circle.
fn circles_of_workspace() -> BTreeSet<(String, String)> {
    let metadata = MetadataCommand::new().no_deps().exec();
    let metadata = metadata.expect("cargo metadata works here");
    let targets = metadata
        .packages
        .iter()
        .flat_map(|package| &package.targets);
    let mut pairs = BTreeSet::new();
    let mut files = 0;
    for target in targets {
        let root = target.src_path.strip_prefix(&metadata.workspace_root);
        let root = root.expect("a file of the workspace").as_str();
        let sources = Sources::read(metadata.workspace_root.as_str(), root);
        files += sources.len();
        pairs.extend(closing_pairs(&uses(&sources)));
    }
    assert!(files > 200, "only {files} files were read");
    pairs
}

#[test]
fn files_form_no_circle() {
    let circles = circles_of_workspace();
    assert!(
        circles.is_empty(),
        "these files use each other: {circles:#?}"
    );
}

/// The pairs found in a made-up crate.
fn circles_of(files: &[(&str, &str)]) -> Vec<(String, String)> {
    let pairs = closing_pairs(&uses(&Sources::of("lib.rs", files)));
    pairs.into_iter().collect()
}

fn pair(one: &str, other: &str) -> (String, String) {
    (one.to_owned(), other.to_owned())
}

#[test]
fn siblings_using_each_other_are_found() {
    let found = circles_of(&[
        ("lib.rs", "mod a; mod b; mod c;"),
        ("a.rs", "use crate::b::B; pub struct A(B);"),
        ("b.rs", "pub struct B; fn f() { super::a::g() }"),
        ("c.rs", "use crate::{a::A, b::B};"),
    ]);
    assert_eq!(found, [pair("a.rs", "b.rs")]);
}

#[test]
fn circle_of_three_is_found() {
    let found = circles_of(&[
        ("lib.rs", "mod a; mod b; mod c;"),
        ("a.rs", "use super::b;"),
        ("b.rs", "mod inner { use super::super::c::C; }"),
        (
            "c.rs",
            "fn f() { tokio::select! { _ = crate::a::f() => {} } }",
        ),
    ]);
    let expected = [("a.rs", "b.rs"), ("a.rs", "c.rs"), ("b.rs", "c.rs")];
    assert_eq!(found, expected.map(|(one, other)| pair(one, other)));
}

#[test]
fn re_export_is_followed_to_definition() {
    let found = circles_of(&[
        (
            "lib.rs",
            "mod a; mod b; mod deep; pub use a::A; pub use deep::*;",
        ),
        ("a.rs", "use crate::B; pub struct A;"),
        ("b.rs", "use crate::A;"),
        (
            "deep.rs",
            "mod er; pub(crate) use er::B as C; pub use self::er::*;",
        ),
        ("deep/er.rs", "use crate::A; pub struct B;"),
    ]);
    assert_eq!(found, [pair("a.rs", "deep/er.rs")]);
    let found = circles_of(&[
        ("lib.rs", "mod a; mod b; pub use a::A; pub use b::*;"),
        ("a.rs", "use crate::B; pub struct A;"),
        ("b.rs", "use crate::A; pub struct B;"),
    ]);
    assert_eq!(found, [pair("a.rs", "b.rs")]);
}

#[test]
fn parent_and_child_may_use_each_other() {
    let found = circles_of(&[
        ("lib.rs", "mod hub; pub struct Limits; use hub::Hub;"),
        (
            "hub.rs",
            "mod flush; pub struct Hub; fn f() { flush::run() }",
        ),
        ("hub/flush.rs", "use super::Hub; use crate::Limits;"),
    ]);
    assert_eq!(found, []);
}

#[test]
fn file_and_nephew_circle_is_found() {
    let found = circles_of(&[
        ("lib.rs", "mod hub; mod session;"),
        ("hub/mod.rs", "mod flush;"),
        ("hub/flush.rs", "use crate::session::Session;"),
        ("session.rs", "use crate::hub::flush; pub struct Session;"),
    ]);
    assert_eq!(found, [pair("hub/flush.rs", "session.rs")]);
}

#[test]
fn comments_strings_and_unit_tests_are_ignored() {
    let found = circles_of(&[
        ("lib.rs", "mod a; mod b; #[cfg(test)] mod tests;"),
        ("a.rs", "use crate::b::B;"),
        (
            "b.rs",
            r##"// use crate::a::A;
            /* crate::a::A /* nested */ */
            const TEXT: &str = "crate::a::A"; const RAW: &str = r#"crate::a::A "quoted""#;
            fn f<'a>(c: char) -> bool { c == '"' || c == '\'' }
            #[cfg(test)] mod tests { use crate::a::A; }
            #[cfg(test)] use crate::a::A;
            pub struct B;"##,
        ),
        ("tests.rs", "use crate::a::A;"),
    ]);
    assert_eq!(found, []);
}
