//! A room, read page by page.

use std::collections::BTreeMap;

use aftermatch_test_support::Random;
use serde_json::{Value, json};

use crate::connection::{Connection, End};

impl Connection {
    /// The texts of the joined room's messages up to the event `last`, by id, and the number
    /// of the room's last event.
    pub async fn read(
        &mut self,
        last: i64,
        random: &mut Random,
    ) -> Result<(BTreeMap<i64, String>, i64), End> {
        let mut texts = BTreeMap::new();
        let mut after = json!(0);
        loop {
            let page = json!({"action": "get_room_messages", "after_seq": after, "limit": 100});
            let page = self.ask(page, random).await?["data"].take();
            for message in page["results"].as_array().expect("messages") {
                if number(&message["seq"]) <= last {
                    texts.insert(number(&message["id"]), text(&message["text"]));
                }
            }
            after = page["next_after_seq"].clone();
            if after.is_null() {
                return Ok((texts, number(&page["last_seq"])));
            }
        }
    }
}

/// A number that must be there.
pub fn number(value: &Value) -> i64 {
    let number = value.as_i64();
    number.unwrap_or_else(|| panic!("a number: {value}"))
}

pub fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}
