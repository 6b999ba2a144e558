//! The CPU time that a process has used, exact at any moment: `/proc` is behind by up to
//! 4 ms while a thread runs.

#[cfg(target_os = "linux")]
pub(crate) use self::linux::CpuClock;
#[cfg(not(target_os = "linux"))]
pub(crate) use self::other::CpuClock;

#[cfg(target_os = "linux")]
mod linux {
    use std::fs;

    use anyhow::Context;
    use perf_event::{Builder, Counter, events::Software};

    /// Counts from its start.
    pub(crate) struct CpuClock {
        /// One for each thread.
        counters: Vec<Counter>,
    }

    impl CpuClock {
        pub(crate) fn start(pid: u32) -> anyhow::Result<Self> {
            let threads = fs::read_dir(format!("/proc/{pid}/task"));
            let threads = threads.with_context(|| format!("there is no process {pid}"))?;
            let mut counters = Vec::new();
            for thread in threads {
                let thread = thread?;
                let number = thread.file_name().to_string_lossy().parse()?;
                let counter = Builder::new(Software::TASK_CLOCK)
                    .observe_pid(number)
                    .inherit(true)
                    .build();
                match counter {
                    Ok(mut counter) => {
                        counter.enable()?;
                        counters.push(counter);
                    }
                    // It has ended meanwhile.
                    Err(_) if !thread.path().exists() => {}
                    Err(error) => Err(error).context("cannot count the CPU time of the service")?,
                }
            }
            Ok(Self { counters })
        }

        /// `None` if it cannot be read any more.
        pub(crate) fn nanos(&mut self) -> Option<u64> {
            let each = self.counters.iter_mut();
            each.map(|counter| counter.read().ok()).sum()
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod other {
    /// Not known here.
    pub(crate) struct CpuClock;

    impl CpuClock {
        pub(crate) fn start(_: u32) -> anyhow::Result<Self> {
            anyhow::bail!("only Linux says the CPU time of the service")
        }

        pub(crate) fn nanos(&mut self) -> Option<u64> {
            None
        }
    }
}
