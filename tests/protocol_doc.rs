//! The examples of `docs/protocol.md` are what they look like.

#![allow(clippy::expect_used, reason = "all of this is a test")]

use serde_json::Value;

fn page() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/protocol.md");
    std::fs::read_to_string(path).expect("the page is there")
}

/// The blocks of `page` that are fenced as `language`, with their first line.
fn blocks<'a>(page: &'a str, language: &str) -> Vec<(usize, &'a str)> {
    let fence = format!("```{language}\n");
    let begins = page.match_indices(&fence).map(|(at, _)| at + fence.len());
    let block = |begin: usize| {
        let end = page[begin..].find("\n```").expect("the block ends");
        let line = page[..begin].lines().count() + 1;
        (line, &page[begin..begin + end])
    };
    begins.map(block).collect()
}

#[test]
fn examples_are_json() {
    let page = page();
    let blocks = blocks(&page, "json");
    assert!(
        blocks.len() > 10,
        "only {} examples were found",
        blocks.len()
    );
    for (line, block) in blocks {
        let read = serde_json::from_str::<Value>(block);
        assert!(read.is_ok(), "line {line}: {read:?} in {block}");
    }
}

#[test]
fn conversation_frames_are_json() {
    let page = page();
    let arrows = [" → ", " ← "];
    let mut frames = 0;
    for (begin, block) in blocks(&page, "text") {
        for (line, text) in (begin..).zip(block.lines()) {
            let Some((_, frame)) = arrows.iter().find_map(|arrow| text.split_once(arrow)) else {
                panic!("line {line} is no frame: {text}");
            };
            let read = serde_json::from_str::<Value>(frame);
            assert!(read.is_ok(), "line {line}: {read:?} in {frame}");
            frames += 1;
        }
    }
    assert!(frames > 10, "only {frames} frames were found");
}
