use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{comes_back, replayed};
use crate::harness::{
    Change, Client, Replica, Service, Setup, create, delete, edit, on_every_store, read,
};

/// Creates, edits and deletes until it is `over`, and waits for each answer.
async fn write_on(mut client: Client, over: &AtomicBool) {
    let mut own = Vec::new();
    for nth in 0.. {
        if over.load(Ordering::Relaxed) {
            return;
        }
        let action = match (nth % 5, own.first()) {
            (3, Some(&id)) => edit(id, &format!("edit {nth}")),
            (4, Some(&id)) if nth % 2 == 0 => {
                own.remove(0);
                delete(&[id])
            }
            _ => create(&format!("text {nth}")),
        };
        let answer = client.ask_amid(action).await;
        assert_eq!(answer["errors"], json!([]), "{answer}");
        own.extend(answer["data"]["id"].as_i64());
    }
}

/// What somebody has put together, and the highest number heard.
#[derive(Default)]
struct Reader {
    replica: Replica,
    heard: i64,
}

impl Reader {
    /// Takes a change that is told as it happens: the very next one.
    fn live(&mut self, frame: &Value) {
        assert_eq!(frame.get("replay"), None, "{frame}");
        let (seq, change) = Change::of(frame).expect("a change");
        assert_eq!(seq, self.heard + 1, "{frame}");
        self.replica.take(seq, change);
        self.heard = seq;
    }

    /// Takes a change that was missed, up to `last`.
    fn missed(&mut self, frame: &Value, last: i64) {
        let (seq, change) = replayed(frame);
        assert!(self.heard < seq && seq <= last, "{last}: {frame}");
        self.replica.take_again(seq, change);
        self.heard = seq;
    }

    /// Joins; returns the room's last number by the answer. What the seat that it
    /// may have hears before that is told once more.
    async fn join(&mut self, client: &mut Client) -> i64 {
        let join = json!({"action": "join_room", "room_pk": 1, "since_seq": self.heard});
        let id = client.request(join).await;
        let mut meanwhile = Self {
            replica: self.replica.clone(),
            ..*self
        };
        loop {
            let frame = client.hear().await;
            if frame["request_id"] != id {
                meanwhile.live(&frame);
                continue;
            }
            assert_eq!(frame["data"]["resumed"], true, "{frame}");
            let last = frame["data"]["last_seq"].as_i64().expect("a number");
            assert!(last >= meanwhile.heard, "{frame}");
            return last;
        }
    }

    /// Takes what was missed, and one change that follows.
    async fn catch_up(&mut self, client: &mut Client, last: i64) {
        loop {
            let frame = client.hear().await;
            if frame.get("replay").is_none() {
                self.heard = last;
                return self.live(&frame);
            }
            self.missed(&frame, last);
        }
    }

    async fn leave(&mut self, client: &mut Client) {
        let id = client.request(json!({"action": "leave_room"})).await;
        loop {
            let frame = client.hear().await;
            if frame["request_id"] == id {
                return;
            }
            self.live(&frame);
        }
    }
}

/// Comes and goes in every way there is, with others writing all the time.
async fn come_and_go(service: &Service) -> Reader {
    let mut reader = Reader::default();
    let mut client = service.chat(4).await;
    for round in 0..40 {
        let last = reader.join(&mut client).await;
        if round % 4 == 3 {
            // Breaks off after the first frame, whatever that is.
            let frame = client.hear().await;
            if frame.get("replay").is_some() {
                reader.missed(&frame, last);
            }
        } else {
            reader.catch_up(&mut client, last).await;
        }
        match round % 4 {
            0 => {}
            1 => reader.leave(&mut client).await,
            _ => client = service.chat(4).await,
        }
    }
    reader
}

async fn what_was_missed_and_what_follows_make_the_room_whoever_writes(setup: Setup) {
    let service = setup.start().await;
    let over = AtomicBool::new(false);
    let mut boss = service.admin_chat(9).await;
    boss.join(1).await;
    let ann = service.joined(3, 1).await;
    let writing = async {
        tokio::join!(write_on(ann, &over), write_on(boss, &over));
    };
    let reading = async {
        let readers = join_all((0..5).map(|_| come_and_go(&service))).await;
        over.store(true, Ordering::Relaxed);
        readers
    };
    let ((), readers) = tokio::join!(writing, reading);

    let room = whole_room(&service).await;
    for mut reader in readers {
        let (answer, told) = comes_back(&mut service.chat(4).await, reader.heard).await;
        let last = answer["data"]["last_seq"].as_i64().expect("a number");
        told.iter().for_each(|frame| reader.missed(frame, last));
        assert_eq!(reader.replica, room);
    }
}

async fn whole_room(service: &Service) -> Replica {
    let mut room = Replica::default();
    let mut client = service.joined(4, 1).await;
    let mut next = json!(0);
    while next != Value::Null {
        let page = read(&mut client, json!({"after_seq": next, "limit": 100})).await;
        room.read(&page["results"]);
        next = page["next_after_seq"].clone();
    }
    room
}

on_every_store!(what_was_missed_and_what_follows_make_the_room_whoever_writes);
