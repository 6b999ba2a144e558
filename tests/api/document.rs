//! What is written about the API.

use std::collections::BTreeSet;

use aftermatch_test_support::{get, openapi};
use serde_json::Value;

use crate::platform::{Served, on_both_stores};

#[tokio::test]
async fn document_is_published_on_port_of_chat() {
    let platform = Served::in_memory().await;
    let response = get(platform.program.address().await, "/docs/openapi.json").await;
    let document: Value = serde_json::from_str(&response.body).expect("JSON");
    assert_eq!(document["openapi"], "3.1.0");
    // Each operation is there: without a token, it is refused for that alone.
    for (path, methods) in document["paths"].as_object().expect("paths") {
        let path = path.replace("{id}", "1").replace("{message_id}", "1");
        for method in methods.as_object().expect("methods").keys() {
            let method = method.to_uppercase();
            let request = Served::request(&method, &path).json("?");
            let status = platform.send(request).await.status;
            assert!(
                ![405, 401, 500].contains(&status),
                "{method} {path}: {status}"
            );
        }
    }
}

/// The page has an example of each operation, and no other.
#[test]
fn page_has_every_operation() {
    let page = include_str!("../../docs/api.md");
    let rows = page.lines().filter(|line| line.starts_with("| `"));
    let listed: BTreeSet<_> = rows
        .filter_map(|row| {
            let (_, rest) = row.split_once('`')?;
            let (operation, _) = rest.split_once('`')?;
            let (method, path) = operation.split_once(' ')?;
            let (path, _) = path.split_once('?').unwrap_or((path, ""));
            Some((method.to_lowercase(), path.to_owned()))
        })
        .collect();
    let document: Value = serde_json::from_str(&openapi()).expect("JSON");
    let mut documented = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().expect("paths") {
        for method in methods.as_object().expect("methods").keys() {
            documented.insert((method.clone(), path.clone()));
        }
    }
    assert_eq!(listed, documented);
    for (code, about) in document["x-error-codes"].as_object().expect("codes") {
        let row = page
            .lines()
            .find(|line| line.starts_with(&format!("| `{code}`")));
        let row = row.unwrap_or_else(|| panic!("`{code}` is not in docs/api.md"));
        assert!(row.contains(&about["status"].to_string()), "{row}");
    }
}

/// A command of the page: `api -X PUT $API/path -d 'body'`.
struct Example<'a> {
    method: &'a str,
    path: &'a str,
    body: Option<&'a str>,
}

fn example(command: &str) -> Example<'_> {
    let after = |part| command.split_once(part).map(|(_, rest)| rest);
    let end = |text: &'static str| move |letter: char| text.contains(letter);
    let (_, path) = command.split_once("$API").expect("an address");
    Example {
        method: after("-X ").map_or("GET", |rest| rest.split(' ').next().expect("a word")),
        path: path.split(end("\" \n")).next().expect("a path"),
        body: after("-d '").and_then(|rest| rest.split('\'').next()),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn examples_of_page_succeed() {
    let page = include_str!("../../docs/api.md");
    let blocks = page.split("```sh example\n").skip(1);
    let blocks: Vec<_> = blocks.filter_map(|rest| rest.split("```").next()).collect();
    on_both_stores(async |platform| {
        let mut count = 0;
        for command in blocks.iter().flat_map(|block| block.split("\napi ")) {
            if !command.contains("$API/") {
                continue;
            }
            let Example { method, path, body } = example(command);
            let request = Served::request(method, path);
            let request = match body {
                Some(body) => request.json(body),
                None => request,
            };
            let response = platform.send(request).await;
            let success = (200..300).contains(&response.status);
            assert!(success, "{command}: {} {}", response.status, response.body);
            count += 1;
        }
        assert_eq!(count, 13);
    })
    .await;
}
