//! Whoever writes.

use std::{net::SocketAddr, time::Duration};

use serde_json::{Value, json};
use tokio::time::{Instant, interval};

use crate::{dice::Dice, socket::Socket};

/// An author changes something so often at most.
const PACE: Duration = Duration::from_millis(400);

/// Creates, edits and deletes messages of its own until the moment has come.
pub async fn write(address: SocketAddr, user: i64, until: Instant) {
    let socket = Socket::open(address, user).await;
    let mut author = Author {
        socket: socket.expect("a connection"),
        user,
        requests: 0,
        own: Vec::new(),
    };
    author
        .ask(json!({"action": "join_room", "room_pk": 1}))
        .await;
    let mut dice = Dice::new();
    let mut pace = interval(PACE);
    while Instant::now() < until {
        pace.tick().await;
        author.change_something(&mut dice).await;
    }
}

struct Author {
    socket: Socket,
    user: i64,
    requests: u64,
    /// Its messages that are there.
    own: Vec<Value>,
}

impl Author {
    async fn change_something(&mut self, dice: &mut Dice) {
        let text = format!("change {} of {}", self.requests, self.user);
        let any = dice.below(self.own.len().max(1) as u64) as usize;
        match dice.below(10) {
            0..2 if !self.own.is_empty() => {
                let some = self.own.len().min(any + 1 + dice.below(3) as usize);
                let ids: Vec<_> = self.own.drain(any..some).collect();
                self.ask(json!({"action": "delete_messages", "msg_id_list": ids}))
                    .await;
            }
            2..5 if !self.own.is_empty() => {
                let id = &self.own[any];
                let edit = json!({"action": "edit_message", "msg_id": id, "edited_msg_text": text});
                self.ask(edit).await;
            }
            _ => {
                let created = self.ask(json!({"action": "create_message", "msg_text": text}));
                let id = created.await["data"]["id"].clone();
                self.own.push(id);
            }
        }
    }

    /// Asks for something that is done; what others do meanwhile is not listened to.
    async fn ask(&mut self, mut request: Value) -> Value {
        self.requests += 1;
        let id = json!(format!("author {}, {}", self.user, self.requests));
        request["request_id"] = id.clone();
        self.socket.send(&request).await.expect("a connection");
        loop {
            let frame = self.socket.next().await.expect("a connection");
            if frame["request_id"] == id {
                assert_eq!(frame["errors"], json!([]), "{frame}");
                return frame;
            }
        }
    }
}
