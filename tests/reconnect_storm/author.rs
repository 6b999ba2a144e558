//! Clients that write.

use std::{net::SocketAddr, time::Duration};

use aftermatch_test_support::{Client, Random, token_for};
use serde_json::{Value, json};
use tokio::time::{Instant, interval};

/// The shortest time between two changes of one author. It shapes the load: no test waits
/// for it.
const WRITE_INTERVAL: Duration = Duration::from_millis(400);

/// Creates, edits and deletes its own messages until `until`.
pub async fn write(address: SocketAddr, user: i64, until: Instant) {
    let socket = Client::try_connect(address, "/ws/chat/", &token_for(user)).await;
    let mut author = Author {
        socket: socket.expect("a connection"),
        user,
        requests: 0,
        own: Vec::new(),
    };
    author
        .request(json!({"action": "join_room", "room_pk": 1}))
        .await;
    let mut random = Random::new();
    let mut ticks = interval(WRITE_INTERVAL);
    while Instant::now() < until {
        ticks.tick().await;
        author.change_something(&mut random).await;
    }
}

struct Author {
    socket: Client,
    user: i64,
    requests: u64,
    /// The ids of its messages in the room.
    own: Vec<Value>,
}

impl Author {
    async fn change_something(&mut self, random: &mut Random) {
        let text = format!("change {} of {}", self.requests, self.user);
        let any = random.below(self.own.len().max(1) as u64) as usize;
        match random.below(10) {
            0..2 if !self.own.is_empty() => {
                let some = self.own.len().min(any + 1 + random.below(3) as usize);
                let ids: Vec<_> = self.own.drain(any..some).collect();
                self.request(json!({"action": "delete_messages", "msg_id_list": ids}))
                    .await;
            }
            2..5 if !self.own.is_empty() => {
                let id = &self.own[any];
                let edit = json!({"action": "edit_message", "msg_id": id, "edited_msg_text": text});
                self.request(edit).await;
            }
            _ => {
                let created = self.request(json!({"action": "create_message", "msg_text": text}));
                let id = created.await["data"]["id"].clone();
                self.own.push(id);
            }
        }
    }

    /// Sends a request, which must succeed. Events before the response are skipped.
    async fn request(&mut self, mut request: Value) -> Value {
        self.requests += 1;
        let id = json!(format!("author {}, {}", self.user, self.requests));
        request["request_id"] = id.clone();
        self.socket.try_send(&request).await.expect("a connection");
        loop {
            let frame = self.socket.try_receive().await.expect("a connection");
            if frame["request_id"] == id {
                assert_eq!(frame["errors"], json!([]), "{frame}");
                return frame;
            }
        }
    }
}
