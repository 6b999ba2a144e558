use std::{fmt::Debug, sync::Arc};

use aftermatch_ports::{
    CreateOutcome, Created, Deleted, Moderator, Outcome, Platform, PlatformError, Post, Put, Read,
    VersionsPage,
    model::{
        Author, ClientMsgId, EventKind, InvalidReference, MessageId, MessageVersion, Pen, Reason,
        RecordId, Records, Refusal, RequestId, Room, Seq, User, UserId, VersionKind,
        access::DeleteScope,
    },
};
use mockall::predicate::eq;
use pollster::block_on;

use crate::{
    UseCases,
    testing::{
        Mocks, OTHER, ROOM, admin, ann, at, commit, frozen_room, message, precondition, room, text,
    },
};

const ID: MessageId = MessageId(18);

/// A user who may do nothing of this as a client: deactivated, and in no room.
fn stranger() -> User {
    User {
        id: UserId(900),
        active: false,
        brand: None,
        ..ann()
    }
}

/// A room in which nobody may write as a client.
fn closed_room() -> Room {
    Room {
        pen: Pen::Never,
        ..frozen_room()
    }
}

fn post() -> Post {
    Post {
        room: ROOM,
        author: stranger().id,
        text: "hello".to_owned(),
        client_msg_id: Some(ClientMsgId::new("match:17").unwrap()),
    }
}

fn platform(mocks: Mocks) -> impl Platform {
    UseCases::new(mocks.ports())
}

fn error<T: Debug>(result: Result<T, PlatformError>) -> String {
    result.expect_err("it is not done").to_string()
}

/// The last version of the message [`ID`].
fn version(mocks: &mut Mocks, kind: Option<VersionKind>) {
    let author = Author {
        id: stranger().id,
        profile: stranger().profile,
    };
    let page = kind.map(|kind| VersionsPage {
        attachments: None,
        versions: vec![MessageVersion {
            seq: Seq(40),
            by: author,
            at: at(1),
            kind,
        }],
        has_older: false,
    });
    let versions = mocks.log.expect_versions();
    versions
        .with(eq(ROOM), eq(ID), eq(None), eq(1))
        .returning(move |_, _, _, _| Ok(page.clone()));
}

#[test]
fn create_looks_at_no_right_and_publishes() {
    let mut mocks = Mocks::new().finding(Read::Cached, &stranger(), closed_room());
    mocks
        .messages
        .expect_create()
        .withf(|given, drafts| {
            *given == precondition(&stranger(), &closed_room())
                && drafts
                    .iter()
                    .all(|draft| draft.text == text("hello") && draft.request_id == RequestId::NONE)
        })
        .once()
        .returning(|_, _| {
            let created = Created {
                id: ID,
                commit: commit(41),
            };
            vec![Ok(Outcome::Committed(CreateOutcome::Created(created)))]
        });
    mocks.expect_published(|event| {
        event.requester.is_none()
            && event.request_id == RequestId::NONE
            && event.by == UserId(900)
            && event.seq == Seq(41)
    });
    let posted = block_on(platform(mocks).create(post())).expect("it is created");
    assert!(posted.is_new);
    assert_eq!((posted.message.id, posted.message.created_at), (ID, at(15)));
}

#[test]
fn repeated_create_returns_message_and_publishes_nothing() {
    let mut mocks = Mocks::new().finding(Read::Cached, &stranger(), room());
    let duplicate = || CreateOutcome::Duplicate(Box::new(message(38)));
    let create = mocks.messages.expect_create();
    create.returning(move |_, _| vec![Ok(Outcome::Committed(duplicate()))]);
    let posted = block_on(platform(mocks).create(post())).expect("it is there");
    assert_eq!((posted.message, posted.is_new), (message(38), false));

    let mut mocks = Mocks::new().finding(Read::Cached, &stranger(), room());
    let create = mocks.messages.expect_create();
    create.returning(|_, _| vec![Ok(Outcome::Committed(CreateOutcome::IdConflict))]);
    let refused = block_on(platform(mocks).create(post()));
    let taken = matches!(
        refused,
        Err(PlatformError::Refused(Refusal::ClientMsgIdTaken))
    );
    assert!(taken, "{refused:?}");
}

#[test]
fn create_reads_again_before_it_refuses() {
    // Added a moment ago.
    let mocks = Mocks::new()
        .finding(Read::Cached, &stranger(), None)
        .finding(Read::Fresh, &stranger(), None);
    let refused = block_on(platform(mocks).create(post()));
    assert_eq!(error(refused), format!("no room {ROOM}"));
    let mocks =
        Mocks::new()
            .finding(Read::Cached, &ann(), room())
            .finding(Read::Fresh, &ann(), room());
    assert_eq!(
        error(block_on(platform(mocks).create(post()))),
        "no user 900"
    );
    let long = Post {
        text: "too long a text".to_owned(),
        ..post()
    };
    let refused = error(block_on(platform(Mocks::new()).create(long)));
    assert!(refused.contains("TextTooLong"), "{refused}");
}

#[test]
fn conflicts_end_after_some_attempts() {
    let mut mocks = Mocks::new()
        .finding(Read::Cached, &stranger(), room())
        .finding(Read::Fresh, &stranger(), room());
    let create = mocks.messages.expect_create().times(8);
    create.returning(|_, _| vec![Ok(Outcome::Conflict)]);
    let failed = block_on(platform(mocks).create(post()));
    let is_transient = matches!(&failed, Err(PlatformError::Store(error)) if error.is_transient());
    assert!(is_transient, "{failed:?}");
}

#[test]
fn edit_is_one_of_author() {
    let mut mocks = Mocks::new().finding(Read::Cached, &stranger(), closed_room());
    version(&mut mocks, Some(VersionKind::Created(Some(text("hello")))));
    mocks
        .messages
        .expect_edit()
        .withf(|given, id, new, _| {
            *given == precondition(&stranger(), &closed_room()) && *id == ID && *new == text("bye")
        })
        .once()
        .returning(|_, _, _, _| Ok(Outcome::Committed(Some(commit(41)))));
    mocks.expect_published(|event| event.by == UserId(900));
    block_on(platform(mocks).edit(ROOM, ID, "bye")).expect("it is edited");
}

#[test]
fn edit_to_same_text_is_no_event() {
    let mut mocks = Mocks::new();
    version(&mut mocks, Some(VersionKind::Edited(Some(text("bye")))));
    block_on(platform(mocks).edit(ROOM, ID, "bye")).expect("it has the text");
}

#[test]
fn deleted_or_unknown_message_is_not_edited() {
    for (kind, room, expected) in [
        (
            Some(VersionKind::Deleted(None)),
            Some(room()),
            "no message 18 in room 1",
        ),
        (None, Some(room()), "no message 18 in room 1"),
        (None, None, "no room 1"),
    ] {
        let mut mocks = Mocks::new().finding_room(Read::Fresh, room);
        version(&mut mocks, kind);
        let refused = block_on(platform(mocks).edit(ROOM, ID, "bye"));
        assert_eq!(error(refused), expected);
    }
}

#[test]
fn deletion_is_one_of_moderator_or_author() {
    let reason = Some(Reason::stored("spam"));
    let moderator = Moderator {
        user: admin().id,
        reason: reason.clone(),
    };
    for (by, user, reason) in [(Some(moderator), admin(), reason), (None, stranger(), None)] {
        let mut mocks = Mocks::new().finding(Read::Cached, &user, closed_room());
        if by.is_none() {
            version(&mut mocks, Some(VersionKind::Created(None)));
        }
        let expected = precondition(&user, &closed_room());
        let delete = mocks.messages.expect_delete().once();
        delete
            .with(
                eq(expected),
                eq(vec![ID]),
                eq(DeleteScope::Any),
                eq(reason),
                eq(RequestId::NONE),
            )
            .returning(|_, ids, _, _, _| {
                let commit = commit(41);
                Ok(Outcome::Committed(Some(Deleted { ids, commit })))
            });
        let kind = EventKind::Deleted {
            ids: vec![ID],
            missing: vec![],
        };
        mocks.expect_published(move |event| event.by == user.id && event.kind == kind);
        let deleted = block_on(platform(mocks).delete(ROOM, ID, by));
        assert!(deleted.expect("it is deleted"));
    }
}

#[test]
fn deleted_message_is_deleted_again_without_event() {
    let mut mocks = Mocks::new();
    version(&mut mocks, Some(VersionKind::Deleted(None)));
    let deleted = block_on(platform(mocks).delete(ROOM, ID, None));
    assert!(!deleted.expect("it is gone"));
}

#[test]
fn refused_records_are_reported() {
    let reference = InvalidReference::UserHasWritten { user: ann().id };
    let mut mocks = Mocks::new();
    let refused = vec![reference];
    let put = mocks.directory.expect_put().once();
    put.returning(move |_| Ok(Put::Refused(refused.clone())));
    let put = block_on(platform(mocks).put(Records::default()));
    let reported = matches!(&put, Err(PlatformError::InvalidReferences(all)) if all.len() == 1);
    assert!(reported, "{put:?}");

    let mut mocks = Mocks::new();
    let put = mocks.directory.expect_put().once();
    put.returning(|_| Ok(Put::Unfit("too deep".to_owned())));
    assert_eq!(
        error(block_on(platform(mocks).put(Records::default()))),
        "unfit: too deep"
    );

    let mut mocks = Mocks::new();
    let remove = mocks.directory.expect_remove().once();
    remove
        .with(eq(RecordId::Room(OTHER)))
        .returning(|_| Ok(aftermatch_ports::Removal::Absent));
    let removed = block_on(platform(mocks).remove(RecordId::Room(OTHER)));
    assert!(!removed.expect("there was none"));
}

#[test]
fn records_are_shown_as_given() {
    let mocks = Mocks::new().finding(Read::Fresh, &ann(), room());
    let platform = platform(mocks);
    let user = block_on(platform.user(ann().id)).expect("a user");
    assert_eq!(user, Some((&ann()).into()));
    let shown = block_on(platform.room(ROOM)).expect("a room");
    assert_eq!(shown, Some((&*Arc::new(room())).into()));
    assert_eq!(block_on(platform.room(OTHER)).expect("no room"), None);
}
