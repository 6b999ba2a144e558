//! Clients that behave well, and how long they wait while others attack.

use std::process::{Child, Command, Stdio};

use anyhow::{Context, ensure};
use clap::Args;

use crate::{
    driver::Driver,
    member::Member,
    pace::Pace,
    report::{Report, float},
    server_work::ServerWork,
    target::Target,
    traffic::{Stopwatch, Tally, Traffic},
    usage::{self, CoreTime, Usage},
    world::World,
};

/// Messages per second of each author: as many as a user may write in a room.
const RATE: u64 = 20;

/// Bytes of text in a message.
const TEXT_BYTES: usize = 512;

/// Connections opened per second.
const OPEN_RATE: f64 = 500.0;

/// The members of a room: one writes, the other receives.
const MEMBERS: u64 = 2;

/// Messages that are written in each room before the attack begins. They are not
/// measured.
const FIRST: u64 = 2;

/// How long the attack goes on before the measured messages, in nanoseconds.
const LEAD: u64 = 300_000_000;

/// How long to wait for the last message. One that has not come by then counts as
/// having taken this long. In nanoseconds.
const LAST_TIMEOUT: u64 = 5_000_000_000;

/// How often to look whether the last message has come, in nanoseconds.
const STEP: u64 = 10_000_000;

#[derive(Args)]
pub(crate) struct Neighbour {
    #[command(flatten)]
    target: Target,
    /// In each room, one of two members writes 20 messages per second. They take turns.
    #[command(flatten)]
    world: World,
    /// Seconds to measure.
    #[arg(long, value_name = "S", default_value_t = 2, value_parser = clap::value_parser!(u64).range(1..3600))]
    seconds: u64,
    /// A command that attacks. It starts when all have joined, and has to end when its
    /// standard input does.
    #[arg(last = true)]
    attack: Vec<String>,
}

impl Neighbour {
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        let stopwatch = Stopwatch::start();
        let mut traffic = Traffic::new(stopwatch, TEXT_BYTES)?;
        traffic.server_work = self.target.first_pid().map(ServerWork::of).transpose()?;
        let mut driver = Driver::new(traffic)?;
        let members: Vec<_> = self.members().collect();
        driver.open(&self.target, &members, OPEN_RATE)?;
        let first = self.write(&mut driver, FIRST * self.world.rooms)?;
        wait_for_all(&mut driver, first)?;
        driver.check()?;
        driver.traffic.tally.restart();
        if let Some(work) = &mut driver.traffic.server_work {
            work.restart();
        }

        let attack = self.start_attack()?;
        driver.run(stopwatch.nanos() + LEAD)?;
        let (began, before) = (stopwatch.nanos(), self.now()?);
        let written = self.write(&mut driver, RATE * self.world.rooms * self.seconds)?;
        let seconds = float(stopwatch.nanos() - began) / 1e9;
        let after = self.now()?;
        wait_for_all(&mut driver, written)?;
        if let Some(attack) = attack {
            end(attack)?;
        }

        let tally = &mut driver.traffic.tally;
        let missing = record_missing(tally, written);
        let mut report = Report::new(format!(
            "neighbour: {} room(s), {RATE} messages/s each, {} s",
            self.world.rooms, self.seconds
        ));
        report.times("own", "send to own response", &tally.own);
        report.times("others", "send to the other's receipt", &tally.others);
        if let Some(work) = &driver.traffic.server_work {
            report.times("own_cpu", "server CPU until own response", &work.own);
            report.times(
                "others_cpu",
                "server CPU until the other's receipt",
                &work.others,
            );
        }
        report.add(
            "missing",
            "not received within 5 s, and counted as 5 s",
            float(missing),
            0,
        );
        if let (Some(before), Some(after)) = (before.0, after.0) {
            let cpu = after.cpu_seconds - before.cpu_seconds;
            report.add("server_cores", "server: cores used", cpu / seconds, 2);
        }
        report.problems(tally);
        report.tool(after.1.since(before.1, seconds));
        report.print(self.target.json)?;
        Ok(())
    }

    fn members(&self) -> impl Iterator<Item = Member> {
        (0..self.world.rooms * MEMBERS).map(|number| {
            let (room, member) = (number / MEMBERS + 1, number % MEMBERS);
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

    /// The authors write so many messages in all, evenly. Returns that number.
    fn write(&self, driver: &mut Driver, messages: u64) -> anyhow::Result<u64> {
        let rate = RATE * self.world.rooms;
        let authors = self.members().enumerate();
        let authors = authors.filter(|(_, member)| member.author);
        let authors = authors.map(|(at, _)| at).collect();
        let started = driver.traffic.stopwatch.nanos();
        let mut pace = Pace::new(authors, 1, rate, started);
        pace.run(driver, started + messages * 1_000_000_000 / rate)?;
        Ok(pace.written)
    }

    fn start_attack(&self) -> anyhow::Result<Option<Child>> {
        let Some((program, arguments)) = self.attack.split_first() else {
            return Ok(None);
        };
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::piped());
        let started = command.stdout(Stdio::null()).spawn();
        Ok(Some(
            started.with_context(|| format!("cannot start {program}"))?,
        ))
    }

    fn now(&self) -> anyhow::Result<(Option<Usage>, CoreTime)> {
        Ok((self.target.usage()?, usage::this_thread()?))
    }
}

/// Waits until authors and others have received all `written` messages, or until what is
/// missing counts as missing.
fn wait_for_all(driver: &mut Driver, written: u64) -> anyhow::Result<()> {
    let stopwatch = driver.traffic.stopwatch;
    let end = stopwatch.nanos() + LAST_TIMEOUT;
    while driver.traffic.tally.delivered < MEMBERS * written && stopwatch.nanos() < end {
        driver.run(stopwatch.nanos() + STEP)?;
    }
    Ok(())
}

/// Records what has not come as late as it can be, and returns how much that is.
fn record_missing(tally: &mut Tally, written: u64) -> u64 {
    let mut missing = 0;
    for times in [&mut tally.own, &mut tally.others] {
        let late = written.saturating_sub(times.len());
        let _ = times.record_n(LAST_TIMEOUT, late);
        missing += late;
    }
    missing
}

/// Ends an attack. Without it the figures mean nothing, so it must not have ended itself.
fn end(mut attack: Child) -> anyhow::Result<()> {
    ensure!(attack.try_wait()?.is_none(), "the attack ended too early");
    drop(attack.stdin.take());
    attack.wait()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_message_counts_as_late() {
        let mut tally = Tally::new().expect("a tally");
        tally.own.saturating_record(5);
        assert_eq!(record_missing(&mut tally, 2), 3);
        assert_eq!((tally.own.len(), tally.others.len()), (2, 2));
        assert!(tally.others.value_at_quantile(0.5) >= LAST_TIMEOUT);
    }
}
