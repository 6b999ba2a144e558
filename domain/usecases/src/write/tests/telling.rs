//! What is told after it was kept.

use aftermatch_ports::{
    Changes,
    model::{Message, MessageId, Net},
};
use mockall::{Sequence, predicate::eq};

use super::{
    command::{
        Answer::Kept,
        COMMANDS,
        Command::{self, Delete},
    },
    *,
};
use crate::testing::{ROOM, message, text};

/// Where the change that a command has become is announced and then told, and
/// the events answer so.
fn telling(command: Command, told: Result<(), Seq>) -> Mocks {
    let mut mocks = Mocks::new().finding(Read::Cached, &ann(), room());
    command.expect(&mut mocks.messages, guard(&ann(), &room()), 1, Kept);
    let mut order = Sequence::new();
    let announce = mocks.watch.expect_announce().once();
    announce
        .withf(|change| change.seq == Seq(42))
        .in_sequence(&mut order)
        .return_const(());
    let tell = mocks.events.expect_tell().once();
    tell.withf(|change| change.seq == Seq(42))
        .in_sequence(&mut order)
        .returning(move |_| told);
    mocks
}

fn is_answered(command: Command, mocks: Mocks) {
    let kept = command.ask(&mocks.chat(), &session_of(&ann()));
    assert!(kept.is_ok(), "{command:?}: {kept:?}");
}

#[test]
fn what_was_kept_is_announced_before_anybody_can_keep_it_waiting() {
    for command in COMMANDS {
        is_answered(command, telling(command, Ok(())));
    }
}

#[test]
fn forerunners_that_do_not_come_are_read_and_told_up_to_its_own_number() {
    let edited = Message {
        text: text("edited"),
        changed: Seq(41),
        ..message(3)
    };
    let net = Net {
        // What stands behind it is told by whoever kept it.
        living: vec![edited, message(39), message(42), message(43)],
        gone: vec![(MessageId(7), Seq(40)), (MessageId(8), Seq(44))],
    };
    let here = Arc::new(room()).at(at(10));
    let change = |seq, what| Change {
        seq: Seq(seq),
        room: here.clone(),
        asker: None,
        tag: Tag::NONE,
        what,
    };
    let deleted = What::Deleted {
        ids: vec![MessageId(7)],
        missing: vec![],
    };
    let edited = What::Edited {
        id: message(3).id,
        text: text("edited"),
    };
    let missing = vec![
        change(39, What::Created(message(39))),
        change(40, deleted),
        change(41, edited),
    ];
    for command in COMMANDS {
        let mut mocks = telling(command, Err(Seq(38))).finding_room(Read::Fresh, room());
        let (net, last) = (net.clone(), Seq(44));
        let read = mocks.messages.expect_changes().once();
        read.withf(|room, since, _| (*room, *since) == (ROOM, Seq(38)))
            .returning(move |_, _, _| {
                let net = Some(net.clone());
                Ok(Changes { last, net })
            });
        let catch_up = mocks.events.expect_catch_up().once();
        catch_up
            .with(eq(ROOM), eq(Some(missing.clone())), eq(Seq(41)))
            .return_const(());
        is_answered(command, mocks);
    }
}

#[test]
fn forerunners_that_cannot_be_read_keep_nobody_waiting() {
    let away = || Unavailable::passing("the store is away");
    let nothing = || {
        let (living, gone) = (vec![], vec![]);
        Ok(Changes {
            last: Seq(42),
            net: Some(Net { living, gone }),
        })
    };
    let too_much = || {
        let (last, net) = (Seq(42), None);
        Ok(Changes { last, net })
    };
    type Changed = Box<dyn Fn() -> Result<Changes, Unavailable> + Send>;
    let changed: [Changed; 3] = [
        Box::new(move || Err(away())),
        Box::new(too_much),
        Box::new(nothing),
    ];
    for changes in changed {
        let mut mocks = telling(Delete(1), Err(Seq(38)));
        let read = mocks.messages.expect_changes().once();
        read.returning(move |_, _, _| changes());
        let room = mocks.rooms.expect_room();
        room.withf(|_, read| *read == Read::Fresh)
            .returning(move |_, _| Err(away()));
        let catch_up = mocks.events.expect_catch_up().once();
        catch_up
            .with(eq(ROOM), eq(None), eq(Seq(41)))
            .return_const(());
        is_answered(Delete(1), mocks);
    }
}
