//! Whatever fails while many write, mark, join and leave at two processes: in the end all who
//! follow know what `list` says.

use std::collections::BTreeMap;

use aftermatch_test_support::{Client, Platform, Program, Random, create, delete, edit, fresh};
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::{
    lost_notification::end_listening,
    world::{ROOMS, prepare},
};

/// Each has two connections, at different processes.
const USERS: i64 = 6;

/// How many times all do something.
const ROUNDS: u64 = 24;

/// After so many rounds no process listens, again and again.
const LISTENING_ENDS: u64 = 5;

/// Before these rounds a process is killed.
const KILLS: [u64; 2] = [8, 16];

type Rooms = BTreeMap<i64, Value>;

const KEYS: [&str; 4] = ["last_seq", "unread", "read_seq", "last_message"];

fn rooms(list: &Value) -> Rooms {
    let rooms = list["data"].as_array().expect("a list").iter();
    let rooms = rooms.map(|room| (room["pk"].as_i64().expect("a pk"), state(room)));
    rooms.collect()
}

fn state(of: &Value) -> Value {
    KEYS.map(|key| of[key].clone()).into_iter().collect()
}

/// A connection that follows, and what it knows.
struct Device {
    user: i64,
    process: usize,
    client: Client,
    known: Rooms,
    joined: bool,
    own: Vec<(i64, i64)>,
    random: Random,
}

impl Device {
    async fn connect(program: &Program, process: usize, user: i64) -> Self {
        let mut client = program.chat(user).await;
        let follow = json!({"action": "follow", "rooms": true});
        client.request(follow).await;
        let mut device = Self {
            user,
            process,
            client,
            known: Rooms::new(),
            joined: false,
            own: Vec::new(),
            random: Random::new(),
        };
        // The list may be older than the frames that come before it.
        let (list, early) = device.ask(json!({"action": "list"})).await;
        device.known = rooms(&list);
        early.iter().for_each(|frame| device.apply(frame));
        device
    }

    /// The response, and the frames before it.
    async fn ask(&mut self, request: Value) -> (Value, Vec<Value>) {
        let id = self.client.send_action(request).await;
        let mut frames = Vec::new();
        loop {
            let frame = self.client.receive().await;
            // In the frames of events are the requests of others.
            if frame["request_id"] == id {
                return (frame, frames);
            }
            frames.push(frame);
        }
    }

    async fn request(&mut self, request: Value) -> Value {
        let (response, frames) = self.ask(request).await;
        frames.iter().for_each(|frame| self.apply(frame));
        let status = response["response_status"].as_i64();
        assert!(matches!(status, Some(200 | 201)), "{response}");
        response
    }

    fn apply(&mut self, frame: &Value) {
        if frame["action"] == "room_changed" {
            let room = frame["data"]["room_pk"].as_i64().expect("a pk");
            self.known.insert(room, state(&frame["data"]));
        }
    }

    /// Joins a room, writes and marks there, and leaves it or stays.
    async fn act(&mut self) {
        let room = 1 + i64::try_from(self.random.below(6)).expect("a room") % ROOMS;
        let join = json!({"action": "join_room", "room_pk": room});
        let joined = self.request(join).await;
        self.joined = true;
        let own = self.own.iter().position(|(of, _)| *of == room);
        let request = match (self.random.below(5), own) {
            (0, Some(own)) => edit(self.own[own].1, "edited"),
            (1, Some(own)) => delete(&[self.own.swap_remove(own).1]),
            _ => create("hello"),
        };
        let response = self.request(request).await;
        let id = response["data"]["id"].as_i64();
        self.own.extend(id.map(|id| (room, id)));
        if self.random.once_in(2) {
            let seq = joined["data"]["last_seq"].as_u64().expect("a number");
            let seq = seq.saturating_sub(self.random.below(3));
            let private = self.random.once_in(2);
            let mark = json!({"action": "mark_read", "seq": seq, "private": private});
            self.request(mark).await;
        }
        if self.random.once_in(2) {
            self.leave().await;
        }
    }

    async fn leave(&mut self) {
        if self.joined {
            self.request(json!({"action": "leave_room"})).await;
            self.joined = false;
        }
    }

    /// Waits until it knows what the list says, and nothing else after that.
    async fn settle(&mut self, listed: &Rooms) {
        while self.known != *listed {
            let frame = self.client.receive().await;
            self.apply(&frame);
        }
        let list = self.request(json!({"action": "list"})).await;
        assert_eq!(rooms(&list), *listed, "nobody writes any more");
        assert_eq!(self.known, *listed, "what came last is not older");
    }
}

async fn all_act<'a>(devices: impl Iterator<Item = &'a mut Device>) {
    join_all(devices.map(Device::act)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn inboxes_equal_list_in_the_end() {
    let database = fresh().await;
    prepare(database.url()).await;
    let platform = Platform::connect(database.url()).await;
    let mut programs = [
        Program::serving(database.url()).await,
        Program::serving(database.url()).await,
    ];
    // The first connection of each user writes, the second one only follows.
    let (mut movers, mut followers) = (Vec::new(), Vec::new());
    for (user, first) in (1..=USERS).zip([0, 1].into_iter().cycle()) {
        movers.push(Device::connect(&programs[first], first, user).await);
        followers.push(Device::connect(&programs[1 - first], 1 - first, user).await);
    }
    for round in 1..=ROUNDS {
        if round % LISTENING_ENDS == 0 {
            end_listening(&platform).await;
        }
        if !KILLS.contains(&round) {
            all_act(movers.iter_mut()).await;
            continue;
        }
        let killed = usize::from(round == KILLS[0]);
        let other = Program::serving(database.url()).await;
        let program = std::mem::replace(&mut programs[killed], other);
        let staying = movers.iter_mut().filter(|mover| mover.process != killed);
        tokio::join!(program.kill(), all_act(staying));
        for device in movers.iter_mut().chain(&mut followers) {
            if device.process == killed {
                *device = Device::connect(&programs[killed], killed, device.user).await;
            }
        }
    }
    for mover in &mut movers {
        mover.leave().await;
    }
    for device in movers.iter_mut().chain(&mut followers) {
        let mut fresh = programs[device.process].chat(device.user).await;
        let listed = rooms(&fresh.request(json!({"action": "list"})).await);
        device.settle(&listed).await;
    }
}
