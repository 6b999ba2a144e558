use aftermatch_model::{
    BrandId, MessageId, Pen, RoomKind, Seq, Tariff, UserId,
    access::DeleteScope,
    world::{NewBrand, NewMessage, NewRoom, NewUser},
};

use super::fixtures::{
    ADMIN, ANNA, ANNA_BRAND, BORIS, BORIS_BRAND, OTHER, ROOM, UNKNOWN_ROOM, UNKNOWN_USER, brand,
    inactive, message, profile, room, two_rooms, user,
};
use super::operations::last_seq;
use super::writes::{committed, create, delete, edit, precondition};
use super::{subject::Subject, writes};
use crate::{Outcome, Precondition};

/// A precondition holds for any number of writes while its room and its user do not
/// change.
pub async fn precondition_holds_while_room_and_user_unchanged<S: Subject>() {
    let subject = S::with_world(two_rooms(vec![])).await;
    let anna = precondition(&subject, ROOM, ANNA).await;
    let boris = precondition(&subject, ROOM, BORIS).await;
    let id = committed(create(&subject, anna).await).id;
    committed(create(&subject, boris).await);

    subject.put_user(inactive(BORIS)).await;
    subject.put_room(room(OTHER, &[])).await;
    subject.put_user(user(UserId(4))).await;
    subject.put_brand(brand(BrandId(24), UserId(4))).await;
    subject.put_user(user(ANNA)).await;
    subject.put_brand(brand(ANNA_BRAND, ANNA)).await;
    subject
        .put_room(room(ROOM, &[ANNA_BRAND, BORIS_BRAND]))
        .await;

    assert_eq!(committed(edit(&subject, anna, id).await), Some(Seq(3)));
    assert_eq!(committed(create(&subject, anna).await).commit.seq, Seq(4));
}

/// After any change of the room, a write that was authorized before is a conflict:
/// it takes no number and leaves no trace.
pub async fn room_change_makes_writes_conflict<S: Subject>() {
    let both = || room(ROOM, &[ANNA_BRAND, BORIS_BRAND]);
    let changes: [Change; 9] = [
        Change::Room(NewRoom {
            frozen: true,
            ..both()
        }),
        Change::Room(NewRoom {
            pen: Pen::Never,
            ..both()
        }),
        Change::Room(NewRoom {
            kind: RoomKind::new("support").expect("a valid kind"),
            ..both()
        }),
        Change::Room(room(ROOM, &[BORIS_BRAND])),
        Change::Room(room(ROOM, &[BORIS_BRAND, ANNA_BRAND])),
        Change::Room(room(ROOM, &[])),
        Change::Brand(NewBrand {
            tariff: Some(Tariff::Business),
            ..brand(ANNA_BRAND, ANNA)
        }),
        Change::Brand(NewBrand {
            tariff_until: Some(S::t0()),
            ..brand(BORIS_BRAND, BORIS)
        }),
        Change::Brand(NewBrand {
            profile: profile(9),
            ..brand(BORIS_BRAND, BORIS)
        }),
    ];
    for change in changes {
        assert_change_conflicts::<S>(change).await;
    }
}

/// After any change of the user, a write that was authorized before is a conflict:
/// it takes no number and leaves no trace.
pub async fn user_change_makes_writes_conflict<S: Subject>() {
    let changes: [Change; 4] = [
        Change::User(inactive(ANNA)),
        Change::User(NewUser {
            admin: true,
            ..user(ANNA)
        }),
        Change::User(NewUser {
            profile: profile(9),
            ..user(ANNA)
        }),
        Change::Brand(brand(ANNA_BRAND, ADMIN)),
    ];
    for change in changes {
        assert_change_conflicts::<S>(change).await;
    }
}

/// A write in a room that has been removed since is a conflict.
pub async fn removed_room_makes_writes_conflict<S: Subject>() {
    let subject = S::with_world(two_rooms(vec![initial::<S>()])).await;
    let anna = precondition(&subject, ROOM, ANNA).await;
    subject.remove_room(ROOM).await;
    assert_conflict(&subject, anna).await;
    assert_eq!(last_seq(&subject, ROOM).await, 0);
}

/// A room that was removed and added again is another room, even with the same
/// participants: a write that was authorized by the first one is a conflict.
pub async fn recreated_room_makes_old_writes_conflict<S: Subject>() {
    let subject = S::with_world(two_rooms(vec![initial::<S>()])).await;
    let anna = precondition(&subject, ROOM, ANNA).await;
    subject.remove_room(ROOM).await;
    subject
        .put_room(room(ROOM, &[ANNA_BRAND, BORIS_BRAND]))
        .await;
    assert_conflict(&subject, anna).await;

    let now = precondition(&subject, ROOM, ANNA).await;
    assert_eq!(committed(edit(&subject, now, INITIAL).await), None);
    let id = committed(create(&subject, now).await).id;
    assert_ne!(id, INITIAL);
}

/// A write in a room or by a user that never existed is a conflict.
pub async fn unknown_room_or_user_makes_writes_conflict<S: Subject>() {
    let subject = S::with_world(two_rooms(vec![initial::<S>()])).await;
    let anna = precondition(&subject, ROOM, ANNA).await;
    let unknown_room = Precondition {
        room: UNKNOWN_ROOM,
        ..anna
    };
    let unknown_user = Precondition {
        user: UNKNOWN_USER,
        ..anna
    };
    for precondition in [unknown_room, unknown_user] {
        assert_conflict(&subject, precondition).await;
    }
    assert_eq!(last_seq(&subject, UNKNOWN_ROOM).await, 0);
    assert_unchanged(&subject).await;
}

const INITIAL: MessageId = MessageId(8);

/// An initial message of Anna.
fn initial<S: Subject>() -> NewMessage {
    message::<S>(Some(INITIAL.0), ROOM, ANNA)
}

#[derive(Debug, Clone)]
enum Change {
    User(NewUser),
    Brand(NewBrand),
    Room(NewRoom),
}

async fn assert_change_conflicts<S: Subject>(change: Change) {
    let subject = S::with_world(two_rooms(vec![initial::<S>()])).await;
    let anna = precondition(&subject, ROOM, ANNA).await;
    match change.clone() {
        Change::User(user) => subject.put_user(user).await,
        Change::Brand(brand) => subject.put_brand(brand).await,
        Change::Room(room) => subject.put_room(room).await,
    }
    let now = precondition(&subject, ROOM, ANNA).await;
    assert_ne!(now, anna, "{change:?}");
    assert_conflict(&subject, anna).await;
    assert_unchanged(&subject).await;
}

/// Every kind of write with this precondition is a conflict.
async fn assert_conflict<S: Subject>(subject: &S, precondition: Precondition) {
    assert_eq!(create(subject, precondition).await, Outcome::Conflict);
    assert_eq!(
        edit(subject, precondition, INITIAL).await,
        Outcome::Conflict
    );
    for scope in [DeleteScope::OwnedBy(ANNA), DeleteScope::Any] {
        let deleted = delete(subject, precondition, &[INITIAL], scope).await;
        assert_eq!(deleted, Outcome::Conflict);
    }
    // Even a write that would change nothing.
    let deleted = delete(subject, precondition, &[], DeleteScope::Any).await;
    assert_eq!(deleted, Outcome::Conflict);
}

/// The room still has its initial message, and its next event follows that one.
async fn assert_unchanged<S: Subject>(subject: &S) {
    assert_eq!(last_seq(subject, ROOM).await, 1);
    let anna = writes::precondition(subject, ROOM, ANNA).await;
    assert_eq!(committed(edit(subject, anna, INITIAL).await), Some(Seq(2)));
    assert_eq!(committed(create(subject, anna).await).commit.seq, Seq(3));
}
