use serde_json::Value;

use super::{comes_back, numbers, write};
use crate::harness::{Client, Setup, delete, edit, on_every_store};

/// Comes back, and is told this much; `None` is not resumed.
async fn is_told(client: &mut Client, since: i64, last: i64, much: Option<usize>) {
    let (answer, told) = comes_back(client, since).await;
    assert_eq!(answer["data"]["last_seq"], last, "{since}");
    assert_eq!(answer["data"]["resumed"], much.is_some(), "{since}");
    let numbers = numbers(&told);
    assert_eq!(numbers.len(), much.unwrap_or(0), "{since}");
    assert!(numbers.is_sorted_by(|one, next| one < next), "{numbers:?}");
    assert!(
        numbers.first().is_none_or(|first| *first > since),
        "{since}"
    );
}

async fn five_hundred_frames_are_told_and_one_more_is_none(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.joined(3, 1).await;
    let mut bob = service.chat(4).await;
    let mut boss = service.admin_chat(9).await;
    write(&mut ann, 500, "missed").await;
    is_told(&mut bob, 1, 501, Some(500)).await;
    is_told(&mut boss, 1, 501, Some(500)).await;
    is_told(&mut bob, 0, 501, None).await;
    is_told(&mut boss, 0, 501, None).await;
    // Either way what follows is heard.
    is_told(&mut boss, 2, 501, Some(499)).await;
    let deleted = ann.ask(delete(&[1])).await;
    assert_eq!(bob.hear().await, deleted);
    assert_eq!(boss.hear().await, deleted);

    // A deletion is a frame, however many are gone, and so is an edit.
    is_told(&mut bob, 1, 502, None).await;
    is_told(&mut bob, 2, 502, Some(500)).await;
    let second = comes_back(&mut bob, 1).await;
    assert_eq!(second.1, Vec::<Value>::new());
    let page = crate::harness::read(&mut ann, serde_json::json!({"after_seq": 0})).await;
    let id = |nth: usize| page["results"][nth]["id"].as_i64().expect("an id");
    ann.ask(edit(id(0), "edited")).await;
    bob.hear().await;
    is_told(&mut bob, 2, 503, None).await;
    is_told(&mut bob, 3, 503, Some(500)).await;
    ann.ask(delete(&[id(0), id(1)])).await;
    bob.hear().await;
    // One less is edited, and those that are gone are one frame as before.
    is_told(&mut bob, 3, 504, Some(499)).await;
    is_told(&mut bob, 2, 504, Some(499)).await;
    is_told(&mut bob, 1, 504, Some(499)).await;
    is_told(&mut bob, 0, 504, Some(498)).await;
}

on_every_store!(five_hundred_frames_are_told_and_one_more_is_none);
