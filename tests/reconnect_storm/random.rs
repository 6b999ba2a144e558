//! Random numbers.

use std::hash::{BuildHasher, RandomState};

/// A source of random numbers, another one in every run.
pub struct Random {
    state: RandomState,
    drawn: u64,
}

impl Random {
    pub fn new() -> Self {
        Self {
            state: RandomState::new(),
            drawn: 0,
        }
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
