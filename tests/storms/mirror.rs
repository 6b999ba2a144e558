//! A room as a member knows it.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::reading::{number, text};

#[derive(Debug, Clone, Default)]
pub struct Mirror {
    /// The texts of the messages, by id.
    pub texts: BTreeMap<i64, String>,
    /// The number of the last event.
    pub seq: i64,
    /// What the join response had besides, to be sent back on the next join.
    pub epoch: Option<Value>,
}

impl Mirror {
    /// Applies the event in a frame. Returns whether it came in order.
    pub fn apply(&mut self, frame: &Value) -> bool {
        let data = &frame["data"];
        match frame["action"].as_str() {
            Some("create_message") => {
                self.texts.insert(number(&data["id"]), text(&data["text"]));
            }
            Some("edit_message") => {
                // The message may have been deleted before the room was read.
                if let Some(known) = self.texts.get_mut(&number(&data["message_id"])) {
                    *known = text(&data["message_text"]);
                }
            }
            Some("delete_messages") => {
                for id in data["messages_ids"].as_array().expect("ids") {
                    self.texts.remove(&number(id));
                }
            }
            // Whatever else a later protocol sends is no event of the room.
            _ => return true,
        }
        let seq = number(&data["seq"]);
        let in_order = seq > self.seq;
        self.seq = self.seq.max(seq);
        in_order
    }

    pub fn has(&self, text: &str) -> bool {
        self.texts.values().any(|known| known == text)
    }

    /// What differs from the messages in the database: each id, and a sentence.
    pub fn differences(&self, stored: &BTreeMap<i64, String>) -> Vec<(i64, String)> {
        let ids = self.texts.keys().chain(stored.keys()).copied();
        let mut ids: Vec<_> = ids.collect();
        ids.sort_unstable();
        ids.dedup();
        ids.retain(|id| self.texts.get(id) != stored.get(id));
        let shown =
            |text: Option<&String>| text.map_or("nothing".to_owned(), |it| format!("{it:?}"));
        let differences = ids.into_iter().map(|id| {
            let (known, stored) = (shown(self.texts.get(&id)), shown(stored.get(&id)));
            (id, format!("the member has {known}, the database {stored}"))
        });
        differences.collect()
    }
}
