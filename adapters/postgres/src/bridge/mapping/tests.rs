#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "tests")]

use super::*;

pub(crate) const GOOD: &str = r#"
schema = "public"
ghost = { id = -1, profile = '{"id":-1}' }

[users]
query = '''
SELECT id, active, admin, profile
FROM accounts_user'''
[brands]
query = "SELECT 1"
profiles = "SELECT 2;"
[rooms]
query = "SELECT id FROM chat_room"
[participants]
query = "SELECT 3"
[messages]
query = "SELECT 4"
back = true

[source.accounts_user]
key = "id"
columns = ["email", "is_active"]
users = "key"
brands = "SELECT id FROM brand_brand WHERE user_id = ANY (:keys)"
"#;

fn mistakes(text: &str) -> Vec<String> {
    let mistakes = Mapping::parse(text).expect_err("it has mistakes");
    mistakes.0.iter().map(ToString::to_string).collect()
}

/// The mistakes of the good mapping with one thing replaced.
fn mistakes_of(good: &str, wrong: &str) -> Vec<String> {
    assert!(GOOD.contains(good), "{good}");
    mistakes(&GOOD.replacen(good, wrong, 1))
}

#[test]
fn good_mapping_is_read_whole() {
    let mapping = Mapping::parse(GOOD).expect("a good mapping");
    assert_eq!(mapping.ghost.as_ref().map(|ghost| ghost.id), Some(-1));
    assert_eq!(mapping.back, Back::Yes);
    let users = mapping.query(Target::Users).expect("a query");
    assert_eq!(users.line, 7);
    assert_eq!(mapping.query(Target::UserProfiles), Some(users));
    let profiles = mapping.query(Target::BrandProfiles).expect("a query");
    assert_eq!(profiles.text, "SELECT 2");
    let source = &mapping.sources[0];
    assert_eq!(source.name(), "public.accounts_user");
    assert_eq!(source.targets[0], (Target::Users, Keys::Same));
    assert!(matches!(
        &source.targets[1],
        (Target::Brands, Keys::Query(_))
    ));
}

#[test]
fn each_mistake_names_its_line_and_remedy() {
    for (good, wrong, line, remedy) in [
        ("[brands]", "[brnads]", "line 9:", "did you mean brands?"),
        ("columns =", "colums =", "line 22:", "did you mean columns?"),
        (
            "[rooms]\nquery",
            "[rooms]\nquerry",
            "line 13:",
            "did you mean query?",
        ),
        (
            "[rooms]\nquery =",
            "[rooms]\n#",
            "line 12:",
            "write query =",
        ),
        ("key = \"id\"", "", "line 20:", "write key = \"id\""),
        (
            "users = \"key\"",
            "users = \"id\"",
            "line 23:",
            "must be \"key\"",
        ),
        ("id = -1, ", "", "line 3:", "write ghost = { id = -1 }"),
        ("back = true", "back = 1", "line 18:", "must be true, or"),
        (
            "schema = \"public\"",
            "schema = 1",
            "line 2:",
            "must be a string",
        ),
        (
            "columns = [",
            "columns = [1, ",
            "line 22:",
            "a list of names",
        ),
        ("key = \"id\"", "key = id", "line 21:", "no TOML"),
    ] {
        let found = mistakes_of(good, wrong);
        let is_found = |sentence: &String| sentence.starts_with(line) && sentence.contains(remedy);
        assert!(found.iter().any(is_found), "{wrong}: {found:?}");
    }
}

#[test]
fn target_without_query_is_a_mistake() {
    let without = GOOD.replace("[messages]\nquery = \"SELECT 4\"\nback = true\n", "");
    Mapping::parse(&without).expect("a bridge of rights alone");
    let found = mistakes(&format!("{without}messages = \"key\"\n"));
    assert!(found[0].contains("messages has no query"), "{found:?}");
}

#[test]
fn all_mistakes_are_reported_at_once() {
    let found = mistakes("schemma = \"public\"\n[users]\nquery = 7\n");
    let found = found.join("\n");
    for part in [
        "schemma",
        "query must be a string",
        "[brands] is missing",
        "no [source.TABLE]",
    ] {
        assert!(found.contains(part), "{part}: {found}");
    }
}
