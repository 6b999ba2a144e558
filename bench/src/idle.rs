//! Many silent connections, and then messages in one room among them.

use clap::Args;

use crate::{
    driver::Driver,
    member::Member,
    report::{Report, float},
    target::Target,
    traffic::{Stopwatch, Traffic},
    usage::{self, Usage},
    world::World,
};

/// Lone messages per second: each has arrived long before the next is sent.
const LONE_RATE: u64 = 200;

/// Bytes of text in a lone message.
const TEXT_BYTES: usize = 512;

/// How long to wait for the last lone message, in nanoseconds.
const LAST_TIMEOUT: u64 = 1_000_000_000;

#[derive(Args)]
pub(crate) struct Idle {
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    world: World,
    /// Connections to open, spread over the rooms and their brands.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..100_000))]
    connections: u32,
    /// How many to open per second.
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..))]
    rate: u32,
    /// When all are open, sends this many messages to the first room, 200 per
    /// second.
    #[arg(long, value_name = "N", num_args = 0..=1, default_value_t = 0, default_missing_value = "2000")]
    lone: u64,
}

impl Idle {
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        let stopwatch = Stopwatch::start();
        let mut driver = Driver::new(Traffic::new(stopwatch, TEXT_BYTES)?)?;
        let mut report = Report::new(format!(
            "idle: {} connections in {} room(s), opened at {}/s",
            self.connections, self.world.rooms, self.rate
        ));
        let members: Vec<_> = (0..u64::from(self.connections))
            .map(|number| self.member(number))
            .collect();
        let before = self.target.usage()?;
        let started = stopwatch.nanos();
        driver.open(&self.target, &members, f64::from(self.rate))?;
        let opened = float(stopwatch.nanos() - started) / 1e9;
        let after = self.target.usage()?;
        self.report_opening(&mut report, &driver.traffic, opened, before.zip(after));
        if self.lone > 0 {
            self.send_lone(&mut report, &mut driver)?;
        }
        report.problems(&driver.traffic.tally);
        report.print(self.target.json)?;
        Ok(())
    }

    fn member(&self, number: u64) -> Member {
        let rooms = self.world.rooms;
        let (room, member) = (number % rooms + 1, number / rooms);
        Member {
            number,
            process: self.target.process(room, member),
            room,
            user: self.world.user(room, member),
            author: number == 0,
            compressed: false,
            stalled: false,
        }
    }

    fn report_opening(
        &self,
        report: &mut Report,
        traffic: &Traffic,
        seconds: f64,
        usages: Option<(Usage, Usage)>,
    ) {
        let connections = f64::from(self.connections);
        report.add("open_s", "time to open all, s", seconds, 2);
        report.add("opened_per_s", "opened/s", connections / seconds, 0);
        report.times("open", "connect to joined", &traffic.opening);
        if let Some((before, after)) = usages {
            let cpu = (after.cpu_seconds - before.cpu_seconds) / connections;
            report.add(
                "open_cpu_us",
                "server: CPU per connection (handshake, token, join), µs",
                1e6 * cpu,
                1,
            );
            let kib = (after.resident_kib - before.resident_kib) / connections;
            report.add(
                "connection_kib",
                "server: resident per connection, KiB",
                kib,
                2,
            );
            report.add(
                "resident_mib",
                "server: resident, MiB",
                after.resident_kib / 1024.0,
                1,
            );
        }
    }

    /// The first connection writes single messages to the others in its room.
    fn send_lone(&self, report: &mut Report, driver: &mut Driver) -> anyhow::Result<()> {
        let stopwatch = driver.traffic.stopwatch;
        let (started, before) = (stopwatch.nanos(), usage::this_thread()?);
        for number in 0..self.lone {
            driver.run(started + number * 1_000_000_000 / LONE_RATE)?;
            driver.write(1);
        }
        let last = stopwatch.nanos() + LAST_TIMEOUT;
        while driver.traffic.tally.acknowledged < self.lone && stopwatch.nanos() < last {
            driver.run(stopwatch.nanos() + LAST_TIMEOUT / 100)?;
        }
        let seconds = float(stopwatch.nanos() - started) / 1e9;
        let core_time = usage::this_thread()?.since(before, seconds);
        let tally = &driver.traffic.tally;
        report.add(
            "lone",
            "lone messages acknowledged",
            float(tally.acknowledged),
            0,
        );
        report.times("own", "lone message to own response", &tally.own);
        report.times("others", "lone message to others' receipt", &tally.others);
        report.tool(core_time);
        Ok(())
    }
}
