//! Clients that read, disconnect and reconnect.

use std::{collections::VecDeque, net::SocketAddr, ops::AddAssign, time::Duration};

use aftermatch_test_support::{Client, Random, token_for};
use serde_json::{Value, json};
use tokio::{sync::watch, time::sleep};

use crate::room::{Room, number};

/// The longest replay.
const MAX_REPLAY: u64 = 500;

/// A reader, connected or not.
pub struct Reader {
    address: SocketAddr,
    user: i64,
    random: Random,
    tally: Tally,
    /// The room as far as it is known.
    known: Option<Known>,
    /// The room as it was known earlier.
    remembered: Option<Known>,
}

/// A room after its event `seq`.
#[derive(Clone, Default)]
struct Known {
    room: Room,
    seq: i64,
}

/// How often each case happened to the readers.
#[derive(Debug, Default)]
pub struct Tally {
    /// Joins after which everything missed was replayed.
    resumed: u64,
    /// Joins after which too much was missed for a replay.
    too_much: u64,
    /// Joins without `since_seq`, after which the room was read.
    read: u64,
    /// Disconnects during a replay.
    interrupted: u64,
    /// Events received as they happened.
    live: u64,
}

impl Tally {
    pub fn has_seen_everything(&self) -> bool {
        [
            self.resumed,
            self.too_much,
            self.read,
            self.interrupted,
            self.live,
        ]
        .iter()
        .all(|&times| times > 0)
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.resumed += other.resumed;
        self.too_much += other.too_much;
        self.read += other.read;
        self.interrupted += other.interrupted;
        self.live += other.live;
    }
}

impl Reader {
    pub fn new(address: SocketAddr, user: i64) -> Self {
        let mut random = Random::new();
        // Half of the readers start with the knowledge of an empty room, half with none.
        let known = random.once_in(2).then(Known::default);
        Self {
            address,
            user,
            random,
            tally: Tally::default(),
            remembered: known.clone(),
            known,
        }
    }

    /// Connects and disconnects until the number of the last event is announced and the
    /// reader knows the room up to there.
    pub async fn run(mut self, mut end: watch::Receiver<Option<i64>>) -> (Room, Tally) {
        loop {
            if let Some(room) = self.visit(&mut end).await {
                return (room, self.tally);
            }
            // Readers return at different times. Nothing depends on how long this takes.
            sleep(Duration::from_millis(self.random.below(500))).await;
            match self.random.below(16) {
                0 => self.known = None,
                // As after a longer time away.
                1..3 => self.known = self.remembered.clone(),
                3..5 => self.remembered = self.known.clone(),
                _ => {}
            }
        }
    }

    /// Connects, and disconnects after some frames. Returns the room at the end.
    async fn visit(&mut self, end: &mut watch::Receiver<Option<i64>>) -> Option<Room> {
        let socket = Client::try_connect(self.address, "/ws/chat/", &token_for(self.user)).await?;
        // Soon, which may be during the replay, or later.
        let soon = self.known.is_some() && self.random.once_in(2);
        let frames = self.random.below(if soon { 40 } else { 400 });
        let mut visit = Visit {
            socket,
            frames_left: frames,
            end: end.clone(),
            replayed_until: None,
            pending: VecDeque::new(),
            requests: 0,
        };
        self.join(&mut visit).await?;
        loop {
            let last = *end.borrow_and_update();
            if let Some(known) = self.known.take_if(|known| Some(known.seq) == last) {
                return Some(known.room);
            }
            tokio::select! {
                frame = visit.receive() => self.apply(&mut visit, &frame?),
                announced = end.changed() => announced.expect("the end is announced"),
            }
        }
    }

    async fn join(&mut self, visit: &mut Visit) -> Option<()> {
        let since = self.known.as_ref().map(|known| known.seq);
        let join = json!({"action": "join_room", "room_pk": 1, "since_seq": since});
        let response = visit.request(join).await?;
        let last = number(&response["data"]["last_seq"]);
        match response["data"]
            .get("resumed")
            .map(|resumed| resumed == true)
        {
            Some(true) => {
                self.tally.resumed += 1;
                let replayed = self.replay(visit, last).await;
                if visit.replayed_until.is_some() {
                    self.tally.interrupted += 1;
                }
                return replayed;
            }
            Some(false) => self.tally.too_much += 1,
            None => self.tally.read += 1,
        }
        assert_eq!(since.is_some(), response["data"]["resumed"].is_boolean());
        self.read(visit, last).await
    }

    /// Receives the replay up to the event `last`. Only the next event, or the response to
    /// another request, shows that the replay has ended.
    async fn replay(&mut self, visit: &mut Visit, last: i64) -> Option<()> {
        visit.replayed_until = Some(last);
        let info = json!({"action": "current_room_info"});
        let id = visit.send_action(info).await?;
        let mut replayed = 0;
        loop {
            let frame = visit.receive().await?;
            if frame["request_id"] == id {
                self.end_replay(visit);
                return Some(());
            }
            replayed += u64::from(frame["replay"] == true);
            assert!(replayed <= MAX_REPLAY, "too much");
            self.apply(visit, &frame);
        }
    }

    fn end_replay(&mut self, visit: &mut Visit) {
        if let (Some(known), Some(last)) = (&mut self.known, visit.replayed_until.take()) {
            known.seq = last;
        }
    }

    /// Reads the room from the start, in one direction or the other. Everything after the
    /// event `last` comes as an event.
    async fn read(&mut self, visit: &mut Visit, last: i64) -> Option<()> {
        self.known = None;
        let (from, next, mut seq) = if self.random.once_in(2) {
            ("after_seq", "next_after_seq", json!(0))
        } else {
            ("before_seq", "next_before_seq", json!(last + 1))
        };
        let mut room = Room::default();
        while !seq.is_null() {
            let page = json!({"action": "get_room_messages", from: seq, "limit": 100});
            let page = visit.request(page).await?;
            room.add(&page["data"]["results"], last);
            seq = page["data"][next].clone();
        }
        self.known = Some(Known { room, seq: last });
        while let Some(frame) = visit.pending.pop_front() {
            self.apply(visit, &frame);
        }
        Some(())
    }

    /// Applies an event: the next one, or a replayed one.
    fn apply(&mut self, visit: &mut Visit, frame: &Value) {
        let seq = number(&frame["data"]["seq"]);
        let replay = frame["replay"] == true;
        if !replay {
            self.end_replay(visit);
            self.tally.live += 1;
        }
        let known = self.known.as_mut().expect("a room");
        if replay {
            let until = visit.replayed_until.expect("no event came before");
            assert!(
                known.seq < seq && seq <= until,
                "after {}: {frame}",
                known.seq
            );
            assert_eq!(frame["request_id"], Value::Null, "{frame}");
        } else {
            assert_eq!(seq, known.seq + 1, "{frame}");
        }
        known.seq = seq;
        known.room.apply(frame);
    }
}

/// A connection, and what is open on it.
struct Visit {
    socket: Client,
    /// The reader disconnects after this many frames, except at the end of the storm.
    frames_left: u64,
    end: watch::Receiver<Option<i64>>,
    /// During a replay: its last number.
    replayed_until: Option<i64>,
    /// Events received but not applied yet.
    pending: VecDeque<Value>,
    requests: u64,
}

impl Visit {
    /// The next frame, unless it is time to disconnect.
    async fn receive(&mut self) -> Option<Value> {
        if self.frames_left == 0 && self.end.borrow().is_none() {
            return None;
        }
        let frame = self.socket.try_receive().await?;
        self.frames_left = self.frames_left.saturating_sub(1);
        Some(frame)
    }

    async fn send_action(&mut self, mut request: Value) -> Option<Value> {
        self.requests += 1;
        let id = json!(format!("reader, {}", self.requests));
        request["request_id"] = id.clone();
        self.socket.try_send(&request).await?;
        Some(id)
    }

    /// Sends a request and waits for the response. Events before it are applied later.
    async fn request(&mut self, request: Value) -> Option<Value> {
        let id = self.send_action(request).await?;
        loop {
            let frame = self.receive().await?;
            if frame["request_id"] == id {
                assert_eq!(frame["response_status"], 200, "{frame}");
                return Some(frame);
            }
            self.pending.push_back(frame);
        }
    }
}
