//! Authors who write the next message as soon as they get a response.

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
    driver::Driver,
    envelope::CONNECTIONS,
    member::Member,
    report::{Report, float},
    target::Target,
    traffic::{Stopwatch, Tally, Traffic},
    usage::{self, CoreTime, Usage},
    world::World,
};

/// Connections opened per second: few enough for the accept queue of any server,
/// which is not measured here.
const OPEN_RATE: f64 = 2_000.0;

#[derive(Args)]
pub(crate) struct Chat {
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    world: World,
    /// Connections joined in each room, spread over its brands.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    members: u64,
    /// How many of these write.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    authors: u64,
    /// How many others join and then stop reading. Frames sent to them are not
    /// counted.
    #[arg(long, value_name = "N", default_value_t = 0)]
    stalled: u64,
    /// Those who do not write offer compression. The times of their messages are not
    /// measured.
    #[arg(long)]
    compressed: bool,
    /// Messages that each author has in flight at any time.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    window: u64,
    /// Bytes of text in each message.
    #[arg(long, value_name = "N", default_value_t = 512)]
    text_bytes: usize,
    /// Seconds to measure.
    #[arg(long, value_name = "S", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..3600))]
    seconds: u64,
    /// Seconds to run before measuring.
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
            "fewer than {CONNECTIONS} connections can be distinguished"
        );
        ensure!(
            self.authors.saturating_add(self.stalled) <= self.members,
            "{} members are not enough for {} author(s) and {} stalled",
            self.members,
            self.authors,
            self.stalled
        );
        let stopwatch = Stopwatch::start();
        let start = StartBarrier::new(usize::try_from(self.threads)? + 1);
        let (usages, outcomes) = thread::scope(|scope| {
            let threads: Vec<_> = (0..self.threads)
                .map(|thread| {
                    let start = &start;
                    scope.spawn(move || self.work(thread, stopwatch, start))
                })
                .collect();
            let usages = self.measure_server(&start);
            let outcomes: Vec<_> = threads.into_iter().map(|thread| thread.join()).collect();
            (usages, outcomes)
        });
        let mut tally = Tally::new()?;
        let mut busiest = CoreTime::default();
        for outcome in outcomes {
            let outcome = outcome.ok().context("a thread of the tool panicked")??;
            let Some((of_thread, core_time)) = outcome else {
                continue;
            };
            tally.merge(of_thread)?;
            if core_time.total() > busiest.total() {
                busiest = core_time;
            }
        }
        self.report(&tally, busiest, usages?)
            .print(self.target.json)?;
        Ok(())
    }

    /// One thread: opens its share of the connections, then writes and reads.
    /// Returns `None` if another thread could not open its share.
    fn work(
        &self,
        thread: u64,
        stopwatch: Stopwatch,
        start: &StartBarrier,
    ) -> anyhow::Result<Option<(Tally, CoreTime)>> {
        let opened = self.open(thread, stopwatch);
        let go = start.wait(opened.is_ok());
        let mut driver = opened?;
        if !go {
            return Ok(None);
        }
        driver.traffic.keep_writing = true;
        driver.write(self.window);
        let begin = stopwatch.nanos() + seconds(self.warmup);
        driver.run(begin)?;
        driver.traffic.tally.restart();
        let (began, before) = (stopwatch.nanos(), usage::this_thread()?);
        driver.run(began + seconds(self.seconds))?;
        let (ended, after) = (stopwatch.nanos(), usage::this_thread()?);
        let core_time = after.since(before, float(ended - began) / 1e9);
        Ok(Some((driver.traffic.tally, core_time)))
    }

    fn open(&self, thread: u64, stopwatch: Stopwatch) -> anyhow::Result<Driver> {
        let mut driver = Driver::new(Traffic::new(stopwatch, self.text_bytes)?)?;
        driver.open(&self.target, &self.members(thread), OPEN_RATE)?;
        Ok(driver)
    }

    /// The connections of one thread.
    fn members(&self, thread: u64) -> Vec<Member> {
        (0..self.world.rooms * self.members)
            .filter(|number| number % self.threads == thread)
            .map(|number| {
                let (room, member) = (number / self.members + 1, number % self.members);
                Member {
                    number,
                    process: self.target.process(room, member),
                    room,
                    user: self.world.user(room, member),
                    author: member < self.authors,
                    compressed: self.compressed && member >= self.authors,
                    stalled: member >= self.members - self.stalled,
                }
            })
            .collect()
    }

    /// What the server had used before and after the measured seconds.
    fn measure_server(&self, start: &StartBarrier) -> anyhow::Result<Option<(Usage, Usage)>> {
        if !start.wait(true) {
            return Ok(None);
        }
        thread::sleep(Duration::from_secs(self.warmup));
        let before = self.target.usage()?;
        thread::sleep(Duration::from_secs(self.seconds));
        Ok(before.zip(self.target.usage()?))
    }

    fn report(&self, tally: &Tally, core_time: CoreTime, usages: Option<(Usage, Usage)>) -> Report {
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
        report.times("own", "send to own response", &tally.own);
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
        report.problems(tally);
        report.tool(core_time);
        report
    }
}

/// Lets all threads start at once, when all have opened their connections.
struct StartBarrier {
    barrier: Barrier,
    failed: AtomicBool,
}

impl StartBarrier {
    fn new(threads: usize) -> Self {
        Self {
            barrier: Barrier::new(threads),
            failed: AtomicBool::new(false),
        }
    }

    /// Waits for all threads. Returns whether all were ready.
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
