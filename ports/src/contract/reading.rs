use std::sync::{Arc, Mutex};

use aftermatch_model::{RoomId, Seq, UserId, rules::Whose};

use super::asked::{
    create, delete, done, edit_to, guard, last_seq, let_others_run, listed, mark_read, write,
};
use super::given::{
    ADMIN, ANNA, ANNA_READS, ANNAS, BORIS, BORIS_READS, BORISS, NOWHERE, OTHER, ROOM, message,
    people_and, room, talk,
};
use super::lived::lived;
use super::{Subject, Work};
use crate::{Page, Scope};

/// A mark never goes back and never lies beyond the room's last change.
pub async fn a_mark_goes_forwards_and_not_beyond_the_last_change<S: Subject>() {
    let subject = S::holding(talk(vec![message::<S>(None, ROOM, ANNA)])).await;
    for _ in 0..4 {
        write(&subject, ROOM, BORIS).await;
    }
    for (asked, now) in [
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
        let marked = mark_read(&subject, ROOM, ANNA, asked).await;
        assert_eq!(marked, now, "asked for {asked}");
    }
    write(&subject, ROOM, BORIS).await;
    assert_eq!(mark_read(&subject, ROOM, ANNA, 0).await, 5);
    assert_eq!(unread(&subject, ROOM, ANNA).await, 1);
}

/// A mark is of one user in one room.
pub async fn a_mark_is_of_one_user_in_one_room<S: Subject>() {
    let subject = S::holding(talk(vec![])).await;
    for room in [ROOM, OTHER] {
        for _ in 0..5 {
            write(&subject, room, ADMIN).await;
        }
    }
    let marks = [
        (ROOM, ANNA, 2),
        (ROOM, BORIS, 3),
        (OTHER, ANNA, 4),
        (OTHER, BORIS, 1),
    ];
    for (room, user, seq) in marks {
        assert_eq!(mark_read(&subject, room, user, seq).await, seq);
    }
    for (room, user, seq) in marks {
        assert_eq!(mark_read(&subject, room, user, 0).await, seq);
        let expected = u64::try_from(5 - seq).unwrap();
        assert_eq!(unread(&subject, room, user).await, expected);
    }
    assert_eq!(mark_read(&subject, ROOM, ADMIN, 0).await, 0);
}

/// Reading is no change: it takes no number and leaves guards as they are.
pub async fn reading_changes_nothing_in_the_room<S: Subject>() {
    let subject = S::holding(talk(vec![message::<S>(None, ROOM, BORIS)])).await;
    let anna = guard(&subject, ROOM, ANNA).await;
    assert_eq!(mark_read(&subject, ROOM, ANNA, 1).await, 1);
    assert_eq!(last_seq(&subject, ROOM).await, 1);
    assert_eq!(guard(&subject, ROOM, ANNA).await, anna);
    assert_eq!(done(create(&subject, anna).await).seq, Seq(2));
}

/// Where there is no room nothing is read.
pub async fn where_there_is_no_room_nothing_is_read<S: Subject>() {
    let subject = S::holding(talk(vec![message::<S>(None, ROOM, BORIS)])).await;
    mark_read(&subject, ROOM, ANNA, 1).await;
    subject.remove_room(ROOM).await;
    for room in [NOWHERE, ROOM] {
        assert_eq!(mark_read(&subject, room, ANNA, 1).await, 0);
    }
}

/// Of marks that race, the furthest stays.
pub async fn of_racing_marks_the_furthest_stays<S: Subject>() {
    let messages = (1..=40).map(|id| message::<S>(Some(id), ROOM, BORIS));
    let subject = Arc::new(S::holding(talk(messages.collect())).await);
    let told = Arc::new(Mutex::new(Vec::new()));
    let mut work: Vec<Work> = Vec::new();
    for first in 1..=4 {
        let (subject, told) = (subject.clone(), told.clone());
        work.push(Box::pin(async move {
            let mut before = 0;
            for seq in (first..=40).step_by(4) {
                let now = mark_read(&*subject, ROOM, ANNA, seq).await;
                assert!(now >= seq && now >= before, "{now} after {before}");
                before = now;
                let_others_run().await;
            }
            told.lock().unwrap().push(before);
        }));
    }
    S::in_parallel(work).await;
    let furthest = told.lock().unwrap().iter().max().copied();
    assert_eq!(furthest, Some(40));
    assert_eq!(mark_read(&*subject, ROOM, ANNA, 0).await, 40);
    assert_eq!(unread(&*subject, ROOM, ANNA).await, 0);
}

/// Unread are the messages of others that are there behind one's mark: neither
/// one's own, nor deleted ones, nor edits.
pub async fn unread_is_what_others_wrote_behind_the_mark<S: Subject>() {
    let subject = S::holding(talk(vec![message::<S>(None, ROOM, BORIS)])).await;
    let counts = async || {
        let anna = unread(&subject, ROOM, ANNA).await;
        (anna, unread(&subject, ROOM, BORIS).await)
    };
    assert_eq!(counts().await, (1, 0));
    let annas = write(&subject, ROOM, ANNA).await.id;
    assert_eq!(counts().await, (1, 1));
    let admins = write(&subject, ROOM, ADMIN).await.id;
    assert_eq!(counts().await, (2, 2));
    mark_read(&subject, ROOM, ANNA, 2).await;
    assert_eq!(counts().await, (1, 2));
    mark_read(&subject, ROOM, BORIS, 3).await;
    assert_eq!(counts().await, (1, 0));

    let admin = guard(&subject, ROOM, ADMIN).await;
    done(edit_to(&subject, admin, admins, "edited").await).unwrap();
    assert_eq!(counts().await, (1, 0), "an edit is not unread");
    let boriss = write(&subject, ROOM, BORIS).await.id;
    assert_eq!(counts().await, (2, 0));
    let read_and_not = [annas, admins];
    done(delete(&subject, admin, &read_and_not, Whose::Anyones).await).unwrap();
    assert_eq!(counts().await, (1, 0));
    done(delete(&subject, admin, &[boriss], Whose::Anyones).await).unwrap();
    assert_eq!(counts().await, (0, 0));
}

/// Whatever happened in the room and wherever the mark lies, unread is exact.
pub async fn unread_is_exact_at_every_mark<S: Subject>() {
    let room = lived::<S>(5, 100).await;
    for mark in 0..=room.last().0 {
        assert_eq!(mark_read(&room.subject, ROOM, ANNA, mark).await, mark);
        let now = room.now().iter();
        let behind = now.filter(|message| message.author.id != ANNA && message.seq > Seq(mark));
        let expected = behind.count() as u64;
        assert_eq!(unread(&room.subject, ROOM, ANNA).await, expected, "{mark}");
    }
}

/// Where nobody reads, nothing is counted as unread.
pub async fn where_nobody_reads_nothing_is_unread<S: Subject>() {
    let subject = S::holding(talk(vec![message::<S>(None, ROOM, BORIS)])).await;
    for room in [ROOM, OTHER] {
        let listed = listed(&subject, Scope::All, room).await;
        assert_eq!(listed.unread, None);
    }
}

/// A list shows of every room its last number and its newest message that is
/// there, as it is now.
pub async fn a_list_shows_the_newest_message_as_it_is_now<S: Subject>() {
    let subject = S::holding(talk(vec![])).await;
    let shown = async || {
        let all = listed(&subject, Scope::All, ROOM).await;
        let annas = listed(&subject, ANNA_READS, ROOM).await;
        assert_eq!(annas.last_message, all.last_message);
        assert_eq!(annas.last, all.last);
        let message = all.last_message;
        let text = message.map(|message| (message.id, message.text.as_str().to_owned()));
        (all.last.0, text)
    };
    let text = |id, text: &str| Some((id, text.to_owned()));
    assert_eq!(shown().await, (0, None));
    let first = write(&subject, ROOM, ANNA).await.id;
    let second = write(&subject, ROOM, ADMIN).await.id;
    let third = write(&subject, ROOM, BORIS).await.id;
    write(&subject, OTHER, BORIS).await;
    assert_eq!(shown().await, (3, text(third, "hello")));

    let admin = guard(&subject, ROOM, ADMIN).await;
    done(edit_to(&subject, admin, second, "edited").await).unwrap();
    assert_eq!(shown().await, (4, text(third, "hello")), "no edit moves");
    done(delete(&subject, admin, &[third], Whose::Anyones).await).unwrap();
    assert_eq!(shown().await, (5, text(second, "edited")));
    done(edit_to(&subject, admin, second, "again").await).unwrap();
    assert_eq!(shown().await, (6, text(second, "again")));
    done(delete(&subject, admin, &[first], Whose::Anyones).await).unwrap();
    assert_eq!(shown().await, (7, text(second, "again")));
    done(delete(&subject, admin, &[second], Whose::Anyones).await).unwrap();
    assert_eq!(shown().await, (8, None));
}

/// However many rooms a page shows, each shows what is its own.
pub async fn every_room_of_a_page_shows_its_own<S: Subject>() {
    let rooms = (1..=30).map(|id| room(RoomId(id), &[ANNAS, BORISS]));
    let subject = S::holding(people_and(rooms.collect())).await;
    for id in 1..=30 {
        for _ in 0..id % 4 {
            write(&subject, RoomId(id), ANNA).await;
        }
        mark_read(&subject, RoomId(id), BORIS, id % 3).await;
    }
    for (scope, after, reads) in [
        (BORIS_READS, None, true),
        (ANNA_READS, Some(RoomId(11)), false),
        (Scope::All, Some(RoomId(7)), false),
    ] {
        let page = Page { after, limit: 15 };
        let page = subject.rooms().rooms(scope, page).await.unwrap();
        assert_eq!(page.len(), 15);
        for listed in page {
            let id = listed.room.id.0;
            let written = id % 4;
            assert_eq!(listed.last.0, written, "{id}");
            let newest = listed
                .last_message
                .map(|message| (message.room.0, message.seq.0));
            assert_eq!(newest, (written > 0).then_some((id, written)));
            let unread = if reads {
                written - written.min(id % 3)
            } else {
                0
            };
            let unread = u64::try_from(unread).unwrap();
            assert_eq!(listed.unread, (scope != Scope::All).then_some(unread));
        }
    }
}

/// What this user, whose brand is in the room, has not read there.
async fn unread<S: Subject>(subject: &S, room: RoomId, user: UserId) -> u64 {
    let scope = if user == ANNA {
        ANNA_READS
    } else {
        BORIS_READS
    };
    let unread = listed(subject, scope, room).await.unread;
    unread.expect("somebody reads")
}
