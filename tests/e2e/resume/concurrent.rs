use aftermatch_test_support::{Client, Service, Setup, create, delete, edit, on_every_store, read};
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{rejoin, replayed};
use crate::replica::{Change, Replica};

/// Creates, edits and deletes until it is `over`. Waits for each response.
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
        let response = client.request_amid_events(action).await;
        assert_eq!(response["errors"], json!([]), "{response}");
        own.extend(response["data"]["id"].as_i64());
    }
}

/// The room as a client knows it, and the number of the last event it received.
#[derive(Default)]
struct Reader {
    replica: Replica,
    last: i64,
}

impl Reader {
    /// Applies an event that is delivered as it happens: the next one.
    fn event(&mut self, frame: &Value) {
        assert_eq!(frame.get("replay"), None, "{frame}");
        let (seq, change) = Change::of(frame).expect("a change");
        assert_eq!(seq, self.last + 1, "{frame}");
        self.replica.apply(seq, change);
        self.last = seq;
    }

    /// Applies a replayed event, which is not after `last`.
    fn replayed(&mut self, frame: &Value, last: i64) {
        let (seq, change) = replayed(frame);
        assert!(self.last < seq && seq <= last, "{last}: {frame}");
        self.replica.apply_again(seq, change);
        self.last = seq;
    }

    /// Joins; returns the `last_seq` of the response. Events received before the response,
    /// on a connection that is in the room already, are replayed after it.
    async fn join(&mut self, client: &mut Client) -> i64 {
        let join = json!({"action": "join_room", "room_pk": 1, "since_seq": self.last});
        let id = client.send_action(join).await;
        let mut meanwhile = Self {
            replica: self.replica.clone(),
            ..*self
        };
        loop {
            let frame = client.receive().await;
            if frame["request_id"] != id {
                meanwhile.event(&frame);
                continue;
            }
            assert_eq!(frame["data"]["resumed"], true, "{frame}");
            let last = frame["data"]["last_seq"].as_i64().expect("a number");
            assert!(last >= meanwhile.last, "{frame}");
            return last;
        }
    }

    /// Applies the replayed events, and one event that follows.
    async fn catch_up(&mut self, client: &mut Client, last: i64) {
        loop {
            let frame = client.receive().await;
            if frame.get("replay").is_none() {
                self.last = last;
                return self.event(&frame);
            }
            self.replayed(&frame, last);
        }
    }

    async fn leave(&mut self, client: &mut Client) {
        let id = client.send_action(json!({"action": "leave_room"})).await;
        loop {
            let frame = client.receive().await;
            if frame["request_id"] == id {
                return;
            }
            self.event(&frame);
        }
    }
}

/// Joins, rejoins, leaves and reconnects while others write.
async fn rejoin_many_times(service: &Service) -> Reader {
    let mut reader = Reader::default();
    let mut client = service.chat(4).await;
    for round in 0..40 {
        let last = reader.join(&mut client).await;
        if round % 4 == 3 {
            // Reconnects after the first frame of any kind.
            let frame = client.receive().await;
            if frame.get("replay").is_some() {
                reader.replayed(&frame, last);
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

async fn replay_and_events_during_writes_restore_room(setup: Setup) {
    let service = setup.start().await;
    let over = AtomicBool::new(false);
    let mut admin = service.admin_chat(9).await;
    admin.join(1).await;
    let ann = service.joined(3, 1).await;
    let writing = async {
        tokio::join!(write_on(ann, &over), write_on(admin, &over));
    };
    let reading = async {
        let readers = join_all((0..5).map(|_| rejoin_many_times(&service))).await;
        over.store(true, Ordering::Relaxed);
        readers
    };
    let ((), readers) = tokio::join!(writing, reading);

    let room = whole_room(&service).await;
    for mut reader in readers {
        let (response, replayed) = rejoin(&mut service.chat(4).await, reader.last).await;
        let last = response["data"]["last_seq"].as_i64().expect("a number");
        replayed
            .iter()
            .for_each(|frame| reader.replayed(frame, last));
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

on_every_store!(replay_and_events_during_writes_restore_room);
