//! A room as somebody knows it who was told of it.

use std::collections::HashMap;

use serde_json::{Value, json};

use crate::client::Client;

/// The messages that are there, by their ids: the number that created each, and
/// its text.
#[derive(Debug, Clone, Default)]
pub struct Room(HashMap<i64, (i64, String)>);

/// An id, for example.
pub fn number(value: &Value) -> i64 {
    value
        .as_i64()
        .unwrap_or_else(|| panic!("a number: {value}"))
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

impl Room {
    /// The room that nobody writes in any more, read from the newest message to
    /// the oldest, and the number of its last change.
    pub async fn read_at_rest(client: &mut Client) -> (Self, i64) {
        let mut room = Self::default();
        let mut before = Value::Null;
        loop {
            let ask = json!({"action": "get_room_messages", "before_seq": before, "limit": 100});
            let page = client.ask(ask).await;
            room.add(&page["data"]["results"], i64::MAX);
            before = page["data"]["next_before_seq"].clone();
            if before.is_null() {
                return (room, number(&page["data"]["last_seq"]));
            }
        }
    }

    /// Adds those of a page's messages that are not newer than the change `last`.
    pub fn add(&mut self, results: &Value, last: i64) {
        for message in results.as_array().expect("messages") {
            let seq = number(&message["seq"]);
            if seq <= last {
                let message = (number(&message["id"]), (seq, text(&message["text"])));
                self.0.insert(message.0, message.1);
            }
        }
    }

    /// Does what a frame tells of.
    pub fn change(&mut self, frame: &Value) {
        let data = &frame["data"];
        match frame["action"].as_str() {
            Some("create_message") => {
                let message = (number(&data["seq"]), text(&data["text"]));
                self.0.insert(number(&data["id"]), message);
            }
            Some("edit_message") => {
                // Whoever read the room while others wrote may be told of the edit
                // of a message that was gone when it was read.
                if let Some(message) = self.0.get_mut(&number(&data["message_id"])) {
                    message.1 = text(&data["message_text"]);
                }
            }
            Some("delete_messages") => {
                for id in data["messages_ids"].as_array().expect("ids") {
                    self.0.remove(&number(id));
                }
            }
            _ => panic!("not a change: {frame}"),
        }
    }

    /// Number, id and text of each message that one of them has and the other
    /// has not, or not so.
    pub fn differences<'a>(&'a self, other: &'a Self) -> Vec<(i64, i64, &'a str)> {
        let only_in = |one: &'a Self, other: &'a Self| {
            let missing = one
                .0
                .iter()
                .filter(|(id, known)| other.0.get(id) != Some(known));
            missing.map(|(id, (seq, text))| (*seq, *id, text.as_str()))
        };
        only_in(self, other).chain(only_in(other, self)).collect()
    }
}
