//! A right that was taken is gone in time, however much is written.

use std::time::{Duration, Instant};

use aftermatch_ports::model::world::NewUser;
use serde_json::Value;
use tokio_tungstenite::tungstenite::Message;

use super::{
    listening::{admin_joined, closed},
    room, user,
};
use crate::harness::{Client, Service, Setup, create, on_every_store};

/// After that nobody hears anything. The machine may be slow, too.
const PROMISE: Duration = Duration::from_secs(2);
const SLACK: Duration = Duration::from_secs(3);

/// Writes until it is dropped, and puts into each text when it was sent.
async fn write_on(mut client: Client, begin: Instant) {
    loop {
        let text = begin.elapsed().as_millis().to_string();
        client.ask_amid(create(&text)).await;
    }
}

/// Takes a right away amid a burst. What `client` hears of that was sent in time;
/// returns the first frame that is something else.
async fn last_word(
    service: &Service,
    client: &mut Client,
    taken: impl Future<Output = ()>,
) -> Message {
    let begin = Instant::now();
    let listening = async {
        for _ in 0..20 {
            client.hear().await;
        }
        taken.await;
        let latest = (begin.elapsed() + PROMISE + SLACK).as_millis();
        loop {
            let frame = client.frame().await;
            let Message::Text(text) = &frame else {
                return frame;
            };
            let told: Value = serde_json::from_str(text).expect("JSON");
            if told["action"] != "create_message" {
                client.hears_nothing().await;
                return frame;
            }
            let sent = told["data"]["text"].as_str().expect("a text");
            let sent: u128 = sent.parse().expect("a time");
            assert!(sent <= latest, "{sent} is after {latest}");
        }
    };
    let bob = service.joined(4, 1).await;
    tokio::select! {
        () = write_on(bob, begin) => unreachable!("it writes on"),
        word = listening => word,
    }
}

async fn rights_end_in_time_though_others_write_on(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.joined(3, 1).await;
    let removed = service.put_room(room(1, &[2]));
    let word = last_word(&service, &mut ann, removed).await;
    assert_eq!(word, Message::text(closed("brand_removed")));

    let code = |word: Message| match word {
        Message::Close(Some(close)) => u16::from(close.code),
        other => panic!("not a close frame: {other:?}"),
    };
    let mut boss = admin_joined(&service, 1).await;
    let dismissed = service.put_user(user(9));
    assert_eq!(code(last_word(&service, &mut boss, dismissed).await), 4403);

    service.put_room(room(1, &[1, 2])).await;
    ann.join(1).await;
    let deactivated = NewUser {
        active: false,
        ..user(3)
    };
    let deactivated = service.put_user(deactivated);
    assert_eq!(code(last_word(&service, &mut ann, deactivated).await), 4401);
}

on_every_store!(rights_end_in_time_though_others_write_on);
