//! The metrics of the process that every official client of Prometheus has, as the kernel
//! of Linux reports them. Elsewhere there are none.

use std::{fmt, fs};

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric},
    metrics::{MetricType, counter::ConstCounter, gauge::ConstGauge},
};

/// How often the clock of `/proc` ticks in a second, on every architecture.
const TICKS: f64 = 100.0;

/// The process, read when the metrics are read.
#[derive(Debug)]
pub(crate) struct ProcessMetrics;

/// What the kernel reports. What cannot be read is left out.
#[derive(Debug, Default, PartialEq)]
struct Process {
    cpu_seconds: Option<f64>,
    start_time_seconds: Option<f64>,
    resident_bytes: Option<i64>,
    virtual_bytes: Option<i64>,
    threads: Option<i64>,
    open_fds: Option<i64>,
    max_fds: Option<i64>,
}

impl Process {
    fn read() -> Self {
        let text = |path| fs::read_to_string(path).unwrap_or_default();
        Self {
            open_fds: open_fds(),
            max_fds: rlimit::Resource::NOFILE
                .get_soft()
                .ok()
                .and_then(|limit| i64::try_from(limit).ok()),
            ..Self::of(
                &text("/proc/self/stat"),
                &text("/proc/self/status"),
                &text("/proc/stat"),
            )
        }
    }

    /// From the texts of three files.
    fn of(stat: &str, status: &str, system: &str) -> Self {
        // The second field is the name of the program, which may contain anything.
        let fields: Vec<&str> = stat
            .rsplit_once(") ")
            .map(|(_, fields)| fields.split_whitespace().collect())
            .unwrap_or_default();
        let ticks = |field: usize| fields.get(field - 3)?.parse::<f64>().ok();
        let kibibytes = |key| Some(number(status, key)? * 1024);
        let booted = number(system, "btime");
        Self {
            cpu_seconds: ticks(14).zip(ticks(15)).map(|(a, b)| (a + b) / TICKS),
            start_time_seconds: ticks(22)
                .zip(booted)
                .map(|(ticks, booted)| booted as f64 + ticks / TICKS),
            resident_bytes: kibibytes("VmRSS:"),
            virtual_bytes: kibibytes("VmSize:"),
            threads: number(status, "Threads:"),
            ..Self::default()
        }
    }
}

/// The number after `key`, at the beginning of a line.
fn number(text: &str, key: &str) -> Option<i64> {
    let mut values = text.lines().filter_map(|line| line.strip_prefix(key));
    values.next()?.split_whitespace().next()?.parse().ok()
}

/// Newer kernels report the number as the size of the folder; older ones list them.
fn open_fds() -> Option<i64> {
    let folder = "/proc/self/fd";
    let size = fs::metadata(folder).ok()?.len();
    if size > 0 {
        return i64::try_from(size).ok();
    }
    // One of them is that of the list itself.
    i64::try_from(fs::read_dir(folder).ok()?.count().saturating_sub(1)).ok()
}

impl Collector for ProcessMetrics {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let process = Process::read();
        if let Some(seconds) = process.cpu_seconds {
            let counter = encoder.encode_descriptor(
                "process_cpu_seconds",
                "CPU time of the process, user and system",
                None,
                MetricType::Counter,
            )?;
            ConstCounter::new(seconds).encode(counter)?;
        }
        if let Some(seconds) = process.start_time_seconds {
            let gauge = encoder.encode_descriptor(
                "process_start_time_seconds",
                "When the process started, in seconds since 1970",
                None,
                MetricType::Gauge,
            )?;
            ConstGauge::new(seconds).encode(gauge)?;
        }
        for (name, help, value) in [
            (
                "process_resident_memory_bytes",
                "Resident memory of the process",
                process.resident_bytes,
            ),
            (
                "process_virtual_memory_bytes",
                "Virtual memory of the process",
                process.virtual_bytes,
            ),
            ("process_threads", "Threads of the process", process.threads),
            (
                "process_open_fds",
                "File descriptors that are open",
                process.open_fds,
            ),
            (
                "process_max_fds",
                "The most file descriptors that may be open",
                process.max_fds,
            ),
        ] {
            if let Some(value) = value {
                let gauge = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
                ConstGauge::new(value).encode(gauge)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn process_is_read_from_its_files() {
        let stat = "7 (a ) name) S 1 7 7 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 9 0 1200 0 0";
        let status = "Name:\ta\nVmSize:\t    2048 kB\nVmRSS:\t     512 kB\nThreads:\t9\n";
        let system = "cpu  1 2 3\nbtime 1700000000\nprocesses 9\n";
        let process = Process {
            cpu_seconds: Some(3.0),
            start_time_seconds: Some(1_700_000_012.0),
            resident_bytes: Some(512 * 1024),
            virtual_bytes: Some(2048 * 1024),
            threads: Some(9),
            ..Process::default()
        };
        assert_eq!(Process::of(stat, status, system), process);
    }

    #[test]
    fn unreadable_files_leave_metrics_out() {
        for garbage in ["", ")", "7 (a) S", "btime", "VmRSS:\nThreads: many"] {
            let process = Process::of(garbage, garbage, garbage);
            assert_eq!(process, Process::default(), "{garbage}");
        }
    }
}
