//! Many connections that say nothing, and then two that talk among them.

use clap::Args;

use crate::{
    connection::Seat,
    driver::Driver,
    report::{Report, float},
    target::Target,
    traffic::{Clock, Traffic},
    usage::{self, Usage},
    world::World,
};

/// Lone messages in a second: each has long arrived when the next is sent.
const LONE_RATE: u64 = 200;

/// Bytes of text in a lone message.
const TEXT_BYTES: usize = 512;

/// How long the last lone message is waited for.
const LAST: u64 = 1_000_000_000;

#[derive(Args)]
pub(crate) struct Idle {
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    world: World,
    /// Connections to open, spread over the rooms and their brands.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..100_000))]
    connections: u32,
    /// How many to open in a second.
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..))]
    rate: u32,
    /// When all are open, sends so many messages to the first room, 200 in a
    /// second.
    #[arg(long, value_name = "N", num_args = 0..=1, default_value_t = 0, default_missing_value = "2000")]
    lone: u64,
}

impl Idle {
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        let clock = Clock::start();
        let mut driver = Driver::new(Traffic::new(clock, TEXT_BYTES))?;
        let mut report = Report::new(format!(
            "idle: {} connections in {} room(s), opened at {}/s",
            self.connections, self.world.rooms, self.rate
        ));
        let seats: Vec<_> = (0..u64::from(self.connections))
            .map(|number| self.seat(number))
            .collect();
        let before = self.target.usage()?;
        let begun = clock.nanos();
        driver.open(&self.target, &seats, f64::from(self.rate))?;
        let opened = float(clock.nanos() - begun) / 1e9;
        let after = self.target.usage()?;
        self.opened(&mut report, &driver.traffic, opened, before.zip(after));
        if self.lone > 0 {
            self.lone(&mut report, &mut driver)?;
        }
        report.trouble(&driver.traffic.tally);
        report.print(self.target.json)?;
        Ok(())
    }

    fn seat(&self, number: u64) -> Seat {
        let rooms = self.world.rooms;
        let (room, member) = (number % rooms + 1, number / rooms);
        Seat {
            number,
            room,
            user: self.world.user(room, member),
            author: number == 0,
            stalled: false,
        }
    }

    fn opened(
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

    /// The first connection writes now and then, to the others in its room.
    fn lone(&self, report: &mut Report, driver: &mut Driver) -> anyhow::Result<()> {
        let clock = driver.traffic.clock;
        let (begun, before) = (clock.nanos(), usage::this_thread()?);
        for number in 0..self.lone {
            driver.run(begun + number * 1_000_000_000 / LONE_RATE)?;
            driver.write(1);
        }
        let last = clock.nanos() + LAST;
        while driver.traffic.tally.acknowledged < self.lone && clock.nanos() < last {
            driver.run(clock.nanos() + LAST / 100)?;
        }
        let busy = usage::this_thread()?.since(before, float(clock.nanos() - begun) / 1e9);
        let tally = &driver.traffic.tally;
        report.add(
            "lone",
            "lone messages answered",
            float(tally.acknowledged),
            0,
        );
        report.times("own", "lone message to own answer", &tally.own);
        report.times("others", "lone message to others' receipt", &tally.others);
        report.tool(busy);
        Ok(())
    }
}
