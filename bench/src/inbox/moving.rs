//! Followers, while others join, write, mark and leave all the time: how late they know, and
//! whether they know in the end what `list` says.

mod end;

use std::collections::{BTreeMap, VecDeque};

use anyhow::{Context, bail, ensure};
use clap::Args;
use serde_json::{Value, json};

use super::{
    delays::Journal,
    known::Known,
    net::{Happening, Net, field},
    people::People,
    random::Random,
};
use crate::{
    report::{Report, float},
    target::Target,
    traffic::Stopwatch,
    usage::{self, Machine},
};

const MS: u64 = 1_000_000;

/// How long all connections together may take to open, and requests to be answered.
const TIMEOUT: u64 = 30_000 * MS;

/// How long the last states may take to come.
const SETTLE: u64 = 15_000 * MS;

/// So long after all are equal, they are compared once more: nothing old may come.
const STAY: u64 = 1_500 * MS;

/// How long to wait before the next try to connect again.
const AGAIN: u64 = 100 * MS;

#[derive(Args)]
pub(crate) struct Moving {
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    people: People,
    /// Messages, edits and deletions per second.
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    rate: u64,
    #[arg(long, value_name = "S", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..3600))]
    seconds: u64,
    /// Connects again when a connection ends. Without it, that is an error.
    #[arg(long)]
    reconnect: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Follow,
    List,
    Join(u64),
    Mark,
    Write(u64),
    Delete(u64),
    Leave,
    Compare,
}

struct Client {
    user: u64,
    process: u64,
    /// Whether it joins and writes. Others only follow.
    moves: bool,
    ready: bool,
    joined: Option<u64>,
    /// Requests that have no response, in their order.
    pending: VecDeque<(u64, What)>,
    known: Known,
    /// What was another way in the list, if it was compared.
    differences: Option<Vec<String>>,
}

struct Run<'a> {
    moving: &'a Moving,
    net: Net,
    clients: Vec<Client>,
    /// When clients connect again.
    again: VecDeque<(u64, usize)>,
    last_id: u64,
    random: Random,
    /// The messages of each user in each room that exist.
    own: BTreeMap<(u64, u64), Vec<u64>>,
    journal: Journal,
    answered: u64,
    lost: u64,
    refused: u64,
    first_refusal: Option<Value>,
}

impl Moving {
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        let mut run = Run::new(self)?;
        run.open()?;
        let stopwatch = run.net.stopwatch();
        let (started, machine, tool) = (stopwatch.nanos(), Machine::now()?, usage::this_thread()?);
        for number in 0..self.rate * self.seconds {
            run.pump(started + number * 1_000 * MS / self.rate)?;
            run.write();
        }
        run.pump(started + self.seconds * 1_000 * MS)?;
        let seconds = float(stopwatch.nanos() - started) / 1e9;
        let tool = usage::this_thread()?.since(tool, seconds);
        let busy = Machine::now()?.busy_since(machine);
        run.finish()?;
        let stopped = stopwatch.nanos();
        let mut different = run.settle(stopped + SETTLE)?;
        let settled = float(stopwatch.nanos() - stopped) / 1e6;
        if different.is_empty() {
            run.pump(stopwatch.nanos() + STAY)?;
            run.compare()?;
            different = run.differences();
        }
        let mut report = Report::new(format!(
            "moving: {} connections in {} rooms, {} writes/s, {} s",
            run.clients.len(),
            self.people.rooms,
            self.rate,
            self.seconds
        ));
        let writes = float(run.answered);
        report.add("writes", "writes answered", writes, 0);
        report.add("connections", "connections", float(run.count(|_| true)), 0);
        if !self.reconnect {
            run.report_delays(&mut report)?;
        }
        let unequal = run.count(|client| client.differences != Some(Vec::new()));
        report.add(
            "unequal",
            "inboxes that differ from the list",
            float(unequal),
            0,
        );
        report.add("settled_ms", "until all were equal, ms", settled, 0);
        report.add("refused", "requests refused", float(run.refused), 0);
        report.add("ended", "connections that ended", float(run.lost), 0);
        report.tool(tool);
        report.machine(busy);
        if let Some(refusal) = &run.first_refusal {
            report.note(&format!("first refusal: {refusal}"));
        }
        for difference in different.iter().take(5) {
            report.note(difference);
        }
        report.print(self.target.json)?;
        Ok(())
    }
}

impl<'a> Run<'a> {
    fn new(moving: &'a Moving) -> anyhow::Result<Self> {
        let processes = moving.target.last() + 1;
        let client = |number: u64| {
            let (user, moves) = (number / 2 + 1, number.is_multiple_of(2));
            // Both connections of a user are at the same process, or not.
            let process = if moves { user } else { user / 2 };
            Client {
                user,
                process: process % processes,
                moves,
                ready: false,
                joined: None,
                pending: VecDeque::new(),
                known: Known::default(),
                differences: None,
            }
        };
        Ok(Self {
            moving,
            net: Net::new(Stopwatch::start())?,
            clients: (0..2 * moving.people.brands).map(client).collect(),
            again: VecDeque::new(),
            last_id: 0,
            random: Random::default(),
            own: BTreeMap::new(),
            journal: Journal::default(),
            answered: 0,
            lost: 0,
            refused: 0,
            first_refusal: None,
        })
    }

    fn count(&self, is: impl Fn(&Client) -> bool) -> u64 {
        let count = self.clients.iter().filter(|client| is(client)).count();
        u64::try_from(count).unwrap_or(u64::MAX)
    }

    fn open(&mut self) -> anyhow::Result<()> {
        for number in 0..self.clients.len() {
            self.connect(number)?;
            self.pump(self.net.stopwatch().nanos() + 2 * MS)?;
        }
        self.wait_until("all are connected", |run| {
            run.clients.iter().all(|client| client.ready)
        })
    }

    fn connect(&mut self, number: usize) -> anyhow::Result<()> {
        let Some(client) = self.clients.get(number) else {
            return Ok(());
        };
        let target = &self.moving.target;
        let handshake = target.handshake(client.process, client.user, false)?;
        let addresses = target.addresses()?;
        let address = addresses.get(usize::try_from(client.process)?);
        let address = address.context("there are fewer processes")?;
        self.net.connect(number, *address, handshake);
        Ok(())
    }

    fn request(&mut self, number: usize, what: What, mut request: Value) {
        self.last_id += 1;
        if let Some(request) = request.as_object_mut() {
            request.insert("request_id".to_owned(), json!(self.last_id));
        }
        if let Some(client) = self.clients.get_mut(number) {
            client.pending.push_back((self.last_id, what));
            self.net.send(number, &request);
        }
    }

    fn wait_until(&mut self, what: &str, is: impl Fn(&Self) -> bool) -> anyhow::Result<()> {
        let stopwatch = self.net.stopwatch();
        let end = stopwatch.nanos() + TIMEOUT;
        while !is(self) {
            ensure!(stopwatch.nanos() < end, "not in time: {what}");
            self.pump(stopwatch.nanos() + MS)?;
        }
        Ok(())
    }

    /// Reads and connects again until `until`; at least once.
    fn pump(&mut self, until: u64) -> anyhow::Result<()> {
        loop {
            let now = self.net.stopwatch().nanos();
            while let Some((_, number)) = self.again.pop_front_if(|(due, _)| *due <= now) {
                self.connect(number)?;
            }
            let next = self.again.front().map_or(until, |(due, _)| until.min(*due));
            match self.net.next(next)? {
                Some(Happening::Opened(number)) => {
                    let follow = json!({"action": "follow", "rooms": true});
                    self.request(number, What::Follow, follow);
                }
                Some(Happening::Frame(number, frame, at)) => self.frame(number, frame, at),
                Some(Happening::Ended(number, reason)) => self.ended(number, &reason)?,
                None if next == until => return Ok(()),
                None => {}
            }
        }
    }

    fn ended(&mut self, number: usize, reason: &str) -> anyhow::Result<()> {
        if !self.moving.reconnect {
            bail!("connection {number} {reason}");
        }
        let now = self.net.stopwatch().nanos();
        self.again.push_back((now + AGAIN, number));
        if let Some(client) = self.clients.get_mut(number) {
            self.lost += u64::from(client.ready);
            client.ready = false;
            client.joined = None;
            client.pending.clear();
        }
        Ok(())
    }

    fn frame(&mut self, number: usize, frame: Value, at: u64) {
        let Some(client) = self.clients.get_mut(number) else {
            return;
        };
        let id = field(&frame, "request_id").as_u64();
        let first = client.pending.front().map(|(id, _)| *id);
        if id.is_some() && id == first {
            if let Some((_, what)) = client.pending.pop_front() {
                self.response(number, what, &frame, at);
            }
        } else {
            let data = field(&frame, "data");
            if field(&frame, "action") == "room_changed"
                && let (Some(room), Some(seq)) = (
                    field(data, "room_pk").as_u64(),
                    field(data, "last_seq").as_u64(),
                )
                && !client.moves
            {
                self.journal.state(number, room, seq, at);
            }
            client.known.apply(frame);
        }
    }

    fn response(&mut self, number: usize, what: What, response: &Value, at: u64) {
        let Some(client) = self.clients.get_mut(number) else {
            return;
        };
        if !matches!(field(response, "response_status").as_u64(), Some(200 | 201)) {
            self.refused += 1;
            self.first_refusal.get_or_insert_with(|| response.clone());
            return;
        }
        let data = field(response, "data");
        match what {
            What::Follow => {
                client.known.listing();
                self.request(number, What::List, json!({"action": "list"}));
            }
            What::List => {
                client.known.listed(data);
                client.ready = true;
            }
            What::Join(room) => client.joined = Some(room),
            What::Leave => client.joined = None,
            What::Mark => {}
            What::Write(room) | What::Delete(room) => {
                if let Some(seq) = field(data, "seq").as_u64() {
                    self.journal.answered(room, seq, client.process, at);
                    self.answered += 1;
                }
                if let Some(id) = field(data, "id").as_u64() {
                    self.own.entry((client.user, room)).or_default().push(id);
                }
            }
            What::Compare => client.differences = Some(client.known.differences(data)),
        }
    }

    /// Somebody who is not busy joins a room and writes.
    fn write(&mut self) {
        for _ in 0..20 {
            let room = 1 + self.random.below(self.moving.people.rooms);
            let [one, other] = self.moving.people.users(room);
            let user = if self.random.below(2) == 0 {
                one
            } else {
                other
            };
            let number = usize::try_from(2 * (user - 1)).unwrap_or_default();
            let free = |client: &&Client| client.ready && client.pending.is_empty();
            if let Some(client) = self.clients.get(number).filter(free) {
                let (joined, last_seq) = (client.joined, client.known.last_seq(room));
                return self.write_in(number, room, user, joined, last_seq);
            }
        }
    }

    fn write_in(
        &mut self,
        number: usize,
        room: u64,
        user: u64,
        joined: Option<u64>,
        last_seq: u64,
    ) {
        if joined != Some(room) {
            let join = json!({"action": "join_room", "room_pk": room});
            self.request(number, What::Join(room), join);
        }
        if self.random.below(3) == 0 {
            let seq = last_seq.saturating_sub(self.random.below(3));
            let private = self.random.below(2) == 0;
            let mark = json!({"action": "mark_read", "seq": seq, "private": private});
            self.request(number, What::Mark, mark);
        }
        let action = self.random.below(10);
        let own = self.own.entry((user, room)).or_default();
        match (action, own.last().copied()) {
            (0, Some(id)) => {
                let edit =
                    json!({"action": "edit_message", "msg_id": id, "edited_msg_text": "edited"});
                self.request(number, What::Write(room), edit);
            }
            (1, Some(id)) => {
                own.pop();
                let delete = json!({"action": "delete_messages", "msg_id_list": [id]});
                self.request(number, What::Delete(room), delete);
            }
            _ => {
                let text = "It is a truth universally acknowledged.";
                let create = json!({"action": "create_message", "msg_text": text});
                self.request(number, What::Write(room), create);
            }
        }
        if self.random.below(2) == 0 {
            self.request(number, What::Leave, json!({"action": "leave_room"}));
        }
    }
}
