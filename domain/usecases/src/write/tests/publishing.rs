//! Publishing a committed event.

use aftermatch_ports::model::Seq;
use mockall::Sequence;

use super::{
    command::{COMMANDS, StoreResult::Committed},
    *,
};

#[test]
fn committed_event_is_relayed_before_broadcast() {
    for command in COMMANDS {
        let mut mocks = Mocks::new().finding(Read::Cached, &ann(), room());
        command.expect(&mut mocks, precondition(&ann(), &room()), 1, Committed);
        let mut order = Sequence::new();
        let relay = mocks.relay.expect_publish().once();
        relay
            .withf(|event, author| (event.seq, *author) == (Seq(42), ann().revision))
            .in_sequence(&mut order)
            .return_const(());
        mocks.inbox.expect_event().once().return_const(());
        let broadcast = mocks.broadcast.expect_broadcast().once();
        broadcast
            .withf(|event| event.seq == Seq(42))
            .in_sequence(&mut order)
            .return_const(());
        let result = command.send(&mocks.chat(), &session_of(&ann()));
        assert!(result.is_ok(), "{command:?}: {result:?}");
    }
}
