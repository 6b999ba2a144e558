//! A room as a client puts it together.

use std::collections::BTreeMap;

use serde_json::Value;

/// What an event changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    Created { id: i64, text: String },
    Edited { id: i64, text: String },
    Deleted(Vec<i64>),
}

impl Change {
    /// The number of the event in a frame, and its change; `None` if it is no event.
    pub fn of(frame: &Value) -> Option<(i64, Self)> {
        let data = &frame["data"];
        let id = |key: &str| data[key].as_i64().expect("an id");
        let text = |key: &str| data[key].as_str().expect("a text").to_owned();
        let change = match frame["action"].as_str()? {
            "create_message" => Self::Created {
                id: id("id"),
                text: text("text"),
            },
            "edit_message" => Self::Edited {
                id: id("message_id"),
                text: text("message_text"),
            },
            "delete_messages" => {
                let ids = data["messages_ids"].as_array()?.iter();
                Self::Deleted(ids.map(|id| id.as_i64().expect("an id")).collect())
            }
            _ => return None,
        };
        Some((data["seq"].as_i64()?, change))
    }
}

/// The messages of a room, as a client knows them from pages and events: ids and texts, by
/// the numbers of the events that created them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Replica(BTreeMap<i64, (i64, String)>);

impl Replica {
    /// Adds the messages of a page.
    pub fn read(&mut self, results: &Value) {
        for message in results.as_array().expect("a list") {
            let number = |key: &str| message[key].as_i64().expect("a number");
            let text = message["text"].as_str().expect("a text").to_owned();
            let before = self.0.insert(number("seq"), (number("id"), text));
            assert_eq!(before, None, "read twice: {message}");
        }
    }

    /// Applies an event, which must fit the messages known.
    pub fn apply(&mut self, seq: i64, change: Change) {
        match change {
            Change::Created { id, text } => {
                assert_eq!(self.0.insert(seq, (id, text)), None, "{seq} came twice");
            }
            Change::Edited { id, text } => {
                let messages = self.0.values_mut();
                let edited = messages.into_iter().find(|message| message.0 == id);
                edited
                    .unwrap_or_else(|| panic!("edited, but unknown: {id}"))
                    .1 = text;
            }
            Change::Deleted(ids) => {
                let before = self.0.len();
                self.0.retain(|_, (id, _)| !ids.contains(id));
                assert_eq!(
                    self.0.len() + ids.len(),
                    before,
                    "not all of {ids:?} are known"
                );
            }
        }
    }

    /// The same after an interrupted replay: deletions may come again.
    pub fn apply_again(&mut self, seq: i64, change: Change) {
        match change {
            Change::Deleted(mut ids) => {
                let there = self.ids();
                ids.retain(|id| there.contains(id));
                self.apply(seq, Change::Deleted(ids));
            }
            change => self.apply(seq, change),
        }
    }

    /// The messages, oldest first.
    pub fn ids(&self) -> Vec<i64> {
        self.0.values().map(|(id, _)| *id).collect()
    }
}
