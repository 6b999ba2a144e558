use std::time::Duration;

use tokio::time::Instant;

/// The most messages of one turn. What they made is sent after it.
const MESSAGES: usize = 64;

/// How long a turn may work. Whatever the messages cost, the other connections of the
/// same thread wait no longer than that for this one.
const WORK: Duration = Duration::from_micros(50);

/// Who pauses as long as this begins a new turn. Clients that send without end have shorter
/// pauses, because others work meanwhile, or because their bytes come in portions.
const REST: Duration = Duration::from_millis(10);

/// What a session does before it lets others go on.
#[derive(Default)]
pub(super) struct Turn {
    /// Since what the messages made was sent.
    messages: usize,
    /// When its first message came. `None`: it has not begun.
    began: Option<Instant>,
    /// Since when it waits for the next message, after its turn was over.
    over_since: Option<Instant>,
}

impl Turn {
    /// Counts a message of any kind.
    pub(super) fn count(&mut self) {
        self.began.get_or_insert_with(Instant::now);
        self.messages += 1;
    }

    /// Whether others have to go on first.
    pub(super) fn is_over(&self) -> bool {
        let worked = |began: Instant| began.elapsed() >= WORK;
        let resting = |since: Instant| since.elapsed() < REST;
        self.is_full() || self.began.is_some_and(worked) || self.over_since.is_some_and(resting)
    }

    /// Whether what the messages made has to be sent. Not at the end of each turn: in a
    /// large room sending costs more than all else, however many messages go out together.
    pub(super) fn is_full(&self) -> bool {
        self.messages >= MESSAGES
    }

    /// Begins the next turn.
    pub(super) fn next(&mut self) {
        *self = Self {
            messages: self.messages % MESSAGES,
            ..Self::default()
        };
    }

    /// The session waits for the next message, and others go on. `over`: whether the turn
    /// was over before it sent what there was.
    pub(super) fn pause(&mut self, over: bool) {
        *self = Self {
            over_since: self.over_since.or_else(|| over.then(Instant::now)),
            ..Self::default()
        };
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
        turn.pause(false);
        advance(WORK).await;
        assert!(!turn.is_over(), "waiting is no work");
        turn.count();
        advance(WORK).await;
        assert!(turn.is_over());
        turn.pause(true);
        assert!(turn.is_over(), "it was over before the pause");
        advance(REST / 2).await;
        turn.pause(false);
        advance(REST / 2).await;
        assert!(!turn.is_over(), "a pause of any cause");
    }

    #[tokio::test(start_paused = true)]
    async fn messages_of_several_turns_are_sent_together() {
        let mut turn = Turn::default();
        for _ in 1..MESSAGES {
            turn.count();
            advance(WORK).await;
            assert!(turn.is_over() && !turn.is_full());
            turn.next();
            assert!(!turn.is_over());
        }
        turn.count();
        assert!(turn.is_full());
        turn.next();
        assert!(!turn.is_full());
    }
}
