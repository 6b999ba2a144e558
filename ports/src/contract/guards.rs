use aftermatch_model::{
    BrandId, MessageId, Seq, Tariff, UserId,
    rules::Whose,
    world::{NewBrand, NewMessage, NewRoom, NewUser},
};

use super::asked::{create, delete, done, edit, guard, last_seq};
use super::given::{
    ADMIN, ANNA, ANNAS, BORIS, BORISS, NOBODY, NOWHERE, OTHER, ROOM, brand, message, profile, room,
    talk, user,
};
use super::{Subject, asked};
use crate::{Guard, Written};

/// A guard holds for as many writes as one likes, while the room and the user it
/// was judged by stay as they are.
pub async fn a_guard_holds_while_nothing_it_was_judged_by_changes<S: Subject>() {
    let subject = S::holding(talk(vec![])).await;
    let anna = guard(&subject, ROOM, ANNA).await;
    let boris = guard(&subject, ROOM, BORIS).await;
    let id = done(create(&subject, anna).await).id;
    done(create(&subject, boris).await);

    subject.put_user(inactive(BORIS)).await;
    subject.put_room(room(OTHER, &[])).await;
    subject.put_user(user(UserId(4))).await;
    subject.put_brand(brand(BrandId(24), UserId(4))).await;
    subject.put_user(user(ANNA)).await;
    subject.put_brand(brand(ANNAS, ANNA)).await;
    subject.put_room(room(ROOM, &[ANNAS, BORISS])).await;

    assert_eq!(done(edit(&subject, anna, id).await), Some(Seq(3)));
    assert_eq!(done(create(&subject, anna).await).seq, Seq(4));
}

/// Whatever changes of the room, a write that was judged by it as it was is
/// stale: it takes no number and leaves no trace.
pub async fn a_change_of_the_room_makes_the_guard_stale<S: Subject>() {
    let changes: [Change; 6] = [
        Change::Room(room(ROOM, &[BORISS])),
        Change::Room(room(ROOM, &[BORISS, ANNAS])),
        Change::Room(room(ROOM, &[])),
        Change::Brand(NewBrand {
            tariff: Some(Tariff::Business),
            ..brand(ANNAS, ANNA)
        }),
        Change::Brand(NewBrand {
            tariff_until: Some(S::moment()),
            ..brand(BORISS, BORIS)
        }),
        Change::Brand(NewBrand {
            profile: profile(9),
            ..brand(BORISS, BORIS)
        }),
    ];
    for change in changes {
        a_change_makes_the_guard_stale::<S>(change).await;
    }
}

/// Whatever changes of the user, a write that was judged by it as it was is
/// stale: it takes no number and leaves no trace.
pub async fn a_change_of_the_user_makes_the_guard_stale<S: Subject>() {
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
        Change::Brand(brand(ANNAS, ADMIN)),
    ];
    for change in changes {
        a_change_makes_the_guard_stale::<S>(change).await;
    }
}

/// A write in a room that was removed since is stale.
pub async fn a_removed_room_makes_the_guard_stale<S: Subject>() {
    let subject = S::holding(talk(vec![before::<S>()])).await;
    let anna = guard(&subject, ROOM, ANNA).await;
    subject.remove_room(ROOM).await;
    is_stale(&subject, anna).await;
    assert_eq!(last_seq(&subject, ROOM).await, 0);
}

/// A room that was removed and put again, as it was, is another one to those who
/// judged by the first.
pub async fn a_room_that_was_removed_and_put_again_makes_the_guard_stale<S: Subject>() {
    let subject = S::holding(talk(vec![before::<S>()])).await;
    let anna = guard(&subject, ROOM, ANNA).await;
    subject.remove_room(ROOM).await;
    subject.put_room(room(ROOM, &[ANNAS, BORISS])).await;
    is_stale(&subject, anna).await;

    let now = guard(&subject, ROOM, ANNA).await;
    assert_eq!(done(edit(&subject, now, BEFORE).await), None);
    let id = done(create(&subject, now).await).id;
    assert_ne!(id, BEFORE);
}

/// A write in a room or by a user that never was is stale.
pub async fn a_guard_on_what_never_was_is_stale<S: Subject>() {
    let subject = S::holding(talk(vec![before::<S>()])).await;
    let anna = guard(&subject, ROOM, ANNA).await;
    let nowhere = Guard {
        room: NOWHERE,
        ..anna
    };
    let nobody = Guard {
        user: NOBODY,
        ..anna
    };
    for guard in [nowhere, nobody] {
        is_stale(&subject, guard).await;
    }
    assert_eq!(last_seq(&subject, NOWHERE).await, 0);
    nothing_happened(&subject).await;
}

const BEFORE: MessageId = MessageId(8);

/// Anna's message in the room, written before.
fn before<S: Subject>() -> NewMessage {
    message::<S>(Some(BEFORE.0), ROOM, ANNA)
}

#[derive(Debug, Clone)]
enum Change {
    User(NewUser),
    Brand(NewBrand),
    Room(NewRoom),
}

async fn a_change_makes_the_guard_stale<S: Subject>(change: Change) {
    let subject = S::holding(talk(vec![before::<S>()])).await;
    let anna = guard(&subject, ROOM, ANNA).await;
    match change.clone() {
        Change::User(user) => subject.put_user(user).await,
        Change::Brand(brand) => subject.put_brand(brand).await,
        Change::Room(room) => subject.put_room(room).await,
    }
    let now = guard(&subject, ROOM, ANNA).await;
    assert_ne!(now, anna, "{change:?}");
    is_stale(&subject, anna).await;
    nothing_happened(&subject).await;
}

/// Whatever is written with this guard is refused.
async fn is_stale<S: Subject>(subject: &S, guard: Guard) {
    assert_eq!(create(subject, guard).await, Written::Stale);
    assert_eq!(edit(subject, guard, BEFORE).await, Written::Stale);
    for whose in [Whose::Of(ANNA), Whose::Anyones] {
        let deleted = delete(subject, guard, &[BEFORE], whose).await;
        assert_eq!(deleted, Written::Stale);
    }
    // What would have changed nothing is judged by the same guard.
    let deleted = delete(subject, guard, &[], Whose::Anyones).await;
    assert_eq!(deleted, Written::Stale);
}

/// The room has the one message that it began with, and counts on from it.
async fn nothing_happened<S: Subject>(subject: &S) {
    assert_eq!(last_seq(subject, ROOM).await, 1);
    let anna = asked::guard(subject, ROOM, ANNA).await;
    assert_eq!(done(edit(subject, anna, BEFORE).await), Some(Seq(2)));
    assert_eq!(done(create(subject, anna).await).seq, Seq(3));
}

fn inactive(id: UserId) -> NewUser {
    NewUser {
        active: false,
        ..user(id)
    }
}
