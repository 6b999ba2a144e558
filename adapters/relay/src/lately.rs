use std::{mem, time::Duration};

use tokio::time::Instant;

/// The length of a period: longer than another process takes to announce what it wants.
pub(crate) const PERIOD: Duration = Duration::from_secs(5);

/// What was added in the last two periods: everything for at least one.
pub(crate) struct Lately<T> {
    /// When the current period began.
    since: Instant,
    current: T,
    /// What was added in the period before.
    previous: T,
}

impl<T: Default> Default for Lately<T> {
    fn default() -> Self {
        Self {
            since: Instant::now(),
            current: T::default(),
            previous: T::default(),
        }
    }
}

impl<T: Default> Lately<T> {
    /// Where to add something now.
    pub(crate) fn current(&mut self) -> &mut T {
        let age = self.since.elapsed();
        if age >= PERIOD {
            let last = mem::take(&mut self.current);
            self.previous = if age < 2 * PERIOD { last } else { T::default() };
            self.since = Instant::now();
        }
        &mut self.current
    }

    /// The older part first. Also if nothing was added since, what is too old is left out.
    pub(crate) fn parts(&self) -> impl Iterator<Item = &T> {
        let age = self.since.elapsed();
        let previous = (age < PERIOD).then_some(&self.previous);
        let current = (age < 2 * PERIOD).then_some(&self.current);
        previous.into_iter().chain(current)
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    fn all(lately: &Lately<Vec<i32>>) -> Vec<i32> {
        lately.parts().flatten().copied().collect()
    }

    #[tokio::test(start_paused = true)]
    async fn additions_are_forgotten_after_two_periods() {
        let mut lately = Lately::<Vec<i32>>::default();
        lately.current().push(1);
        advance(PERIOD).await;
        lately.current().push(2);
        assert_eq!(all(&lately), [1, 2]);
        advance(PERIOD).await;
        assert_eq!(all(&lately), [2], "nothing was added meanwhile");
        advance(PERIOD).await;
        assert!(all(&lately).is_empty());
        lately.current().push(3);
        assert_eq!(all(&lately), [3]);
    }
}
