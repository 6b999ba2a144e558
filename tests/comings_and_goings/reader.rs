//! Whoever reads, is thrown off and comes back.

use std::{collections::VecDeque, net::SocketAddr, ops::AddAssign, time::Duration};

use serde_json::{Value, json};
use tokio::{sync::watch, time::sleep};

use crate::{
    dice::Dice,
    room::{Room, number},
    socket::Socket,
};

/// As many frames are told at most to somebody who comes back.
const MAX_REPLAY: u64 = 500;

/// A reader, at whatever time.
pub struct Reader {
    address: SocketAddr,
    user: i64,
    dice: Dice,
    tally: Tally,
    /// The room, as far as it is known.
    known: Option<Known>,
    /// The room as it was known once.
    remembered: Option<Known>,
}

/// A room as it was after its change `seq`.
#[derive(Clone, Default)]
struct Known {
    room: Room,
    seq: i64,
}

/// What happened to readers.
#[derive(Debug, Default)]
pub struct Tally {
    /// Joins, by how it went on: everything was told that was missed, …
    resumed: u64,
    /// … that was too much, …
    too_much: u64,
    /// … or nobody asked for it.
    read: u64,
    /// Thrown off while it was told what it had missed.
    cut_short: u64,
    /// Changes heard when they happened.
    live: u64,
}

impl Tally {
    pub fn has_seen_everything(&self) -> bool {
        [
            self.resumed,
            self.too_much,
            self.read,
            self.cut_short,
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
        self.cut_short += other.cut_short;
        self.live += other.live;
    }
}

impl Reader {
    pub fn new(address: SocketAddr, user: i64) -> Self {
        let mut dice = Dice::new();
        // An empty room is a room of which something is known.
        let known = dice.once_in(2).then(Known::default);
        Self {
            address,
            user,
            dice,
            tally: Tally::default(),
            remembered: known.clone(),
            known,
        }
    }

    /// Comes and goes until the number of the room's last change is told and
    /// everything is known up to there.
    pub async fn live(mut self, mut end: watch::Receiver<Option<i64>>) -> (Room, Tally) {
        loop {
            if let Some(room) = self.come(&mut end).await {
                return (room, self.tally);
            }
            sleep(Duration::from_millis(self.dice.below(500))).await;
            match self.dice.below(16) {
                0 => self.known = None,
                // As if it had been away since then.
                1..3 => self.known = self.remembered.clone(),
                3..5 => self.remembered = self.known.clone(),
                _ => {}
            }
        }
    }

    /// A visit, from which it is thrown off after some frames.
    async fn come(&mut self, end: &mut watch::Receiver<Option<i64>>) -> Option<Room> {
        let socket = Socket::open(self.address, self.user).await?;
        // Soon, in the middle of what it is told, or later.
        let soon = self.known.is_some() && self.dice.once_in(2);
        let frames = self.dice.below(if soon { 40 } else { 400 });
        let mut visit = Visit {
            socket,
            frames_left: frames,
            end: end.clone(),
            replayed_until: None,
            early: VecDeque::new(),
            requests: 0,
        };
        self.join(&mut visit).await?;
        loop {
            let last = *end.borrow_and_update();
            if let Some(known) = self.known.take_if(|known| Some(known.seq) == last) {
                return Some(known.room);
            }
            tokio::select! {
                frame = visit.hear() => self.listen(&mut visit, &frame?),
                told = end.changed() => told.expect("the end is told"),
            }
        }
    }

    async fn join(&mut self, visit: &mut Visit) -> Option<()> {
        let since = self.known.as_ref().map(|known| known.seq);
        let join = json!({"action": "join_room", "room_pk": 1, "since_seq": since});
        let answer = visit.ask(join).await?;
        let last = number(&answer["data"]["last_seq"]);
        match answer["data"].get("resumed").map(|resumed| resumed == true) {
            Some(true) => {
                self.tally.resumed += 1;
                let told = self.be_told(visit, last).await;
                if visit.replayed_until.is_some() {
                    self.tally.cut_short += 1;
                }
                return told;
            }
            Some(false) => self.tally.too_much += 1,
            None => self.tally.read += 1,
        }
        assert_eq!(since.is_some(), answer["data"]["resumed"].is_boolean());
        self.read(visit, last).await
    }

    /// Is told what was missed up to the change `last`. Only what comes next, or
    /// the answer to another request, shows that this is all.
    async fn be_told(&mut self, visit: &mut Visit, last: i64) -> Option<()> {
        visit.replayed_until = Some(last);
        let asked = json!({"action": "current_room_info"});
        let id = visit.request(asked).await?;
        let mut told = 0;
        loop {
            let frame = visit.hear().await?;
            if frame["request_id"] == id {
                self.all_was_told(visit);
                return Some(());
            }
            told += u64::from(frame["replay"] == true);
            assert!(told <= MAX_REPLAY, "too much");
            self.listen(visit, &frame);
        }
    }

    fn all_was_told(&mut self, visit: &mut Visit) {
        if let (Some(known), Some(last)) = (&mut self.known, visit.replayed_until.take()) {
            known.seq = last;
        }
    }

    /// Reads the room anew, in one direction or the other. What is newer than the
    /// change `last` is heard.
    async fn read(&mut self, visit: &mut Visit, last: i64) -> Option<()> {
        self.known = None;
        let (from, next, mut seq) = if self.dice.once_in(2) {
            ("after_seq", "next_after_seq", json!(0))
        } else {
            ("before_seq", "next_before_seq", json!(last + 1))
        };
        let mut room = Room::default();
        while !seq.is_null() {
            let page = json!({"action": "get_room_messages", from: seq, "limit": 100});
            let page = visit.ask(page).await?;
            room.add(&page["data"]["results"], last);
            seq = page["data"][next].clone();
        }
        self.known = Some(Known { room, seq: last });
        while let Some(frame) = visit.early.pop_front() {
            self.listen(visit, &frame);
        }
        Some(())
    }

    /// Hears a change: the next one, or one of those that were missed.
    fn listen(&mut self, visit: &mut Visit, frame: &Value) {
        let seq = number(&frame["data"]["seq"]);
        let replay = frame["replay"] == true;
        if !replay {
            self.all_was_told(visit);
            self.tally.live += 1;
        }
        let known = self.known.as_mut().expect("a room");
        if replay {
            let until = visit.replayed_until.expect("nothing new came before");
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
        known.room.change(frame);
    }
}

/// A connection and what is under way on it.
struct Visit {
    socket: Socket,
    /// It is thrown off after so many, unless the end has come.
    frames_left: u64,
    end: watch::Receiver<Option<i64>>,
    /// While it may still be told what it had missed: up to where.
    replayed_until: Option<i64>,
    /// Heard and not listened to so far.
    early: VecDeque<Value>,
    requests: u64,
}

impl Visit {
    /// The next frame, unless it is thrown off.
    async fn hear(&mut self) -> Option<Value> {
        if self.frames_left == 0 && self.end.borrow().is_none() {
            return None;
        }
        let frame = self.socket.next().await?;
        self.frames_left = self.frames_left.saturating_sub(1);
        Some(frame)
    }

    async fn request(&mut self, mut request: Value) -> Option<Value> {
        self.requests += 1;
        let id = json!(format!("reader, {}", self.requests));
        request["request_id"] = id.clone();
        self.socket.send(&request).await?;
        Some(id)
    }

    /// Asks for something and waits for the answer. What is heard before is
    /// listened to later.
    async fn ask(&mut self, request: Value) -> Option<Value> {
        let id = self.request(request).await?;
        loop {
            let frame = self.hear().await?;
            if frame["request_id"] == id {
                assert_eq!(frame["response_status"], 200, "{frame}");
                return Some(frame);
            }
            self.early.push_back(frame);
        }
    }
}
