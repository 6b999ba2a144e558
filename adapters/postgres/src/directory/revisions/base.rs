use std::collections::VecDeque;

use sqlx::FromRow;

/// The most rechecks that wait for a transaction to end. More only move the base
/// further when it has ended.
const MAX_WAITING: usize = 100;

/// How far the two sequences have come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromRow)]
pub(crate) struct Numbers {
    pub(crate) revision: i64,
    /// Of messages and events.
    pub(crate) id: i64,
}

/// After which numbers the next recheck reads: invariants 1 and 2.
#[derive(Debug, Default)]
pub(crate) struct Bases {
    base: Option<Numbers>,
    /// For each recheck: the numbers of the recheck before it, and its next transaction
    /// id. They become the base when all transactions below have ended.
    waiting: VecDeque<(Numbers, i64)>,
}

impl Bases {
    /// `None`: a transaction that was in flight at the first recheck still is, and may
    /// have any numbers.
    pub(crate) fn base(&self) -> Option<Numbers> {
        self.base
    }

    /// A recheck found `oldest` and `next`; the one before it had found `before`.
    pub(crate) fn advance(&mut self, before: Numbers, oldest: i64, next: i64) {
        if self.waiting.len() < MAX_WAITING {
            self.waiting.push_back((before, next));
        }
        while let Some(&(numbers, next)) = self.waiting.front()
            && next <= oldest
        {
            self.base = Some(numbers);
            self.waiting.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(number: i64) -> Numbers {
        Numbers {
            revision: number,
            id: -number,
        }
    }

    /// The base after these rechecks, each with its numbers, the oldest transaction in
    /// flight and the next one.
    fn base(rechecks: &[(i64, i64, i64)]) -> Option<i64> {
        let mut bases = Bases::default();
        for pair in rechecks.windows(2) {
            let [(before, ..), (_, oldest, next)] = pair else {
                continue;
            };
            bases.advance(numbers(*before), *oldest, *next);
        }
        bases.base().map(|numbers| numbers.revision)
    }

    #[test]
    fn base_is_one_recheck_behind_while_nothing_is_open() {
        assert_eq!(base(&[(10, 100, 100)]), None);
        assert_eq!(base(&[(10, 100, 100), (20, 100, 100)]), Some(10));
        assert_eq!(
            base(&[(10, 100, 100), (20, 105, 105), (30, 109, 109)]),
            Some(20)
        );
    }

    #[test]
    fn open_transaction_holds_base_back() {
        let open = [
            (10, 100, 100),
            (20, 100, 100),
            // Transaction 100 has begun.
            (30, 100, 101),
            (40, 100, 104),
            (50, 100, 108),
        ];
        assert_eq!(base(&open), Some(10));
        // It has ended; 107 is still open.
        let ended = [&open[..], &[(60, 107, 109)]].concat();
        assert_eq!(base(&ended), Some(30));
        let all_ended = [&ended[..], &[(70, 110, 110)]].concat();
        assert_eq!(base(&all_ended), Some(60));
    }

    #[test]
    fn transaction_open_at_first_recheck_leaves_no_base() {
        let open = [(10, 90, 100), (20, 90, 102), (30, 95, 103)];
        assert_eq!(base(&open), None);
        assert_eq!(base(&[&open[..], &[(40, 102, 104)]].concat()), Some(10));
    }

    #[test]
    fn long_transaction_fills_no_memory() {
        let mut bases = Bases::default();
        for recheck in 0..10_000 {
            bases.advance(numbers(recheck), 5, 10 + recheck);
        }
        assert_eq!(bases.waiting.len(), MAX_WAITING);
        assert_eq!(bases.base(), None);
        for recheck in 10_000..10_002 {
            bases.advance(numbers(recheck), 20_000, 20_000);
        }
        assert_eq!(bases.base(), Some(numbers(10_001)));
    }
}
