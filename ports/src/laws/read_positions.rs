use std::sync::{Arc, Mutex};

use aftermatch_model::{RoomId, Seq, UserId, access::DeleteScope};

use super::fixtures::{
    ADMIN, ANNA, ANNA_SCOPE, BORIS, BORIS_BRAND, BORIS_SCOPE, OTHER, ROOM, UNKNOWN_ROOM, message,
    room, two_rooms,
};
use super::operations::{last_seq, let_others_run, mark_read, summary};
use super::random_history::random_history;
use super::subject::{Subject, Work};
use super::writes::{committed, create, delete, edit_to, precondition, write};
use crate::{MAX_UNREAD, ReadMark};

/// A read position never moves back and never after the last event of the room.
pub async fn read_position_moves_forward_to_last_event<S: Subject>() {
    let subject = S::with_world(two_rooms(vec![message::<S>(None, ROOM, ANNA)])).await;
    for _ in 0..4 {
        write(&subject, ROOM, BORIS).await;
    }
    for (seq, expected) in [
        (i64::MIN, 0),
        (-1, 0),
        (0, 0),
        (3, 3),
        (1, 3),
        (-7, 3),
        (3, 3),
        (4, 4),
        (6, 5),
        (i64::MAX, 5),
    ] {
        let position = mark_read(&subject, ROOM, ANNA, seq).await;
        assert_eq!(position, expected, "marked {seq}");
    }
    write(&subject, ROOM, BORIS).await;
    assert_eq!(mark_read(&subject, ROOM, ANNA, 0).await, 5);
    assert_eq!(unread(&subject, ROOM, ANNA).await, 1);
}

/// A read position belongs to one user in one room.
pub async fn read_position_is_per_user_and_room<S: Subject>() {
    let subject = S::with_world(two_rooms(vec![])).await;
    for room in [ROOM, OTHER] {
        for _ in 0..5 {
            write(&subject, room, ADMIN).await;
        }
    }
    let positions = [
        (ROOM, ANNA, 2),
        (ROOM, BORIS, 3),
        (OTHER, ANNA, 4),
        (OTHER, BORIS, 1),
    ];
    for (room, user, seq) in positions {
        assert_eq!(mark_read(&subject, room, user, seq).await, seq);
    }
    for (room, user, seq) in positions {
        assert_eq!(mark_read(&subject, room, user, 0).await, seq);
        let expected = u64::try_from(5 - seq).unwrap();
        assert_eq!(unread(&subject, room, user).await, expected);
    }
    assert_eq!(mark_read(&subject, ROOM, ADMIN, 0).await, 0);
}

/// Marking as read is no event: it takes no number, and preconditions still hold.
pub async fn read_position_change_is_no_event<S: Subject>() {
    let subject = S::with_world(two_rooms(vec![message::<S>(None, ROOM, BORIS)])).await;
    let anna = precondition(&subject, ROOM, ANNA).await;
    assert_eq!(mark_read(&subject, ROOM, ANNA, 1).await, 1);
    assert_eq!(last_seq(&subject, ROOM).await, 1);
    assert_eq!(precondition(&subject, ROOM, ANNA).await, anna);
    assert_eq!(committed(create(&subject, anna).await).commit.seq, Seq(2));
}

/// A room that does not exist has no read positions.
pub async fn missing_room_has_no_read_position<S: Subject>() {
    let subject = S::with_world(two_rooms(vec![message::<S>(None, ROOM, BORIS)])).await;
    mark_read(&subject, ROOM, ANNA, 1).await;
    subject.remove_room(ROOM).await;
    for room in [UNKNOWN_ROOM, ROOM] {
        assert_eq!(mark_read(&subject, room, ANNA, 1).await, 0);
    }
}

/// When read positions race, the furthest one wins.
pub async fn concurrent_read_positions_end_at_furthest<S: Subject>() {
    let messages = (1..=40).map(|id| message::<S>(Some(id), ROOM, BORIS));
    let subject = Arc::new(S::with_world(two_rooms(messages.collect())).await);
    let last = Arc::new(Mutex::new(Vec::new()));
    let mut work: Vec<Work> = Vec::new();
    for first in 1..=4 {
        let (subject, last) = (subject.clone(), last.clone());
        work.push(Box::pin(async move {
            let mut before = 0;
            for seq in (first..=40).step_by(4) {
                let now = mark_read(&*subject, ROOM, ANNA, seq).await;
                assert!(now >= seq && now >= before, "{now} after {before}");
                before = now;
                let_others_run().await;
            }
            last.lock().unwrap().push(before);
        }));
    }
    S::in_parallel(work).await;
    let furthest = last.lock().unwrap().iter().max().copied();
    assert_eq!(furthest, Some(40));
    assert_eq!(mark_read(&*subject, ROOM, ANNA, 0).await, 40);
    assert_eq!(unread(&*subject, ROOM, ANNA).await, 0);
}

/// Unread are the existing messages of others after the read position: neither own
/// nor deleted messages, nor edits.
pub async fn unread_counts_messages_of_others_after_position<S: Subject>() {
    let subject = S::with_world(two_rooms(vec![message::<S>(None, ROOM, BORIS)])).await;
    let counts = async || {
        let anna = unread(&subject, ROOM, ANNA).await;
        (anna, unread(&subject, ROOM, BORIS).await)
    };
    assert_eq!(counts().await, (1, 0));
    let of_anna = write(&subject, ROOM, ANNA).await.id;
    assert_eq!(counts().await, (1, 1));
    let of_admin = write(&subject, ROOM, ADMIN).await.id;
    assert_eq!(counts().await, (2, 2));
    mark_read(&subject, ROOM, ANNA, 2).await;
    assert_eq!(counts().await, (1, 2));
    mark_read(&subject, ROOM, BORIS, 3).await;
    assert_eq!(counts().await, (1, 0));

    let admin = precondition(&subject, ROOM, ADMIN).await;
    committed(edit_to(&subject, admin, of_admin, "edited").await).unwrap();
    assert_eq!(counts().await, (1, 0), "an edit is not unread");
    let of_boris = write(&subject, ROOM, BORIS).await.id;
    assert_eq!(counts().await, (2, 0));
    let one_unread = [of_anna, of_admin];
    committed(delete(&subject, admin, &one_unread, DeleteScope::Any).await).unwrap();
    assert_eq!(counts().await, (1, 0));
    committed(delete(&subject, admin, &[of_boris], DeleteScope::Any).await).unwrap();
    assert_eq!(counts().await, (0, 0));
}

/// The unread count is exact after any history and at every read position.
pub async fn unread_is_exact_at_every_position<S: Subject>() {
    let room = random_history::<S>(5, 100).await;
    for seq in 0..=room.last_seq().0 {
        assert_eq!(mark_read(&room.subject, ROOM, ANNA, seq).await, seq);
        let now = room.now().iter();
        let after = now.filter(|message| message.author.id != ANNA && message.seq > Seq(seq));
        let expected = after.count() as u64;
        assert_eq!(unread(&room.subject, ROOM, ANNA).await, expected, "{seq}");
    }
}

/// Unread messages are counted up to [`MAX_UNREAD`]; own messages do not count.
pub async fn unread_counts_up_to_a_bound<S: Subject>() {
    let all = i64::try_from(MAX_UNREAD).unwrap() + 1;
    let messages = (1..=all).map(|id| message::<S>(Some(id), ROOM, BORIS));
    let subject = S::with_world(two_rooms(messages.collect())).await;
    let maximum = MAX_UNREAD as u64;
    assert_eq!(unread(&subject, ROOM, ANNA).await, maximum);
    write(&subject, ROOM, ANNA).await;
    assert_eq!(unread(&subject, ROOM, ANNA).await, maximum);
    mark_read(&subject, ROOM, ANNA, 2).await;
    assert_eq!(unread(&subject, ROOM, ANNA).await, maximum - 1);
    mark_read(&subject, ROOM, ANNA, all - 1).await;
    assert_eq!(unread(&subject, ROOM, ANNA).await, 1);
}

/// The unread messages of Anna or Boris in the room.
async fn unread<S: Subject>(subject: &S, room: RoomId, user: UserId) -> u64 {
    let scope = if user == ANNA {
        ANNA_SCOPE
    } else {
        BORIS_SCOPE
    };
    let unread = summary(subject, scope, room).await.unread;
    unread.expect("there is a reader")
}

/// Others are shown how far a user has read, except where the user marks privately. What
/// is shown never moves back, and never beyond the position.
pub async fn private_mark_is_not_shown<S: Subject>() {
    let subject = S::with_world(two_rooms(vec![])).await;
    for _ in 0..5 {
        write(&subject, ROOM, BORIS).await;
    }
    let mark = |seq, is_shown| {
        subject
            .read_positions()
            .mark_read(ROOM, ANNA, Seq(seq), is_shown)
    };
    for (seq, is_shown, position, moved, shown, shows) in [
        (0, true, 0, false, None, None),
        (1, false, 1, true, None, None),
        (1, true, 1, false, Some(1), Some(1)),
        (3, false, 3, true, None, Some(1)),
        (2, true, 3, false, Some(2), Some(2)),
        (2, true, 3, false, None, Some(2)),
        (9, true, 5, true, Some(5), Some(5)),
        (9, false, 5, false, None, Some(5)),
    ] {
        let expected = ReadMark {
            seq: Seq(position),
            moved,
            shown: shown.map(Seq),
        };
        let marked = mark(seq, is_shown).await.unwrap();
        assert_eq!(marked, expected, "{seq} {is_shown}");
        let shown = subject.read_positions().shown(vec![OTHER, ROOM]).await;
        let expected = shows.map(|seq| (ROOM, ANNA, Seq(seq)));
        assert_eq!(shown.unwrap(), Vec::from_iter(expected), "{seq} {is_shown}");
    }
}

/// Only the positions of those who own a participant now are shown.
pub async fn positions_of_present_participants_are_shown<S: Subject>() {
    let subject = S::with_world(two_rooms(vec![message::<S>(None, ROOM, BORIS)])).await;
    for user in [ADMIN, BORIS, ANNA] {
        mark_read(&subject, ROOM, user, 1).await;
    }
    let shown = async || subject.read_positions().shown(vec![ROOM]).await.unwrap();
    let mut both = shown().await;
    both.sort_unstable();
    let mut expected = [(ROOM, ANNA, Seq(1)), (ROOM, BORIS, Seq(1))];
    expected.sort_unstable();
    assert_eq!(both, expected);
    subject.put_room(room(ROOM, &[BORIS_BRAND])).await;
    assert_eq!(shown().await, [(ROOM, BORIS, Seq(1))]);
    subject.remove_room(ROOM).await;
    assert_eq!(shown().await, []);
}
