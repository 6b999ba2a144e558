//! Changes by the platform, and what a store says of them.

use std::collections::{HashMap, HashSet};

use aftermatch_model::{
    BrandId, LogHead, RoomId, Tariff, UserId,
    world::{NewBrand, NewRoom},
};

use super::fixtures::{
    ADMIN, ANNA, ANNA_BRAND, BORIS, BORIS_BRAND, OTHER, ROOM, brand, inactive, room, user,
};
use super::subject::Subject;
use crate::{Changes, Commit};

#[derive(Debug, Clone, Copy)]
pub(super) enum Change {
    User,
    Tariff,
    Owner,
    FirstBrand,
    Frozen,
    Participants,
    Removal,
    Replacement,
    NewRoom,
    NewUser,
}

pub(super) async fn make<S: Subject>(subject: &S, change: Change) {
    match change {
        Change::User => subject.put_user(inactive(ANNA)).await,
        Change::Tariff => {
            let business = NewBrand {
                tariff: Some(Tariff::Business),
                ..brand(BORIS_BRAND, BORIS)
            };
            subject.put_brand(business).await;
        }
        Change::Owner => subject.put_brand(brand(ANNA_BRAND, ADMIN)).await,
        Change::FirstBrand => subject.put_brand(brand(BrandId(23), ANNA)).await,
        Change::Frozen => {
            let frozen = NewRoom {
                frozen: true,
                ..room(OTHER, &[ANNA_BRAND, BORIS_BRAND])
            };
            subject.put_room(frozen).await;
        }
        Change::Participants => subject.put_room(room(OTHER, &[BORIS_BRAND])).await,
        Change::Removal => subject.remove_room(ROOM).await,
        Change::Replacement => {
            // The same participants, but another room.
            subject.remove_room(OTHER).await;
            subject.put_room(room(OTHER, &[BORIS_BRAND])).await;
        }
        Change::NewRoom => {
            let participants = [ANNA_BRAND, BORIS_BRAND];
            subject.put_room(room(ROOM, &participants)).await;
        }
        Change::NewUser => subject.put_user(user(UserId(4))).await,
    }
}

/// [`Changes::Known`], in no order.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Known {
    pub(super) users: HashSet<UserId>,
    pub(super) rooms: HashSet<RoomId>,
    pub(super) logs: HashMap<RoomId, LogHead>,
}

impl Known {
    pub(super) fn extend(&mut self, other: Self) {
        self.users.extend(other.users);
        self.rooms.extend(other.rooms);
        self.logs.extend(other.logs);
    }
}

pub(super) async fn changes<S: Subject>(subject: &S) -> Changes {
    subject.revisions().changes().await.unwrap()
}

pub(super) async fn known<S: Subject>(subject: &S) -> Known {
    match changes(subject).await {
        Changes::Known { users, rooms, logs } => Known {
            users: users.into_iter().collect(),
            rooms: rooms.into_iter().collect(),
            logs: logs.into_iter().collect(),
        },
        Changes::Unknown => panic!("the store was not replaced, and it was asked before"),
    }
}

/// Asks until the store says that nothing changed. It may repeat what it said
/// before for a while.
pub(super) async fn wait_until_quiet<S: Subject>(subject: &S) {
    let quiet = Changes::Known {
        users: vec![],
        rooms: vec![],
        logs: vec![],
    };
    for attempt in 0..60 {
        if changes(subject).await == quiet {
            return;
        }
        // A store that looks back needs a moment; others are quiet by now.
        if attempt > 20 {
            subject.revisions().recheck().await;
        }
    }
    panic!("nothing changes, and still there are changes");
}

/// The next call says that the log of `place` goes as far as `commit`, and says
/// nothing else.
pub(super) async fn assert_known<S: Subject>(subject: &S, place: RoomId, commit: Commit) {
    let found = known(subject).await;
    let head = LogHead {
        epoch: commit.epoch,
        last_seq: commit.seq,
    };
    assert_eq!(found.logs, HashMap::from([(place, head)]));
    assert_eq!((found.users, found.rooms), Default::default());
}
