//! However a room is read, by any kind of page or by replay, the result is the same room.

use aftermatch_test_support::{Client, Service, Setup, create, delete, edit, on_every_store, read};
use std::collections::HashSet;

use serde_json::{Value, json};

use crate::replica::{Change, Replica};

const CHANGES: usize = 60;

/// Numbers that look random and are the same in every run (SplitMix64).
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) as usize % end
    }
}

/// The room after each of its events, from none on.
struct Past {
    rooms: Vec<Replica>,
    edited: HashSet<i64>,
}

impl Past {
    fn now(&self) -> &Replica {
        self.rooms.last().expect("a beginning")
    }

    fn last(&self) -> usize {
        self.rooms.len() - 1
    }

    fn add(&mut self, frame: &Value) {
        let (seq, change) = Change::of(frame).expect("a change");
        assert_eq!(usize::try_from(seq), Ok(self.rooms.len()), "{frame}");
        if let Change::Edited { id, .. } = change {
            self.edited.insert(id);
        }
        let mut room = self.now().clone();
        room.apply(seq, change);
        self.rooms.push(room);
    }
}

/// Lets Ann, Bob and an administrator make changes in room 1.
async fn random_history(service: &Service, seed: u64) -> Past {
    let mut random = Random(seed);
    let mut authors = [
        service.joined(3, 1).await,
        service.joined(4, 1).await,
        service.admin_chat(9).await,
    ];
    authors[2].join(1).await;
    let (mut begin, mut past) = (
        Replica::default(),
        Past {
            rooms: vec![Replica::default()],
            edited: HashSet::new(),
        },
    );
    begin.read(&read(&mut authors[0], json!({})).await["results"]);
    past.rooms.push(begin);
    let mut own: [Vec<i64>; 3] = [vec![1], vec![], vec![]];
    while past.last() < CHANGES {
        let nth = random.below(3);
        let (author, own) = (&mut authors[nth], &mut own[nth]);
        let there = past.now().ids();
        own.retain(|id| there.contains(id));
        let text = format!("text {}", past.last());
        let action = match random.below(10) {
            0..=4 => create(&text),
            5..=7 if !own.is_empty() => edit(own[random.below(own.len())], &text),
            8.. if !own.is_empty() => {
                // An administrator may delete any message.
                let from = if nth == 2 { &there } else { &*own };
                let ids: HashSet<_> = (0..=random.below(3))
                    .map(|_| from[random.below(from.len())])
                    .collect();
                delete(&ids.into_iter().collect::<Vec<_>>())
            }
            _ => continue,
        };
        let response = author.request_amid_events(action).await;
        own.extend(response["data"]["id"].as_i64());
        past.add(&response);
    }
    past
}

/// All messages, oldest first, by pages from the oldest on.
async fn forwards(client: &mut Client, limit: usize) -> Vec<Value> {
    let (mut found, mut next) = (Vec::new(), json!(0));
    while next != Value::Null {
        let page = read(client, json!({"after_seq": next, "limit": limit})).await;
        let results = page["results"].as_array().expect("a list");
        assert!((1..=limit).contains(&results.len()), "{limit}: {page}");
        found.extend_from_slice(results);
        next = page["next_after_seq"].clone();
    }
    found
}

/// The same by pages from the newest back.
async fn backwards(client: &mut Client, limit: usize) -> Vec<Value> {
    let (mut found, mut next) = (Vec::new(), Value::Null);
    loop {
        let page = read(client, json!({"before_seq": next, "limit": limit})).await;
        let results = page["results"].as_array().expect("a list");
        assert!((1..=limit).contains(&results.len()), "{limit}: {page}");
        found.splice(0..0, results.iter().cloned());
        next = page["next_before_seq"].clone();
        if next == Value::Null {
            return found;
        }
    }
}

async fn by_page_number(client: &mut Client) -> Vec<Value> {
    let (mut found, mut next) = (Vec::new(), json!(1));
    while next != Value::Null {
        let page = read(client, json!({"page": next})).await;
        found.extend_from_slice(page["results"].as_array().expect("a list"));
        next = page["next"].clone();
        assert_eq!(next == Value::Null, page["count"] == found.len(), "{page}");
    }
    found.reverse();
    found
}

async fn every_page_order_shows_same_room(setup: Setup) {
    let service = setup.start().await;
    let past = random_history(&service, 1).await;
    let mut bob = service.joined(4, 1).await;
    let mut admin = service.admin_chat(9).await;
    admin.join(1).await;
    let whole = forwards(&mut bob, 100).await;
    let mut room = Replica::default();
    room.read(&json!(whole));
    assert_eq!(&room, past.now());
    for message in &whole {
        let id = message["id"].as_i64().expect("an id");
        let edited = message["edited_at"] != Value::Null;
        assert_eq!(edited, past.edited.contains(&id), "{message}");
    }
    for client in [&mut bob, &mut admin] {
        for limit in [1, 2, 3, 7, 50, 100] {
            assert_eq!(forwards(client, limit).await, whole, "{limit}");
            assert_eq!(backwards(client, limit).await, whole, "{limit}");
        }
        assert_eq!(by_page_number(client).await, whole);
    }
    let list = bob.request(json!({"action": "list"})).await;
    assert_eq!(list["data"][0]["last_message"], whole[whole.len() - 1]);
    assert_eq!(list["data"][0]["last_seq"], past.last());
}

/// Joins with `since_seq`; returns the replayed events.
async fn replay_since(client: &mut Client, since: usize, last: usize) -> Vec<(i64, Change)> {
    let since = i64::try_from(since).expect("a number");
    let response = client.join_since(1, since).await;
    assert_eq!(response["data"]["resumed"], true, "{response}");
    assert_eq!(response["data"]["last_seq"], last, "{response}");
    let end = client.send_action(json!({"action": "list"})).await;
    let mut missed: Vec<(i64, Change)> = Vec::new();
    loop {
        let frame = client.receive().await;
        if frame["request_id"] == end {
            return missed;
        }
        let (seq, change) = Change::of(&frame).expect("a change");
        let before = missed.last().map_or(since, |(seq, _)| *seq);
        assert!(before < seq, "{since}: {frame}");
        assert!(usize::try_from(seq).is_ok_and(|seq| seq <= last), "{frame}");
        missed.push((seq, change));
    }
}

async fn replay_from_any_seq_restores_room(setup: Setup) {
    let service = setup.start().await;
    let past = random_history(&service, 2).await;
    let mut bob = service.chat(4).await;
    for (since, then) in past.rooms.iter().enumerate() {
        let replayed = replay_since(&mut bob, since, past.last()).await;
        let deletions = replayed
            .iter()
            .filter(|(_, change)| matches!(change, Change::Deleted(_)));
        assert!(deletions.count() <= 1, "{since}: {replayed:?}");
        let mut touched = HashSet::new();
        let mut room = then.clone();
        for (seq, change) in replayed {
            let ids = match &change {
                Change::Created { id, .. } | Change::Edited { id, .. } => vec![*id],
                Change::Deleted(ids) => ids.clone(),
            };
            for id in ids {
                assert!(touched.insert(id), "{since}: {id} is replayed twice");
            }
            room.apply(seq, change);
        }
        assert_eq!(&room, past.now(), "{since}");
    }
}

async fn interrupted_replay_resumed_restores_room(setup: Setup) {
    let service = setup.start().await;
    let past = random_history(&service, 3).await;
    let mut bob = service.chat(4).await;
    for (since, then) in past.rooms.iter().enumerate().step_by(3) {
        let first = replay_since(&mut bob, since, past.last()).await;
        for received in 1..first.len() {
            let mut room = then.clone();
            for (seq, change) in &first[..received] {
                room.apply(*seq, change.clone());
            }
            let highest = usize::try_from(first[received - 1].0).expect("a number");
            for (seq, change) in replay_since(&mut bob, highest, past.last()).await {
                room.apply_again(seq, change);
            }
            assert_eq!(&room, past.now(), "{since}, and then {highest}");
        }
    }
}

on_every_store!(
    every_page_order_shows_same_room,
    replay_from_any_seq_restores_room,
    interrupted_replay_resumed_restores_room,
);
