//! What others wrote.

use std::sync::Mutex;

use aftermatch_ports::{
    Changes, Moved, Present, Tiding,
    model::{Message, MessageId, Net},
};
use mockall::predicate::eq;

use super::*;
use crate::testing::{Mocks, OTHER, ROOM, at, message, room, text};

fn tag(tag: &str) -> Tag {
    Tag::new(tag)
}

fn told(room: RoomId, seq: i64, mark: &str) -> Told {
    let (seq, tag) = (Seq(seq), tag(mark));
    Told { room, seq, tag }
}

/// A change of another process.
fn change(seq: i64, tag: Tag, what: What) -> Change {
    Change {
        seq: Seq(seq),
        room: std::sync::Arc::new(room()).at(at(10)),
        asker: None,
        tag,
        what,
    }
}

/// Where [`ROOM`] was told up to its change 38, nobody has joined another, and
/// the store has this since.
fn behind(changes: Option<Net>) -> Mocks {
    let mut mocks = Mocks::new().finding_room(Read::Fresh, room());
    let last_told = mocks.events.expect_last_told();
    last_told.returning(|room| (room == ROOM).then_some(Seq(38)));
    let read = mocks.messages.expect_changes();
    read.withf(|room, since, _| (*room, *since) == (ROOM, Seq(38)))
        .returning(move |_, _, _| {
            let (last, net) = (Seq(43), changes.clone());
            Ok(Changes { last, net })
        });
    mocks
}

/// Since change 38: an edit by 39 that another overtook, a message by 40, one by
/// 41 that was deleted by 43 as another was, and that edit by 42.
fn since_38() -> Net {
    let edited = Message {
        text: text("edited"),
        changed: Seq(42),
        ..message(3)
    };
    Net {
        living: vec![edited, message(40)],
        gone: vec![(MessageId(7), Seq(43))],
    }
}

fn edited() -> What {
    What::Edited {
        id: message(3).id,
        text: text("edited"),
    }
}

fn deleted() -> What {
    What::Deleted {
        ids: vec![MessageId(7)],
        missing: vec![],
    }
}

fn expect_fill(mocks: &mut Mocks, changes: Vec<(Seq, Option<Change>)>) {
    let fill = mocks.events.expect_fill().once();
    fill.with(eq(ROOM), eq(changes)).return_const(());
}

#[test]
fn what_others_kept_is_told_with_the_marks_of_their_askers() {
    let mut mocks = behind(Some(since_38()));
    let changes = vec![
        (Seq(39), None),
        (
            Seq(40),
            Some(change(40, tag("b"), What::Created(message(40)))),
        ),
        (Seq(41), None),
        (Seq(42), Some(change(42, tag("d"), edited()))),
        (Seq(43), Some(change(43, Tag::NONE, deleted()))),
    ];
    expect_fill(&mut mocks, changes);
    let nobodys = Told {
        tag: Tag::NONE,
        ..told(ROOM, 43, "")
    };
    let kept = vec![
        told(ROOM, 41, "c"),
        told(ROOM, 39, "a"),
        told(ROOM, 40, "b"),
        told(ROOM, 42, "d"),
        nobodys,
    ];
    mocks.watching([Tiding::Kept(kept)]);
}

#[test]
fn only_what_was_announced_and_not_told_yet_is_filled_in() {
    let mut mocks = behind(Some(since_38()));
    let created = change(40, tag("b"), What::Created(message(40)));
    expect_fill(&mut mocks, vec![(Seq(40), Some(created))]);
    let kept = vec![
        told(ROOM, 37, "x"),
        told(ROOM, 38, "y"),
        told(ROOM, 40, "b"),
    ];
    mocks.watching([Tiding::Kept(kept)]);
}

#[test]
fn what_was_told_or_concerns_nobody_here_is_not_read() {
    let mut mocks = Mocks::new();
    let last_told = mocks.events.expect_last_told();
    last_told.returning(|room| (room == ROOM).then_some(Seq(38)));
    let kept = vec![
        told(ROOM, 38, "a"),
        told(ROOM, 1, "b"),
        told(OTHER, 90, "c"),
    ];
    mocks.watching([Tiding::Kept(kept), Tiding::Kept(vec![])]);
}

#[test]
fn what_cannot_be_read_is_not_taken_for_nothing() {
    behind(None).watching([Tiding::Kept(vec![told(ROOM, 40, "b")])]);

    let mut mocks = Mocks::new();
    let last_told = mocks.events.expect_last_told();
    last_told.return_const(Seq(38));
    let read = mocks.messages.expect_changes().once();
    read.returning(|_, _, _| Err(Unavailable::passing("the store is away")));
    mocks.watching([Tiding::Kept(vec![told(ROOM, 40, "b")])]);
}

/// Where at each look the room was told up to a number, and the store has it up
/// to another.
fn looking(mocks: &mut Mocks, looks: &[(i64, i64)]) -> Vec<Tiding> {
    let tidings = vec![Tiding::Look; looks.len()];
    let ahead = looks.to_vec();
    let mut ahead = ahead.into_iter();
    let moved = mocks.watch.expect_moved();
    moved.returning(move |_, _| {
        let (told, last) = ahead.next().unwrap();
        let ahead = (told < last).then_some((ROOM, Seq(last)));
        Ok(Moved {
            ahead: ahead.into_iter().collect(),
            ..Moved::default()
        })
    });
    let told = looks.iter().filter(|(told, last)| told < last);
    let told: Vec<_> = told.map(|(told, _)| Some(Seq(*told))).collect();
    let told = Mutex::new(told.into_iter());
    let last_told = mocks.events.expect_last_told();
    last_told.returning(move |_| told.lock().unwrap().next().unwrap());
    let present = mocks.events.expect_present();
    present.returning(Present::default);
    tidings
}

fn reading(mocks: &mut Mocks, read: impl Fn() -> Result<Changes, Unavailable> + Send + 'static) {
    let changes = mocks.messages.expect_changes().once();
    changes
        .withf(|room, since, _| (*room, *since) == (ROOM, Seq(38)))
        .returning(move |_, _, _| read());
}

#[test]
fn what_nobody_is_about_to_tell_is_told_at_the_second_look() {
    let mut mocks = Mocks::new().finding_room(Read::Fresh, room());
    let tidings = looking(&mut mocks, &[(38, 42), (38, 43), (42, 43)]);
    reading(&mut mocks, || {
        let (last, net) = (Seq(43), Some(since_38()));
        Ok(Changes { last, net })
    });
    // What came between the looks has had no time yet.
    let changes = vec![
        change(40, Tag::NONE, What::Created(message(40))),
        change(42, Tag::NONE, edited()),
    ];
    let catch_up = mocks.events.expect_catch_up().once();
    catch_up
        .with(eq(ROOM), eq(Some(changes)), eq(Seq(42)))
        .return_const(());
    mocks.watching(tidings);
}

#[test]
fn what_somebody_is_about_to_tell_is_left_to_them() {
    for looks in [
        &[(38, 42)][..],
        &[(38, 42), (42, 42), (42, 43)],
        &[(38, 42), (39, 43), (40, 43)],
        &[(38, 42), (42, 42), (38, 42)],
    ] {
        let mut mocks = Mocks::new();
        let tidings = looking(&mut mocks, looks);
        mocks.watching(tidings);
    }
}

#[test]
fn what_is_ahead_in_a_room_that_everyone_left_is_not_read() {
    let mut mocks = Mocks::new();
    let present = mocks.events.expect_present();
    present.returning(Present::default);
    mocks.events.expect_last_told().return_const(None);
    let moved = mocks.watch.expect_moved();
    moved.returning(|_, _| {
        Ok(Moved {
            ahead: vec![(ROOM, Seq(42))],
            ..Moved::default()
        })
    });
    mocks.watching([Tiding::Look, Tiding::Look]);
}

#[test]
fn what_is_ahead_and_cannot_be_read_is_read_at_the_next_look() {
    let mut mocks = Mocks::new().finding_room(Read::Fresh, room());
    let tidings = looking(&mut mocks, &[(38, 42), (38, 42), (38, 42)]);
    reading(&mut mocks, || {
        Err(Unavailable::passing("the store is away"))
    });
    reading(&mut mocks, || {
        let (last, net) = (Seq(43), None);
        Ok(Changes { last, net })
    });
    let catch_up = mocks.events.expect_catch_up().once();
    catch_up
        .with(eq(ROOM), eq(None), eq(Seq(42)))
        .return_const(());
    mocks.watching(tidings);
}
