//! How long a server works while messages wait for it. Unlike waiting times, that is the
//! same whether or not the machine does something else meanwhile.

use std::collections::HashMap;

use crate::{
    cpu_clock::CpuClock,
    envelope::Stamp,
    times::{Times, times},
};

/// The CPU time of the server between sending and receiving, of each message.
pub(crate) struct ServerWork {
    clock: CpuClock,
    /// By when a message was sent: the clock then.
    sent: HashMap<u64, u64>,
    /// Until the author's own frame.
    pub(crate) own: Times,
    /// Until another member's frame.
    pub(crate) others: Times,
}

impl ServerWork {
    pub(crate) fn of(pid: u32) -> anyhow::Result<Self> {
        Ok(Self {
            clock: CpuClock::start(pid)?,
            sent: HashMap::new(),
            own: times()?,
            others: times()?,
        })
    }

    pub(crate) fn sent(&mut self, stamp: Stamp) {
        if let Some(now) = self.clock.nanos() {
            self.sent.insert(stamp.sent, now);
        }
    }

    pub(crate) fn delivered(&mut self, stamp: Stamp, own: bool) {
        let now = self.clock.nanos();
        if let (Some(now), Some(then)) = (now, self.sent.get(&stamp.sent)) {
            let times = if own { &mut self.own } else { &mut self.others };
            times.saturating_record(now.saturating_sub(*then));
        }
    }

    /// Forgets what was measured.
    pub(crate) fn restart(&mut self) {
        self.own.reset();
        self.others.reset();
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;

    #[test]
    fn work_of_the_process_counts() {
        let mut work = ServerWork::of(std::process::id()).expect("this process");
        let stamp = Stamp { sent: 1, author: 1 };
        work.sent(stamp);
        let spent = (0..1_000_000_u64).map(std::hint::black_box).sum::<u64>();
        assert!(spent > 0);
        work.delivered(stamp, true);
        assert_eq!((work.own.len(), work.others.len()), (1, 0));
        assert!(work.own.max() > 0);
        assert!(ServerWork::of(u32::MAX).is_err());
    }
}
