//! Events that the platform committed by SQL.

use std::convert::Infallible;

use crate::Ports;

/// Delivers what the platform commits, for as long as it is polled. Only the numbers are
/// known: the log has the rest.
pub async fn run(ports: &Ports) -> Infallible {
    loop {
        for (room, head) in ports.revisions.platform_events().await {
            ports.inbox.written(room, head.last_seq);
            ports.broadcast.expect(room, head);
        }
    }
}

#[cfg(test)]
mod tests {
    use mockall::predicate::eq;

    use crate::testing::{Mocks, OTHER, ROOM, head};

    #[test]
    fn platform_event_is_expected_and_shown_to_followers() {
        let mut mocks = Mocks::untouched();
        let events = vec![(ROOM, head(42)), (OTHER, head(7))];
        let platform_events = mocks.revisions.expect_platform_events().once();
        platform_events.return_const(events.clone());
        for (room, head) in events {
            let expect = mocks.broadcast.expect_expect().once();
            expect.with(eq(room), eq(head)).return_const(());
            let written = mocks.inbox.expect_written().once();
            written.with(eq(room), eq(head.last_seq)).return_const(());
        }
        mocks.receive_of_platform();
    }
}
