//! What processes have used, as Linux tells it under `/proc`.

use std::{collections::BTreeMap, fs};

use anyhow::Context;

/// Ticks in a second, in which `/proc` counts CPU time: a constant towards
/// programs, whatever the kernel's own clock.
const TICKS: f64 = 100.0;

/// What some processes have used so far.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Usage {
    /// User and system time, that of ended children included.
    pub(crate) cpu_seconds: f64,
    /// Memory that is resident now, what is shared in fair parts where the
    /// system tells them.
    pub(crate) resident_kib: f64,
}

#[derive(Debug, PartialEq, Eq)]
struct Stat {
    parent: u32,
    ticks: u32,
}

/// What `pids` and all that descend from them have used so far.
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
            usage.cpu_seconds += f64::from(stat.ticks) / TICKS;
            usage.resident_kib += resident_kib(*pid).unwrap_or_default();
        }
    }
    Ok(usage)
}

fn all() -> BTreeMap<u32, Stat> {
    let mut stats = BTreeMap::new();
    // A process may end while it is looked at: then it is passed over.
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
    let mut line = std::iter::successors(Some(pid), |pid| {
        stats
            .get(pid)
            .map(|stat| stat.parent)
            .filter(|pid| *pid > 0)
    });
    line.any(|pid| from.contains(&pid))
}

/// A line of `/proc/PID/stat`. The second field is the program's name in
/// brackets, which may contain brackets and spaces.
fn parse(stat: &str) -> Option<Stat> {
    let (_, fields) = stat.rsplit_once(')')?;
    let fields: Vec<_> = fields.split_ascii_whitespace().collect();
    let field = |at: usize| fields.get(at)?.parse::<u32>().ok();
    Some(Stat {
        parent: field(1)?,
        ticks: field(11)? + field(12)? + field(13)? + field(14)?,
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

/// How a thread has spent its time so far, in seconds.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Busy {
    /// On a core.
    pub(crate) running: f64,
    /// Ready to run, while others had the cores.
    pub(crate) waiting: f64,
}

impl Busy {
    /// What was spent since `before`, as parts of the `seconds` in between.
    pub(crate) fn since(self, before: Self, seconds: f64) -> Self {
        Self {
            running: (self.running - before.running) / seconds,
            waiting: (self.waiting - before.waiting) / seconds,
        }
    }
}

/// How the thread that asks has spent its time so far.
pub(crate) fn this_thread() -> anyhow::Result<Busy> {
    let text = fs::read_to_string("/proc/thread-self/schedstat")
        .context("cannot tell how busy the tool itself is")?;
    busy(&text).context("cannot read /proc/thread-self/schedstat")
}

fn busy(schedstat: &str) -> Option<Busy> {
    let mut fields = schedstat.split_ascii_whitespace();
    let mut seconds = || Some(fields.next()?.parse::<f64>().ok()? / 1e9);
    Some(Busy {
        running: seconds()?,
        waiting: seconds()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAT: &str = "42 (a (b) c) S 7 42 42 0 -1 4194560 300 9 0 0 11 22 33 44 20 0 3 0 100 1 2";

    #[test]
    fn times_are_those_of_the_process_and_its_ended_children() {
        let expected = Stat {
            parent: 7,
            ticks: 110,
        };
        assert_eq!(parse(STAT), Some(expected));
        assert_eq!(parse("42 (cut"), None);
        assert_eq!(parse("42 (cut) S 7"), None);
    }

    #[test]
    fn grandchildren_count_and_strangers_do_not() {
        let line = |parent| Stat { parent, ticks: 0 };
        let stats = BTreeMap::from([(1, line(0)), (5, line(1)), (6, line(5)), (7, line(6))]);
        assert!(descends(7, &[5], &stats));
        assert!(descends(5, &[5], &stats));
        assert!(!descends(1, &[5], &stats));
    }

    #[test]
    fn memory_and_business_are_read() {
        let rollup = "0-1 [rollup]\nRss:  1760 kB\nPss:   262 kB\n";
        assert_eq!(kib(rollup, "Pss:"), Some(262.0));
        assert_eq!(kib(rollup, "VmRSS:"), None);
        let expected = Busy {
            running: 2.0,
            waiting: 0.5,
        };
        assert_eq!(busy("2000000000 500000000 9\n"), Some(expected));
    }

    #[test]
    fn this_very_process_is_found_and_a_missing_one_is_told() {
        let usage = of(&[std::process::id()]).expect("we are running");
        assert!(usage.resident_kib > 0.0);
        assert!(of(&[u32::MAX]).is_err());
    }
}
