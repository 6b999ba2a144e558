//! Whatever happens in its rooms and on its other devices: a client that follows knows in the
//! end what `list` says.

use std::collections::BTreeMap;

use aftermatch_test_support::{
    Client, Random, Service, Setup, create, delete, edit, on_every_store,
};
use serde_json::{Value, json};

/// How many things happen.
const STEPS: u64 = 60;

/// What a client knows of its rooms: from `list`, and then from the frames that come.
#[derive(Debug, Default, PartialEq)]
struct Inbox(BTreeMap<i64, Value>);

const KEYS: [&str; 4] = ["last_seq", "unread", "read_seq", "last_message"];

impl Inbox {
    async fn listed(client: &mut Client) -> (Self, Vec<Value>) {
        let id = client.send_action(json!({"action": "list"})).await;
        let mut frames = Vec::new();
        loop {
            let frame = client.receive().await;
            if frame["request_id"] == id {
                let rooms = frame["data"].as_array().expect("a list").iter();
                let rooms = rooms.map(|room| (room["pk"].as_i64().expect("a pk"), state(room)));
                return (Self(rooms.collect()), frames);
            }
            frames.push(frame);
        }
    }

    fn apply(&mut self, frame: &Value) {
        let data = &frame["data"];
        match frame["action"].as_str() {
            Some("room_changed") => {
                let room = data["room_pk"].as_i64().expect("a pk");
                self.0.insert(room, state(data));
            }
            other => panic!("{other:?}: {frame}"),
        }
    }
}

fn state(of: &Value) -> Value {
    KEYS.map(|key| of[key].clone()).into_iter().collect()
}

/// Ann's page and phone, which mark and move between rooms, and those who write.
struct Stage {
    devices: Vec<Client>,
    authors: Vec<(Client, Vec<i64>)>,
    random: Random,
}

impl Stage {
    async fn new(service: &Service) -> Self {
        Self {
            devices: vec![service.joined(3, 1).await, service.joined(3, 2).await],
            authors: vec![
                (service.joined(4, 1).await, Vec::new()),
                (service.joined(5, 2).await, Vec::new()),
            ],
            random: Random::new(),
        }
    }

    async fn step(&mut self) {
        let action = self.random.below(8);
        if action < 5 {
            let (author, ids) = &mut self.authors[usize::from(self.random.once_in(2))];
            let some = ids.first().copied();
            let request = match (action, some) {
                (3, Some(id)) => edit(id, "edited"),
                (4, Some(id)) => {
                    ids.remove(0);
                    delete(&[id])
                }
                _ => create("hello"),
            };
            let response = author.request_amid_events(request).await;
            ids.extend(response["data"]["id"].as_i64());
        } else {
            let nth = usize::from(self.random.once_in(2));
            let seq = self.random.below(STEPS);
            let room = 1 + self.random.below(2);
            let request = match action {
                5 => json!({"action": "join_room", "room_pk": room}),
                6 => json!({"action": "mark_read", "seq": seq, "private": true}),
                _ => json!({"action": "mark_read", "seq": seq / 2}),
            };
            self.devices[nth].request_amid_events(request).await;
        }
    }
}

async fn follower_knows_what_list_says(setup: Setup) {
    let service = setup.start().await;
    for _ in 0..3 {
        let mut stage = Stage::new(&service).await;
        let mut follower = service.chat(3).await;
        let follow = json!({"action": "follow", "rooms": true});
        follower.request(follow).await;
        let (mut inbox, _) = Inbox::listed(&mut follower).await;
        for _ in 0..STEPS {
            stage.step().await;
        }
        // What is sent at most once a second comes within a moment, without another request.
        let mut other = service.chat(3).await;
        loop {
            let (listed, frames) = Inbox::listed(&mut other).await;
            assert!(frames.is_empty(), "it follows nothing: {frames:?}");
            if inbox == listed {
                break;
            }
            inbox.apply(&follower.receive().await);
        }
        let (listed, frames) = Inbox::listed(&mut follower).await;
        frames.iter().for_each(|frame| inbox.apply(frame));
        assert_eq!(inbox, listed);
    }
}

on_every_store!(follower_knows_what_list_says);
