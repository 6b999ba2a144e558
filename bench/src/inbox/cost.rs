//! What followers cost: with messages, and when nothing happens.

use anyhow::{Context, ensure};
use clap::Args;
use serde_json::{Value, json};

use super::net::{Happening, Net, field};
use crate::{
    report::{Report, float},
    target::Target,
    traffic::Stopwatch,
    usage::{self, CoreTime, Machine, Usage},
    world::World,
};

const SECOND: u64 = 1_000_000_000;

/// Connections opened per second.
const OPEN_RATE: u64 = 500;

const OPEN_TIMEOUT: u64 = 60 * SECOND;

/// If a smaller share of the messages is answered, the figures are not those of the rate.
const MIN_ANSWERED: f64 = 0.95;

const TEXT: &str = "It is a truth universally acknowledged.";

#[derive(Args)]
pub(crate) struct Cost {
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    world: World,
    /// The first process of the database.
    #[arg(long, value_name = "PID")]
    database: u32,
    /// The followers follow. Without it, they are connected and silent.
    #[arg(long)]
    follow: bool,
    /// Messages per second, of all rooms together. In each room an author and a partner have
    /// joined, and a second connection of the partner, at the other process, may follow.
    #[arg(long, value_name = "N", default_value_t = 0)]
    rate: u64,
    /// The partner is at another process than the author.
    #[arg(long)]
    apart: bool,
    /// In place of messages: so many connections that may follow and receive nothing.
    #[arg(long, value_name = "N", conflicts_with = "rate")]
    silent: Option<u64>,
    #[arg(long, value_name = "S", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..3600))]
    seconds: u64,
    /// Seconds to run before measuring.
    #[arg(long, value_name = "S", default_value_t = 3)]
    warmup: u64,
}

struct Client {
    user: u64,
    process: u64,
    /// What it asks for first.
    request: Option<Value>,
}

struct Moment {
    nanos: u64,
    server: Option<Usage>,
    database: Usage,
    machine: Machine,
    tool: CoreTime,
}

/// What was received.
#[derive(Default)]
struct Tally {
    opened: usize,
    created: u64,
    states: u64,
}

impl Cost {
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        let clients: Vec<_> = match self.silent {
            Some(count) => (0..count).map(|number| self.silent(number)).collect(),
            None => (1..=self.world.rooms)
                .flat_map(|room| self.room(room))
                .collect(),
        };
        let stopwatch = Stopwatch::start();
        let mut net = Net::new(stopwatch)?;
        self.open(&mut net, &clients)?;
        let mut written = 0;
        let started = stopwatch.nanos();
        let warm = started + self.warmup * SECOND;
        self.write(&mut net, &mut Tally::default(), &mut written, started, warm)?;
        let before = self.now(stopwatch)?;
        let mut tally = Tally::default();
        let end = before.nanos + self.seconds * SECOND;
        self.write(&mut net, &mut tally, &mut written, started, end)?;
        let after = self.now(stopwatch)?;
        self.report(&before, &after, &tally, clients.len())
    }

    /// Author, partner, and the partner's second connection.
    fn room(&self, room: u64) -> [Client; 3] {
        let processes = self.target.last() + 1;
        let author = room % processes;
        let other = (author + 1) % processes;
        let (partner, second) = if self.apart {
            (other, author)
        } else {
            (author, other)
        };
        let join = json!({"action": "join_room", "room_pk": room, "request_id": 1});
        let of = |member, process, request| Client {
            user: self.world.user(room, member),
            process,
            request,
        };
        [
            of(0, author, Some(join.clone())),
            of(1, partner, Some(join)),
            of(1, second, self.following()),
        ]
    }

    fn silent(&self, number: u64) -> Client {
        let (room, member) = (number % self.world.rooms + 1, number / self.world.rooms);
        Client {
            user: self.world.user(room, member),
            process: self.target.process(room, member),
            request: self.following(),
        }
    }

    fn following(&self) -> Option<Value> {
        let follow = json!({"action": "follow", "rooms": true, "request_id": 1});
        self.follow.then_some(follow)
    }

    fn open(&self, net: &mut Net, clients: &[Client]) -> anyhow::Result<()> {
        let stopwatch = net.stopwatch();
        let addresses = self.target.addresses()?;
        let mut tally = Tally::default();
        for (number, client) in clients.iter().enumerate() {
            let handshake = self.target.handshake(client.process, client.user, false)?;
            let address = addresses.get(usize::try_from(client.process)?);
            let address = address.context("there are fewer processes")?;
            net.connect(number, *address, handshake);
            let until = stopwatch.nanos() + SECOND / OPEN_RATE;
            handle(net, &mut tally, clients, until)?;
        }
        let end = stopwatch.nanos() + OPEN_TIMEOUT;
        while tally.opened < clients.len() {
            ensure!(stopwatch.nanos() < end, "not all could be opened in time");
            handle(net, &mut tally, clients, stopwatch.nanos() + SECOND / 100)?;
        }
        Ok(())
    }

    /// Writes at the rate since `started`, and reads, until `end`.
    fn write(
        &self,
        net: &mut Net,
        tally: &mut Tally,
        written: &mut u64,
        started: u64,
        end: u64,
    ) -> anyhow::Result<()> {
        let create = json!({"action": "create_message", "msg_text": TEXT, "request_id": 2});
        while let Some(after) = (*written * SECOND).checked_div(self.rate)
            && started + after < end
        {
            handle(net, tally, &[], started + after)?;
            let room = *written % self.world.rooms;
            net.send(usize::try_from(room * 3)?, &create);
            *written += 1;
        }
        handle(net, tally, &[], end)
    }

    fn now(&self, stopwatch: Stopwatch) -> anyhow::Result<Moment> {
        Ok(Moment {
            nanos: stopwatch.nanos(),
            server: self.target.usage()?,
            database: usage::of(&[self.database])?,
            machine: Machine::now()?,
            tool: usage::this_thread()?,
        })
    }

    fn report(
        &self,
        before: &Moment,
        after: &Moment,
        tally: &Tally,
        clients: usize,
    ) -> anyhow::Result<()> {
        let seconds = float(after.nanos - before.nanos) / 1e9;
        let mut report = Report::new(format!(
            "cost: {clients} connections, {} messages/s, {}",
            self.rate,
            if self.follow {
                "followers"
            } else {
                "nobody follows"
            },
        ));
        let created = float(tally.created);
        report.add("creates", "acknowledged creates", created, 0);
        report.add("states", "states received", float(tally.states), 0);
        let servers = before
            .server
            .zip(after.server)
            .context("there is no --pid")?;
        let server = servers.1.cpu_seconds - servers.0.cpu_seconds;
        let database = after.database.cpu_seconds - before.database.cpu_seconds;
        for (key, name, cpu) in [
            ("server", "server", server),
            ("database", "database", database),
            ("all", "together", server + database),
        ] {
            let of_create = format!("{name}: CPU per create, µs");
            report.add(
                &format!("{key}_create_cpu_us"),
                &of_create,
                1e6 * cpu / created,
                1,
            );
            let of_second = format!("{name}: CPU per second, ms");
            report.add(
                &format!("{key}_cpu_ms_per_s"),
                &of_second,
                1e3 * cpu / seconds,
                2,
            );
        }
        report.tool(after.tool.since(before.tool, seconds));
        report.machine(after.machine.busy_since(before.machine));
        if created < MIN_ANSWERED * float(self.rate) * seconds - 1.0 {
            report.note("THE RATE WAS NOT REACHED: fewer messages were answered");
        }
        report.print(self.target.json)?;
        Ok(())
    }
}

/// Reads until `until`.
fn handle(net: &mut Net, tally: &mut Tally, clients: &[Client], until: u64) -> anyhow::Result<()> {
    while let Some(happening) = net.next(until)? {
        match happening {
            Happening::Opened(number) => {
                match clients
                    .get(number)
                    .and_then(|client| client.request.as_ref())
                {
                    Some(request) => net.send(number, request),
                    None => tally.opened += 1,
                }
            }
            Happening::Frame(number, frame, _) => {
                let status = field(&frame, "response_status").as_u64();
                ensure!(matches!(status, Some(200 | 201)), "refused: {frame}");
                match field(&frame, "request_id").as_u64() {
                    Some(1) => tally.opened += 1,
                    _ if field(&frame, "action") == "room_changed" => tally.states += 1,
                    // The author's own.
                    _ => tally.created += u64::from(number.is_multiple_of(3)),
                }
            }
            Happening::Ended(number, reason) => anyhow::bail!("connection {number} {reason}"),
        }
    }
    Ok(())
}
