//! Random numbers.

use std::hash::{BuildHasher, RandomState};

/// A source of random numbers, another one in every run.
#[derive(Debug, Default)]
pub struct Random {
    state: RandomState,
    drawn: u64,
}

impl Random {
    /// A source of its own.
    pub fn new() -> Self {
        Self::default()
    }

    /// A number below `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.drawn += 1;
        self.state.hash_one(self.drawn) % end
    }

    /// True once in this many times.
    pub fn once_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }
}
