//! Those whose clients compress share one frame.

use bytes::Bytes;

use super::*;
use crate::transport::{
    Compression,
    outbox_tests::{outbox_with, waiting},
};

/// A client that has joined and receives compressed frames.
async fn compressing(stage: &Stage, session: i64, is_lean: bool) -> Client {
    let compression = Some(Compression { window_bits: None });
    let connected = outbox_with(compression, 100, 100_000).await;
    let mut client = stage.client(session, UserId(session), connected);
    client.reserve_as(stage, ANN, is_lean);
    client.activate(0);
    client
}

fn long_edit() -> RoomEvent {
    RoomEvent {
        kind: EventKind::Edited {
            id: MessageId(5),
            text: Text::new(&"a text ".repeat(50), 1_000).expect("a valid text"),
        },
        ..event(1, 1)
    }
}

fn only_frame(client: &Client) -> Bytes {
    let mut frames = waiting(client.outbox());
    assert_eq!(frames.len(), 1);
    frames.remove(0)
}

#[tokio::test]
async fn event_is_compressed_once_for_all() {
    let stage = Stage::new();
    let ann = stage.joined(1, 0).await;
    let (bob, eve) = (
        compressing(&stage, 2, false).await,
        compressing(&stage, 3, false).await,
    );
    stage.hub.broadcast(long_edit()).await;
    let plain = only_frame(&ann);
    let [one, other] = [&bob, &eve].map(only_frame);
    assert_eq!(plain[0], 0x81);
    assert_eq!(one[0], 0xC1);
    assert_eq!(one.as_ptr(), other.as_ptr(), "they share it");
}

#[tokio::test]
async fn buffered_event_is_compressed_too() {
    let stage = Stage::new();
    let _ann = stage.joined(1, 0).await;
    let mut bob = compressing(&stage, 2, true).await;
    waiting(bob.outbox());
    bob.reserve_as(&stage, ANN, true);
    stage.hub.broadcast(long_edit()).await;
    assert_eq!(waiting(bob.outbox()).len(), 0, "it waits for the join");
    bob.activate(0);
    assert_eq!(only_frame(&bob)[0], 0xC1);
}
