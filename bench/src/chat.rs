//! Authors who write as fast as they are answered.

use std::{
    sync::{
        Barrier,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use anyhow::{Context, ensure};
use clap::Args;

use crate::{
    connection::Seat,
    driver::Driver,
    envelope::CONNECTIONS,
    report::{Report, float},
    target::Target,
    traffic::{Clock, Tally, Traffic},
    usage::{self, Busy, Usage},
    world::World,
};

/// Connections opened in a second: below what a server's queue for new ones
/// holds, as this is not what is measured here.
const RATE: f64 = 2_000.0;

#[derive(Args)]
pub(crate) struct Chat {
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    world: World,
    /// Connections joined in each room, spread over its brands.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    members: u64,
    /// How many of them write.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    authors: u64,
    /// How many others join and then never read again, however often they are
    /// told; what they should have read counts nowhere.
    #[arg(long, value_name = "N", default_value_t = 0)]
    stalled: u64,
    /// Messages that each author has in flight at any time.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    window: u64,
    /// Bytes of text in each.
    #[arg(long, value_name = "N", default_value_t = 512)]
    text_bytes: usize,
    /// Seconds that are measured.
    #[arg(long, value_name = "S", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..3600))]
    seconds: u64,
    /// Seconds before that.
    #[arg(long, value_name = "S", default_value_t = 2, value_parser = clap::value_parser!(u64).range(0..3600))]
    warmup: u64,
    /// Threads of this tool.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=64))]
    threads: u64,
}

impl Chat {
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        ensure!(
            self.world.rooms.saturating_mul(self.members) < CONNECTIONS,
            "fewer than {CONNECTIONS} connections can be told apart"
        );
        ensure!(
            self.authors.saturating_add(self.stalled) <= self.members,
            "{} members are not enough for {} author(s) and {} that stall",
            self.members,
            self.authors,
            self.stalled
        );
        let clock = Clock::start();
        let start = Start::of(usize::try_from(self.threads)? + 1);
        let (usages, outcomes) = thread::scope(|scope| {
            let threads: Vec<_> = (0..self.threads)
                .map(|thread| {
                    let start = &start;
                    scope.spawn(move || self.work(thread, clock, start))
                })
                .collect();
            let usages = self.watch(&start);
            let outcomes: Vec<_> = threads.into_iter().map(|thread| thread.join()).collect();
            (usages, outcomes)
        });
        let mut tally = Tally::default();
        let mut busiest = Busy::default();
        for outcome in outcomes {
            let (more, busy) = outcome.ok().context("a thread of the tool failed")??;
            tally.merge(more);
            if busy.running + busy.waiting > busiest.running + busiest.waiting {
                busiest = busy;
            }
        }
        self.report(&tally, busiest, usages?)
            .print(self.target.json)?;
        Ok(())
    }

    /// One thread: opens its share of the connections, then chats.
    fn work(&self, thread: u64, clock: Clock, start: &Start) -> anyhow::Result<(Tally, Busy)> {
        let opened = self.open(thread, clock);
        let go = start.wait(opened.is_ok());
        let mut driver = opened?;
        if !go {
            return Ok(Default::default());
        }
        driver.traffic.again = true;
        driver.write(self.window);
        let begin = clock.nanos() + seconds(self.warmup);
        driver.run(begin)?;
        driver.traffic.tally.restart();
        let (began, before) = (clock.nanos(), usage::this_thread()?);
        driver.run(began + seconds(self.seconds))?;
        let (ended, after) = (clock.nanos(), usage::this_thread()?);
        let busy = after.since(before, float(ended - began) / 1e9);
        Ok((driver.traffic.tally, busy))
    }

    fn open(&self, thread: u64, clock: Clock) -> anyhow::Result<Driver> {
        let mut driver = Driver::new(Traffic::new(clock, self.text_bytes))?;
        driver.open(&self.target, &self.seats(thread), RATE)?;
        Ok(driver)
    }

    /// The connections of one thread.
    fn seats(&self, thread: u64) -> Vec<Seat> {
        (0..self.world.rooms * self.members)
            .filter(|number| number % self.threads == thread)
            .map(|number| {
                let (room, member) = (number / self.members + 1, number % self.members);
                Seat {
                    number,
                    room,
                    user: self.world.user(room, member),
                    author: member < self.authors,
                    stalled: member >= self.members - self.stalled,
                }
            })
            .collect()
    }

    /// What the server has used before and after the seconds that are measured.
    fn watch(&self, start: &Start) -> anyhow::Result<Option<(Usage, Usage)>> {
        if !start.wait(true) {
            return Ok(None);
        }
        thread::sleep(Duration::from_secs(self.warmup));
        let before = self.target.usage()?;
        thread::sleep(Duration::from_secs(self.seconds));
        Ok(before.zip(self.target.usage()?))
    }

    fn report(&self, tally: &Tally, busy: Busy, usages: Option<(Usage, Usage)>) -> Report {
        let mut report = Report::new(format!(
            "chat: {} x {} (rooms x members), {} author(s) and {} stalled each, window {}, {} bytes of text, {} s",
            self.world.rooms,
            self.members,
            self.authors,
            self.stalled,
            self.window,
            self.text_bytes,
            self.seconds
        ));
        let seconds = float(self.seconds);
        let (created, delivered) = (float(tally.acknowledged), float(tally.delivered));
        report.add(
            "creates_per_s",
            "acknowledged creates/s",
            created / seconds,
            0,
        );
        report.add("frames_per_s", "delivered frames/s", delivered / seconds, 0);
        report.add(
            "frame_bytes",
            "bytes of a frame",
            float(tally.bytes) / delivered,
            0,
        );
        report.times("own", "send to own answer", &tally.own);
        report.times("others", "send to others' receipt", &tally.others);
        if let Some((before, after)) = usages {
            let cpu = after.cpu_seconds - before.cpu_seconds;
            report.add("server_cores", "server: cores used", cpu / seconds, 2);
            report.add(
                "create_cpu_us",
                "server: CPU per create, µs",
                1e6 * cpu / created,
                1,
            );
            report.add(
                "frame_cpu_us",
                "server: CPU per delivered frame, µs",
                1e6 * cpu / delivered,
                2,
            );
            report.add(
                "frames_per_cpu_s",
                "delivered frames per server CPU second",
                delivered / cpu,
                0,
            );
            report.add(
                "resident_mib",
                "server: resident at the end, MiB",
                after.resident_kib / 1024.0,
                1,
            );
        }
        report.trouble(tally);
        report.tool(busy);
        report
    }
}

/// Where the threads wait for each other until all have opened their
/// connections.
struct Start {
    barrier: Barrier,
    failed: AtomicBool,
}

impl Start {
    fn of(threads: usize) -> Self {
        Self {
            barrier: Barrier::new(threads),
            failed: AtomicBool::new(false),
        }
    }

    /// Waits for all threads; whether all were ready.
    fn wait(&self, ready: bool) -> bool {
        self.failed.fetch_or(!ready, Ordering::AcqRel);
        self.barrier.wait();
        !self.failed.load(Ordering::Acquire)
    }
}

/// In nanoseconds.
fn seconds(seconds: u64) -> u64 {
    seconds * 1_000_000_000
}
