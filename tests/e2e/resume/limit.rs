use aftermatch_test_support::{Client, Setup, delete, edit, on_every_store, read};
use serde_json::{Value, json};

use super::{numbers, rejoin, write};

/// Joins since `since`, and receives this many frames; `None` means not resumed.
async fn expect_replay(client: &mut Client, since: i64, last: i64, frames: Option<usize>) {
    let (response, replayed) = rejoin(client, since).await;
    assert_eq!(response["data"]["last_seq"], last, "{since}");
    assert_eq!(response["data"]["resumed"], frames.is_some(), "{since}");
    let numbers = numbers(&replayed);
    assert_eq!(numbers.len(), frames.unwrap_or(0), "{since}");
    assert!(numbers.is_sorted_by(|one, next| one < next), "{numbers:?}");
    assert!(
        numbers.first().is_none_or(|first| *first > since),
        "{since}"
    );
}

async fn replay_over_500_frames_not_resumed(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.joined(3, 1).await;
    let mut bob = service.chat(4).await;
    let mut admin = service.admin_chat(9).await;
    write(&mut ann, 500, "missed").await;
    expect_replay(&mut bob, 1, 501, Some(500)).await;
    expect_replay(&mut admin, 1, 501, Some(500)).await;
    expect_replay(&mut bob, 0, 501, None).await;
    expect_replay(&mut admin, 0, 501, None).await;
    // Resumed or not, the events that follow are received.
    expect_replay(&mut admin, 2, 501, Some(499)).await;
    let deleted = ann.request(delete(&[1])).await;
    assert_eq!(bob.receive().await, deleted);
    assert_eq!(admin.receive().await, deleted);

    // A deletion of any number of messages is one frame, and so is an edit.
    expect_replay(&mut bob, 1, 502, None).await;
    expect_replay(&mut bob, 2, 502, Some(500)).await;
    let second = rejoin(&mut bob, 1).await;
    assert_eq!(second.1, Vec::<Value>::new());
    let page = read(&mut ann, json!({"after_seq": 0})).await;
    let id = |nth: usize| page["results"][nth]["id"].as_i64().expect("an id");
    ann.request(edit(id(0), "edited")).await;
    bob.receive().await;
    expect_replay(&mut bob, 2, 503, None).await;
    expect_replay(&mut bob, 3, 503, Some(500)).await;
    ann.request(delete(&[id(0), id(1)])).await;
    bob.receive().await;
    // One edit less; all deletions together are still one frame.
    expect_replay(&mut bob, 3, 504, Some(499)).await;
    expect_replay(&mut bob, 2, 504, Some(499)).await;
    expect_replay(&mut bob, 1, 504, Some(499)).await;
    expect_replay(&mut bob, 0, 504, Some(498)).await;
}

on_every_store!(replay_over_500_frames_not_resumed);
