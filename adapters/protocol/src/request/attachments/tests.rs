use super::*;

fn read_text(json: &str) -> Result<Vec<SignedAttachment>, ProtocolError> {
    read(Some(&RawValue::from_string(json.to_owned()).expect("JSON")))
}

fn stored(json: &str) -> String {
    let signed = read_text(json).expect("valid attachments");
    let list: Vec<_> = signed.into_iter().map(|each| each.attachment).collect();
    let all = Attachments::new(&list).expect("few of them");
    all.map_or_else(String::new, |all| all.as_str().to_owned())
}

#[test]
fn no_attachments_are_none() {
    assert_eq!(read(None), Ok(vec![]));
    for json in ["null", "[]", "[ ]"] {
        assert_eq!(read_text(json), Ok(vec![]), "{json}");
    }
}

#[test]
fn attachment_stays_as_written_without_signature() {
    for (given, expected) in [
        (r#"[{"id":"a","signature":"s"}]"#, r#"[{"id":"a"}]"#),
        (
            r#"[ { "z": 1.50 , "signature":"s", "id" : "a" } , {"id":"b","signature":"s","n":[ 1 ]}]"#,
            r#"[{"z":1.50,"id":"a"},{"id":"b","n":[ 1 ]}]"#,
        ),
        (
            r#"[{"i\u0064":"\u0061","\"":{"a":1,"a":2},"n":12345678901234567890123,"si\u0067nature":"s"}]"#,
            r#"[{"id":"\u0061","\"":{"a":1,"a":2},"n":12345678901234567890123}]"#,
        ),
    ] {
        assert_eq!(stored(given), expected);
    }
    let signed = read_text(r#"[{"signature":"\u0073","id":"\u0061"}]"#).expect("valid");
    assert_eq!(
        (signed[0].attachment.id(), &*signed[0].signature),
        ("a", "s")
    );
}

#[test]
fn mistake_in_attachment_is_named() {
    let signed = |rest: &str| {
        format!(r#"[{{"id":"a","signature":"s"}},{{"id":"b","signature":"s",{rest}}}]"#)
    };
    let nested = |depth| {
        signed(&format!(
            r#""x":{}{}"#,
            "[".repeat(depth),
            "]".repeat(depth)
        ))
    };
    let long = signed(&format!(r#""x":"{}""#, "x".repeat(4080)));
    let id = |length| format!(r#"[{{"id":"{}","signature":"s"}}]"#, "ж".repeat(length));
    for (json, sentence) in [
        (
            "5",
            "`attachments` is a number that cannot be taken: a list of at most 10 objects",
        ),
        ("{}", "`attachments` is an object: a list"),
        (
            "[5]",
            "`attachments[0]` is a number that cannot be taken: an object with `id` and",
        ),
        ("[null]", "`attachments[0]` is null: an object"),
        (
            "[{}]",
            "`attachments[0].id` is missing: a string was expected",
        ),
        (r#"[{"id":5}]"#, "`attachments[0].id` is a number"),
        (
            r#"[{"id":"a"}]"#,
            "`attachments[0].signature` is missing: a string was expected",
        ),
        (
            r#"[{"id":"a","signature":null}]"#,
            "`attachments[0].signature` is null",
        ),
        (
            &id(0),
            "`attachments[0]` has an `id` of 0 characters: 1 to 128 are allowed",
        ),
        (
            &id(129),
            "`attachments[0]` has an `id` of 129 characters: 1 to 128 are allowed",
        ),
        (&signed(r#""id":"a""#), "`attachments[1]` has a key twice"),
        (
            &signed(r#""\u0069d":"a""#),
            "`attachments[1]` has a key twice",
        ),
        (
            &signed(r#""x":1e999"#),
            "`attachments[1]` cannot be read by every program (number out",
        ),
        (
            &signed(r#""x":"\ud800""#),
            "`attachments[1]` cannot be read by every program",
        ),
        (
            &signed(r#""\ud800":1"#),
            "`attachments[1]` cannot be read by every program",
        ),
        (
            &nested(16),
            "`attachments[1]` has 17 objects and lists inside each other: at most 16",
        ),
        (
            &nested(3000),
            "`attachments[1]` cannot be read by every program",
        ),
        (
            &long,
            "`attachments[1]` has 4097 bytes without its `signature`: at most 4096",
        ),
    ] {
        let error = read_text(json).expect_err(json);
        assert_eq!(error.code, ErrorCode::InvalidAttachment, "{json}");
        assert!(error.sentence.starts_with(sentence), "{}", error.sentence);
    }
    for json in [nested(15), id(128), signed(r#""x":"\ud83e\udd80""#)] {
        assert!(read_text(&json).is_ok(), "{json}");
    }
}
