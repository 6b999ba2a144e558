//! What a client that follows knows of its rooms: from `list`, and then from the frames that
//! come.

use std::collections::BTreeMap;

use serde_json::Value;

use super::net::field;

const KEYS: [&str; 4] = ["last_seq", "unread", "read_seq", "last_message"];

type Rooms = BTreeMap<u64, [Value; 4]>;

#[derive(Debug, Default)]
pub(super) struct Known {
    rooms: Rooms,
    /// The frames that came while the list was under way. The list may be older than they
    /// are, so they are applied after it.
    early: Option<Vec<Value>>,
}

impl Known {
    /// The list was requested.
    pub(super) fn listing(&mut self) {
        self.early = Some(Vec::new());
    }

    /// The list has come.
    pub(super) fn listed(&mut self, list: &Value) {
        self.rooms = rooms(list);
        for frame in self.early.take().unwrap_or_default() {
            self.apply(frame);
        }
    }

    /// A frame has come without a request.
    pub(super) fn apply(&mut self, frame: Value) {
        if let Some(early) = &mut self.early {
            early.push(frame);
            return;
        }
        let data = field(&frame, "data");
        match field(&frame, "action").as_str() {
            Some("room_changed") => {
                if let Some(room) = field(data, "room_pk").as_u64() {
                    self.rooms.insert(room, state(data));
                }
            }
            Some("room_added") => {
                if let Some(room) = field(data, "pk").as_u64() {
                    self.rooms.insert(room, state(data));
                }
            }
            Some("room_removed") => {
                if let Some(room) = field(data, "room_pk").as_u64() {
                    self.rooms.remove(&room);
                }
            }
            _ => {}
        }
    }

    pub(super) fn last_seq(&self, room: u64) -> u64 {
        let state = self.rooms.get(&room);
        let last_seq = state.and_then(|[last_seq, ..]| last_seq.as_u64());
        last_seq.unwrap_or_default()
    }

    /// The rooms that are another way in `list`, each with both states.
    pub(super) fn differences(&self, list: &Value) -> Vec<String> {
        let listed = rooms(list);
        let all = self.rooms.keys().chain(listed.keys());
        let all: std::collections::BTreeSet<_> = all.collect();
        let different = all
            .into_iter()
            .filter(|room| self.rooms.get(room) != listed.get(room));
        different
            .map(|room| {
                let (known, listed) = (self.rooms.get(room), listed.get(room));
                format!("room {room}: {known:?} in place of {listed:?}")
            })
            .collect()
    }
}

fn rooms(list: &Value) -> Rooms {
    let rooms = list.as_array().into_iter().flatten();
    rooms
        .filter_map(|room| Some((field(room, "pk").as_u64()?, state(room))))
        .collect()
}

fn state(of: &Value) -> [Value; 4] {
    KEYS.map(|key| field(of, key).clone())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn changed(room: u64, last_seq: u64) -> Value {
        json!({"action": "room_changed", "data": {"room_pk": room, "last_seq": last_seq}})
    }

    #[test]
    fn frames_change_what_the_list_said() {
        let mut known = Known::default();
        known.listing();
        known.apply(changed(1, 3));
        known.listed(&json!([{"pk": 1, "last_seq": 2}, {"pk": 2, "last_seq": 0}]));
        known.apply(changed(2, 1));
        assert_eq!((known.last_seq(1), known.last_seq(2)), (3, 1));
        known.apply(json!({"action": "room_removed", "data": {"room_pk": 2}}));
        assert_eq!(
            known.differences(&json!([{"pk": 1, "last_seq": 3}])).len(),
            0
        );
        assert_eq!(
            known.differences(&json!([{"pk": 1, "last_seq": 4}])).len(),
            1
        );
        assert_eq!(known.differences(&json!([])).len(), 1);
    }
}
