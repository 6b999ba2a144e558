//! A right that is taken away ends in time, however much is written meanwhile.

use aftermatch_test_support::{
    Client, NewUser, Service, Setup, create, on_every_store, room, user,
};
use std::time::Duration;

use serde_json::Value;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;

use super::eviction::room_closed;

/// How soon a right must have ended: two seconds are promised, and machines are slow.
const BOUND: Duration = Duration::from_secs(5);

/// Writes until the future is dropped.
async fn write_on(mut client: Client) {
    loop {
        client.request_amid_events(create("on and on")).await;
    }
}

/// Takes a right away during a burst. Returns the first frame to `client` that is no
/// message; nothing may follow it.
async fn last_frame(
    service: &Service,
    client: &mut Client,
    taken: impl Future<Output = ()>,
) -> Message {
    let listening = async {
        for _ in 0..20 {
            client.receive().await;
        }
        taken.await;
        let last = timeout(BOUND, first_other_frame(client)).await;
        let last = last.expect("the right ends in time");
        if last.is_text() {
            client.expect_silence().await;
        }
        last
    };
    let bob = service.joined(4, 1).await;
    tokio::select! {
        () = write_on(bob) => unreachable!("it writes on"),
        last = listening => last,
    }
}

/// Receives messages until something else comes.
async fn first_other_frame(client: &mut Client) -> Message {
    loop {
        let frame = client.receive_frame().await;
        let Message::Text(text) = &frame else {
            return frame;
        };
        let event: Value = serde_json::from_str(text).expect("JSON");
        if event["action"] != "create_message" {
            return frame;
        }
    }
}

async fn rights_end_during_burst(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.joined(3, 1).await;
    let removed = service.put_room(room(1, &[2]));
    let last = last_frame(&service, &mut ann, removed).await;
    assert_eq!(last, Message::text(room_closed("brand_removed")));

    let code = |frame: Message| match frame {
        Message::Close(Some(close)) => u16::from(close.code),
        other => panic!("not a close frame: {other:?}"),
    };
    let mut admin = service.admin_joined(9, 1).await;
    let demoted = service.put_user(user(9));
    assert_eq!(code(last_frame(&service, &mut admin, demoted).await), 4403);

    service.put_room(room(1, &[1, 2])).await;
    ann.join(1).await;
    let deactivated = NewUser {
        active: false,
        ..user(3)
    };
    let deactivated = service.put_user(deactivated);
    assert_eq!(
        code(last_frame(&service, &mut ann, deactivated).await),
        4401
    );
}

on_every_store!(rights_end_during_burst);
