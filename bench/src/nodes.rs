//! Authors who write at a fixed rate, and hearers at other processes of the server.

use std::{
    fmt::Write,
    fs,
    net::{SocketAddr, TcpStream},
    ops::Range,
    path::PathBuf,
    time::Duration,
};

use anyhow::{Context, ensure};
use clap::Args;

use crate::{
    driver::Driver,
    envelope::CONNECTIONS,
    journal::{Delays, Journal, MISSING_AFTER},
    member::Member,
    pace::Pace,
    report::{Report, float},
    target::Target,
    times::times,
    traffic::{Stopwatch, Traffic},
    usage::{self, CoreTime, Machine, Usage},
    world::World,
};

/// Bytes of text in a message.
const TEXT_BYTES: usize = 512;

/// Connections opened per second: each join reads the database, which the server must
/// not wait for too long.
const OPEN_RATE: f64 = 500.0;

/// How long the late process may take to start, and its hearers to join, in
/// nanoseconds.
const LATE_TIMEOUT: u64 = 30_000_000_000;

/// How often to look whether something has happened, in nanoseconds.
const STEP: u64 = 1_000_000;

/// If a smaller share of the messages is answered in time, the figures are not those
/// of the rate.
const MIN_ANSWERED: f64 = 0.95;

#[derive(Args)]
pub(crate) struct Nodes {
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    world: World,
    /// Connections joined in each room. The first one writes, the others receive it at
    /// other processes if there are several `--url`.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    members: u64,
    /// Messages per second, of all rooms together. With 0, all stay silent.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(..=100_000))]
    rate: u64,
    /// Messages that are written at the same moment, by as many authors.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    together: u64,
    /// Seconds to measure.
    #[arg(long, value_name = "S", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..3600))]
    seconds: u64,
    /// Seconds to run before measuring.
    #[arg(long, value_name = "S", default_value_t = 2, value_parser = clap::value_parser!(u64).range(0..3600))]
    warmup: u64,
    /// The first process of the database. The report has its CPU time too, with that
    /// of its descendants.
    #[arg(long, value_name = "PID")]
    database: Option<u32>,
    /// The NATS server between the processes. The report has its CPU time too.
    #[arg(long, value_name = "PID")]
    nats: Option<u32>,
    /// The process of the last `--url` starts while the authors write. As soon as it
    /// accepts connections, its hearers join, and then the measured seconds begin.
    #[arg(long)]
    late: bool,
    /// Also writes every delay to this file, one a line, in µs.
    #[arg(long, value_name = "FILE")]
    delays: Option<PathBuf>,
}

/// What there was at one moment.
struct Moment {
    nanos: u64,
    server: Option<Usage>,
    database: Option<Usage>,
    nats: Option<Usage>,
    machine: Machine,
    tool: CoreTime,
}

impl Nodes {
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        ensure!(
            self.world.rooms.saturating_mul(self.members) < CONNECTIONS,
            "fewer than {CONNECTIONS} connections can be distinguished"
        );
        let stopwatch = Stopwatch::start();
        let mut traffic = Traffic::new(stopwatch, TEXT_BYTES)?;
        traffic.journal = Some(Journal::default());
        let mut driver = Driver::new(traffic)?;
        let is_late = |member: &Member| self.late && member.process == self.target.last();
        let (late, early): (Vec<_>, Vec<_>) = self.members().partition(is_late);
        ensure!(
            late.iter().all(|member| !member.author),
            "an author would be at the late process: use fewer --rooms"
        );
        driver.open(&self.target, &early, OPEN_RATE)?;
        let authors = early.iter().enumerate();
        let authors = authors.filter(|(_, member)| member.author);
        let authors = authors.map(|(at, _)| at).collect();
        let mut pace = Pace::new(authors, self.together, self.rate, stopwatch.nanos());
        pace.run(&mut driver, stopwatch.nanos() + seconds(self.warmup))?;
        // A late hearer may have joined before others: its first events count.
        let joining = stopwatch.nanos();
        if self.late {
            self.open_late(&mut driver, &mut pace, &late)?;
        }
        driver.traffic.tally.restart();
        let before = self.now(stopwatch)?;
        pace.run(&mut driver, before.nanos + seconds(self.seconds))?;
        let after = self.now(stopwatch)?;
        let acknowledged = driver.traffic.tally.acknowledged;
        let from = if self.late { joining } else { before.nanos };
        let delays = wait_for_all(&mut driver, &(from..after.nanos))?;
        if let Some(path) = &self.delays {
            let written = fs::write(path, lines(&delays));
            written.with_context(|| format!("cannot write {}", path.display()))?;
        }
        let mut report = self.report(&before, &after, acknowledged);
        report_delays(&mut report, &delays)?;
        let others = &driver.traffic.tally.others;
        report.times("others", "send to others' receipt", others);
        report.problems(&driver.traffic.tally);
        report.print(self.target.json)?;
        Ok(())
    }

    fn members(&self) -> impl Iterator<Item = Member> {
        (0..self.world.rooms * self.members).map(|number| {
            let (room, member) = (number / self.members + 1, number % self.members);
            Member {
                number,
                process: self.target.process(room, member),
                room,
                user: self.world.user(room, member),
                author: member == 0,
                compressed: false,
                stalled: false,
            }
        })
    }

    /// Waits for the late process and lets its hearers join, while the authors write.
    fn open_late(
        &self,
        driver: &mut Driver,
        pace: &mut Pace,
        late: &[Member],
    ) -> anyhow::Result<()> {
        let stopwatch = driver.traffic.stopwatch;
        let end = stopwatch.nanos() + LATE_TIMEOUT;
        let addresses = self.target.addresses()?;
        let address = addresses.last().context("there is no --url")?;
        while !accepts(address) {
            ensure!(stopwatch.nanos() < end, "the late process did not start");
            pace.run(driver, stopwatch.nanos() + STEP)?;
        }
        let joined = driver.traffic.opening.len();
        for member in late {
            driver.connect(&self.target, &addresses, *member)?;
        }
        while driver.traffic.opening.len() - joined < u64::try_from(late.len())? {
            ensure!(stopwatch.nanos() < end, "the late hearers could not join");
            pace.run(driver, stopwatch.nanos() + STEP)?;
            driver.check()?;
        }
        Ok(())
    }

    fn now(&self, stopwatch: Stopwatch) -> anyhow::Result<Moment> {
        let usage = |pid: Option<u32>| pid.map(|pid| usage::of(&[pid])).transpose();
        Ok(Moment {
            nanos: stopwatch.nanos(),
            server: self.target.usage()?,
            database: usage(self.database)?,
            nats: usage(self.nats)?,
            machine: Machine::now()?,
            tool: usage::this_thread()?,
        })
    }

    fn report(&self, before: &Moment, after: &Moment, acknowledged: u64) -> Report {
        let mut report = Report::new(format!(
            "nodes: {} x {} (rooms x members), {} messages/s in all, {} s",
            self.world.rooms, self.members, self.rate, self.seconds
        ));
        let seconds = float(after.nanos - before.nanos) / 1e9;
        let messages = float(acknowledged);
        let per_s = messages / seconds;
        report.add("creates_per_s", "acknowledged creates/s", per_s, 0);
        let cpu = |before: Option<Usage>, after: Option<Usage>| {
            let (before, after) = before.zip(after)?;
            Some(after.cpu_seconds - before.cpu_seconds)
        };
        for (key, name, cpu) in [
            ("server", "server", cpu(before.server, after.server)),
            ("database", "database", cpu(before.database, after.database)),
            ("nats", "NATS", cpu(before.nats, after.nats)),
        ] {
            let Some(cpu) = cpu else { continue };
            report.add(
                &format!("{key}_create_cpu_us"),
                &format!("{name}: CPU per create, µs"),
                1e6 * cpu / messages,
                1,
            );
            report.add(
                &format!("{key}_cpu_ms_per_s"),
                &format!("{name}: CPU per second, ms"),
                1e3 * cpu / seconds,
                2,
            );
        }
        report.tool(after.tool.since(before.tool, seconds));
        report.machine(after.machine.busy_since(before.machine));
        // Once more or less may fit into the time.
        let expected = MIN_ANSWERED * float(self.rate) * seconds - float(self.together);
        if messages < expected {
            report.note("THE RATE WAS NOT REACHED: fewer messages were answered");
        }
        report
    }
}

/// Waits until all hearers have received the events whose authors got their response
/// in `answered`, or until those that are missing count as missing.
fn wait_for_all(driver: &mut Driver, answered: &Range<u64>) -> anyhow::Result<Delays> {
    let stopwatch = driver.traffic.stopwatch;
    loop {
        let journal = driver.traffic.journal.as_ref();
        let delays = journal.context("there is no journal")?.delays(answered);
        let now = stopwatch.nanos();
        if delays.missing == 0 || now > answered.end + MISSING_AFTER {
            return Ok(delays);
        }
        driver.run(now + 100 * STEP)?;
    }
}

fn report_delays(report: &mut Report, delays: &Delays) -> anyhow::Result<()> {
    let mut all = times()?;
    for nanos in &delays.nanos {
        all.saturating_record(*nanos);
    }
    let heard = all.len();
    report.add("heard", "events at hearers", float(heard), 0);
    report.times("delay", "author's response to hearer's receipt", &all);
    report.add(
        "missing",
        "events that a hearer did not receive within 5 s",
        float(delays.missing),
        0,
    );
    Ok(())
}

fn lines(delays: &Delays) -> String {
    delays.nanos.iter().fold(String::new(), |mut out, nanos| {
        let _ = writeln!(out, "{:.0}", float(*nanos) / 1e3);
        out
    })
}

fn accepts(address: &SocketAddr) -> bool {
    TcpStream::connect_timeout(address, Duration::from_nanos(STEP)).is_ok()
}

/// In nanoseconds.
fn seconds(seconds: u64) -> u64 {
    seconds * 1_000_000_000
}
