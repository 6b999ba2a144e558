//! Chance.

use std::hash::{BuildHasher, RandomState};

/// Thrown as often as one likes.
pub struct Dice {
    state: RandomState,
    thrown: u64,
}

impl Dice {
    pub fn new() -> Self {
        Self {
            state: RandomState::new(),
            thrown: 0,
        }
    }

    /// A number below `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.thrown += 1;
        self.state.hash_one(self.thrown) % end
    }

    /// Yes, once in so many times.
    pub fn once_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }
}
