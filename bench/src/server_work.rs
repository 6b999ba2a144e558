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
    /// The CPU time so far, in nanoseconds. `None` if it is not known any more.
    clock: Box<dyn FnMut() -> Option<u64>>,
    /// By when a message was sent: the clock then.
    sent: HashMap<u64, u64>,
    /// Until the author's own frame.
    pub(crate) own: Times,
    /// Until another member's frame.
    pub(crate) others: Times,
}

impl ServerWork {
    pub(crate) fn of(pid: u32) -> anyhow::Result<Self> {
        let mut clock = CpuClock::start(pid)?;
        Self::by(move || clock.nanos())
    }

    fn by(clock: impl FnMut() -> Option<u64> + 'static) -> anyhow::Result<Self> {
        Ok(Self {
            clock: Box::new(clock),
            sent: HashMap::new(),
            own: times()?,
            others: times()?,
        })
    }

    pub(crate) fn sent(&mut self, stamp: Stamp) {
        if let Some(now) = (self.clock)() {
            self.sent.insert(stamp.sent, now);
        }
    }

    pub(crate) fn delivered(&mut self, stamp: Stamp, own: bool) {
        let now = (self.clock)();
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
mod tests {
    use super::*;

    #[test]
    fn work_is_that_between_sending_and_receiving() {
        let mut times = [10, 500, 517, 600].map(Some).into_iter().chain([None]);
        let clock = move || times.next().flatten();
        let mut work = ServerWork::by(clock).expect("a clock");
        let [first, second] = [1, 2].map(|sent| Stamp { sent, author: 1 });
        work.sent(first);
        work.restart();
        work.sent(second);
        work.delivered(second, true);
        work.delivered(second, false);
        work.delivered(second, false);
        assert_eq!((work.own.len(), work.own.max()), (1, 17));
        assert_eq!((work.others.len(), work.others.max()), (1, 100));
    }
}
