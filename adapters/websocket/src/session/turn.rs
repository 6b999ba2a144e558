use std::time::Duration;

use tokio::time::Instant;

/// The most messages of one turn.
const MESSAGES: usize = 64;

/// How long a turn may work. Whatever the messages cost, the other connections of the
/// same thread wait no longer than that for this one.
const WORK: Duration = Duration::from_micros(100);

/// What a session does before it lets others go on.
#[derive(Default)]
pub(super) struct Turn {
    messages: usize,
    /// When its first message came. `None`: it has not begun.
    began: Option<Instant>,
}

impl Turn {
    /// Counts a message of any kind.
    pub(super) fn count(&mut self) {
        self.began.get_or_insert_with(Instant::now);
        self.messages += 1;
    }

    /// Whether others have to go on first.
    pub(super) fn is_over(&self) -> bool {
        let over = |began: Instant| self.messages >= MESSAGES || began.elapsed() >= WORK;
        self.began.is_some_and(over)
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn turn_ends_after_messages_or_work() {
        let mut turn = Turn::default();
        advance(WORK).await;
        assert!(!turn.is_over(), "waiting is no work");
        for _ in 1..MESSAGES {
            turn.count();
            assert!(!turn.is_over());
        }
        turn.count();
        assert!(turn.is_over());

        let mut turn = Turn::default();
        turn.count();
        advance(WORK).await;
        assert!(turn.is_over());
    }
}
