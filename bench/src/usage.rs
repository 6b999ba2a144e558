//! CPU time and memory of processes, and how busy the machine is, from Linux's
//! `/proc`.

use std::{collections::BTreeMap, fs};

use anyhow::Context;

/// CPU time in `/proc` is in ticks of this many per second, on every Linux.
const TICKS: f64 = 100.0;

/// What processes have used so far.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Usage {
    /// User and system time, including that of ended children.
    pub(crate) cpu_seconds: f64,
    /// Memory that is resident now. Shared memory counts in proportion (PSS) if
    /// the system reports that.
    pub(crate) resident_kib: f64,
}

#[derive(Debug, PartialEq, Eq)]
struct Stat {
    parent: u32,
    ticks: u32,
    /// The ticks of ended children.
    children: u32,
}

/// What `pids` and all their descendants have used so far.
pub(crate) fn of(pids: &[u32]) -> anyhow::Result<Usage> {
    if pids.is_empty() {
        return Ok(Usage::default());
    }
    let stats = all();
    for pid in pids {
        anyhow::ensure!(stats.contains_key(pid), "there is no process {pid}");
    }
    let mut usage = Usage::default();
    for (pid, stat) in &stats {
        if descends(*pid, pids, &stats) {
            usage.cpu_seconds += cpu_seconds(*pid, stat);
            usage.resident_kib += resident_kib(*pid).unwrap_or_default();
        }
    }
    Ok(usage)
}

/// Ticks are too coarse for the many processes of a database, each of which does
/// little. The time of the threads is exact, but without those that have ended.
fn cpu_seconds(pid: u32, stat: &Stat) -> f64 {
    let ticks = f64::from(stat.ticks) / TICKS;
    let children = f64::from(stat.children) / TICKS;
    let threads = fs::read_dir(format!("/proc/{pid}/task"));
    let threads = threads.into_iter().flatten().flatten().filter_map(|entry| {
        let text = fs::read_to_string(entry.path().join("schedstat")).ok()?;
        Some(parse_schedstat(&text)?.running)
    });
    threads.sum::<f64>().max(ticks) + children
}

fn all() -> BTreeMap<u32, Stat> {
    let mut stats = BTreeMap::new();
    // A process that ends while it is read is skipped.
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let pid = entry
            .file_name()
            .to_str()
            .and_then(|name| name.parse().ok());
        let stat = fs::read_to_string(entry.path().join("stat"));
        if let (Some(pid), Ok(stat)) = (pid, stat) {
            stats.extend(parse(&stat).map(|stat| (pid, stat)));
        }
    }
    stats
}

fn descends(pid: u32, from: &[u32], stats: &BTreeMap<u32, Stat>) -> bool {
    let mut ancestors = std::iter::successors(Some(pid), |pid| {
        stats
            .get(pid)
            .map(|stat| stat.parent)
            .filter(|pid| *pid > 0)
    });
    ancestors.any(|pid| from.contains(&pid))
}

/// Parses `/proc/PID/stat`. The second field is the name of the program in
/// parentheses, which may itself contain parentheses and spaces.
fn parse(stat: &str) -> Option<Stat> {
    let (_, fields) = stat.rsplit_once(')')?;
    let fields: Vec<_> = fields.split_ascii_whitespace().collect();
    let field = |at: usize| fields.get(at)?.parse::<u32>().ok();
    Some(Stat {
        parent: field(1)?,
        ticks: field(11)? + field(12)?,
        children: field(13)? + field(14)?,
    })
}

fn resident_kib(pid: u32) -> Option<f64> {
    let line = |file: &str, key: &str| {
        let text = fs::read_to_string(format!("/proc/{pid}/{file}")).ok()?;
        kib(&text, key)
    };
    line("smaps_rollup", "Pss:").or_else(|| line("status", "VmRSS:"))
}

fn kib(text: &str, key: &str) -> Option<f64> {
    let line = text.lines().find_map(|line| line.strip_prefix(key))?;
    line.trim().strip_suffix("kB")?.trim_end().parse().ok()
}

/// The time of a thread, in seconds or as shares of a time.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct CoreTime {
    /// On a core.
    pub(crate) running: f64,
    /// Ready to run, waiting for a core.
    pub(crate) waiting: f64,
}

impl CoreTime {
    pub(crate) fn total(self) -> f64 {
        self.running + self.waiting
    }

    /// The time since `before`, as shares of the `seconds` in between.
    pub(crate) fn since(self, before: Self, seconds: f64) -> Self {
        Self {
            running: (self.running - before.running) / seconds,
            waiting: (self.waiting - before.waiting) / seconds,
        }
    }
}

/// The time of the calling thread so far.
pub(crate) fn this_thread() -> anyhow::Result<CoreTime> {
    let text = fs::read_to_string("/proc/thread-self/schedstat")
        .context("cannot read how busy the tool itself is")?;
    parse_schedstat(&text).context("cannot read /proc/thread-self/schedstat")
}

fn parse_schedstat(schedstat: &str) -> Option<CoreTime> {
    let mut fields = schedstat.split_ascii_whitespace();
    let mut seconds = || Some(fields.next()?.parse::<f64>().ok()? / 1e9);
    Some(CoreTime {
        running: seconds()?,
        waiting: seconds()?,
    })
}

/// Time of all cores together so far, in ticks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Machine {
    idle: f64,
    total: f64,
}

impl Machine {
    pub(crate) fn now() -> anyhow::Result<Self> {
        let text =
            fs::read_to_string("/proc/stat").context("cannot read how busy the cores are")?;
        Self::parse(&text).context("cannot read /proc/stat")
    }

    /// The first line is the sum of all cores: user, nice, system, idle, waiting for
    /// disks (idle too), interrupts, and time that other machines have stolen. Time of
    /// guests comes after these, and is part of user.
    fn parse(stat: &str) -> Option<Self> {
        let fields = stat.lines().next()?.strip_prefix("cpu ")?;
        let fields: Vec<f64> = fields
            .split_ascii_whitespace()
            .take(8)
            .map_while(|field| field.parse().ok())
            .collect();
        Some(Self {
            idle: fields.get(3)? + fields.get(4)?,
            total: fields.iter().sum(),
        })
    }

    /// The share of the time since `before` in which the cores were not idle.
    pub(crate) fn busy_since(self, before: Self) -> f64 {
        1.0 - (self.idle - before.idle) / (self.total - before.total)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAT: &str = "42 (a (b) c) S 7 42 42 0 -1 4194560 300 9 0 0 11 22 33 44 20 0 3 0 100 1 2";

    #[test]
    fn stat_includes_times_of_ended_children() {
        let expected = Stat {
            parent: 7,
            ticks: 33,
            children: 77,
        };
        assert_eq!(parse(STAT), Some(expected));
        assert_eq!(parse("42 (cut"), None);
        assert_eq!(parse("42 (cut) S 7"), None);
    }

    #[test]
    fn descendants_are_found_at_any_depth() {
        let child_of = |parent| Stat {
            parent,
            ticks: 0,
            children: 0,
        };
        let stats = BTreeMap::from([
            (1, child_of(0)),
            (5, child_of(1)),
            (6, child_of(5)),
            (7, child_of(6)),
        ]);
        assert!(descends(7, &[5], &stats));
        assert!(descends(5, &[5], &stats));
        assert!(!descends(1, &[5], &stats));
    }

    #[test]
    fn memory_and_core_time_are_parsed() {
        let rollup = "0-1 [rollup]\nRss:  1760 kB\nPss:   262 kB\n";
        assert_eq!(kib(rollup, "Pss:"), Some(262.0));
        assert_eq!(kib(rollup, "VmRSS:"), None);
        let expected = CoreTime {
            running: 2.0,
            waiting: 0.5,
        };
        assert_eq!(parse_schedstat("2000000000 500000000 9\n"), Some(expected));
    }

    #[test]
    fn idle_cores_are_not_busy() {
        let machine = |stat| Machine::parse(stat).expect("a sum of all cores");
        let before = machine("cpu  100 0 100 700 100 0 0 0 50 0\ncpu0 1 2 3 4\n");
        let after = machine("cpu  130 0 130 720 110 5 5 0 80 0\n");
        assert!((after.busy_since(before) - 0.7).abs() < 1e-9);
        assert_eq!(Machine::parse("cpu0 1 2 3 4 5 6 7 8\n"), None);
    }

    #[test]
    fn missing_process_is_an_error() {
        let usage = of(&[std::process::id()]).expect("this process runs");
        assert!(usage.resident_kib > 0.0);
        assert!(of(&[u32::MAX]).is_err());
    }
}
