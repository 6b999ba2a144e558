//! A room as a reader knows it from pages and events.

use std::collections::HashMap;

use aftermatch_test_support::Client;
use serde_json::{Value, json};

/// The messages by their ids: the number of the event that created each, and its text.
#[derive(Debug, Clone, Default)]
pub struct Room(HashMap<i64, (i64, String)>);

/// A number that must be there.
pub fn number(value: &Value) -> i64 {
    value
        .as_i64()
        .unwrap_or_else(|| panic!("a number: {value}"))
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

impl Room {
    /// A room in which nobody writes any more, read from the newest message to the oldest,
    /// and the number of its last event.
    pub async fn read_at_rest(client: &mut Client) -> (Self, i64) {
        let mut room = Self::default();
        let mut before = Value::Null;
        loop {
            let ask = json!({"action": "get_room_messages", "before_seq": before, "limit": 100});
            let page = client.request(ask).await;
            room.add(&page["data"]["results"], i64::MAX);
            before = page["data"]["next_before_seq"].clone();
            if before.is_null() {
                return (room, number(&page["data"]["last_seq"]));
            }
        }
    }

    /// Adds the messages of a page that are not newer than the event `last`.
    pub fn add(&mut self, results: &Value, last: i64) {
        for message in results.as_array().expect("messages") {
            let seq = number(&message["seq"]);
            if seq <= last {
                let message = (number(&message["id"]), (seq, text(&message["text"])));
                self.0.insert(message.0, message.1);
            }
        }
    }

    /// Applies the event in a frame.
    pub fn apply(&mut self, frame: &Value) {
        let data = &frame["data"];
        match frame["action"].as_str() {
            Some("create_message") => {
                let message = (number(&data["seq"]), text(&data["text"]));
                self.0.insert(number(&data["id"]), message);
            }
            Some("edit_message") => {
                // A reader of pages may receive an edit of a message that was deleted
                // before its page was read.
                if let Some(message) = self.0.get_mut(&number(&data["message_id"])) {
                    message.1 = text(&data["message_text"]);
                }
            }
            Some("delete_messages") => {
                for id in data["messages_ids"].as_array().expect("ids") {
                    self.0.remove(&number(id));
                }
            }
            _ => panic!("no event: {frame}"),
        }
    }

    /// Number, id and text of each message that differs or is missing in one of the rooms.
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
