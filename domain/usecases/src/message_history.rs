use aftermatch_ports::{
    ChatError, VersionsPage,
    model::{MessageId, Refusal, RoomId, Seq, Session},
};

use crate::{Ports, authorize};

/// What a message of the joined room was, after each of its events.
pub(crate) async fn run(
    ports: &Ports,
    session: &Session,
    message: MessageId,
    before: Option<Seq>,
    limit: usize,
) -> Result<(RoomId, VersionsPage), ChatError> {
    let room = authorize::audited_room(ports, session).await?;
    let page = ports.log.versions(room.id, message, before, limit).await?;
    Ok((room.id, page.ok_or(Refusal::MessageUnknown)?))
}

#[cfg(test)]
mod tests {
    use aftermatch_ports::{
        Chat, Read, StoreError,
        model::{Author, MessageVersion, Profile, UserId, VersionKind},
    };
    use mockall::predicate::eq;
    use pollster::block_on;

    use super::*;
    use crate::testing::{
        Mocks, ROOM, admin, ann, at, failure, refusal, room, room_without_business, session_of,
        text,
    };

    const MESSAGE: MessageId = MessageId(18);

    fn page() -> VersionsPage {
        let version = MessageVersion {
            seq: Seq(40),
            by: Author {
                id: UserId(3),
                profile: Profile::new("{}"),
            },
            at: at(15),
            kind: VersionKind::Created(Some(text("hello"))),
        };
        VersionsPage {
            versions: vec![version],
            attachments: None,
            has_older: false,
        }
    }

    #[test]
    fn versions_are_read_in_any_room() {
        for (room, before) in [(room(), None), (room_without_business(), Some(Seq(41)))] {
            let mut mocks = Mocks::new().finding(Read::Fresh, &admin(), room);
            let versions = mocks.log.expect_versions().once();
            versions
                .with(eq(ROOM), eq(MESSAGE), eq(before), eq(2))
                .returning(|_, _, _, _| Ok(Some(page())));
            let (chat, session) = (mocks.chat(), session_of(&admin()));
            let result = block_on(chat.message_history(&session, MESSAGE, before, 2));
            assert_eq!(result.unwrap(), (ROOM, page()));
        }
    }

    #[test]
    fn versions_of_unknown_message_are_refused() {
        let mut mocks = Mocks::new().finding(Read::Fresh, &admin(), room());
        let versions = mocks.log.expect_versions();
        versions.returning(|_, _, _, _| Ok(None));
        let (chat, session) = (mocks.chat(), session_of(&admin()));
        let result = block_on(chat.message_history(&session, MESSAGE, None, 2));
        assert_eq!(refusal(result), Refusal::MessageUnknown);
    }

    #[test]
    fn versions_without_right_are_not_read() {
        for (mocks, user, expected) in [
            (Mocks::seated_in(None), admin(), Refusal::NotInRoom),
            (
                Mocks::new().finding_user(Read::Fresh, &ann()),
                ann(),
                Refusal::AdminRequired,
            ),
            (
                Mocks::new().finding(Read::Fresh, &admin(), None),
                admin(),
                Refusal::RoomNotFound,
            ),
        ] {
            let (chat, session) = (mocks.chat(), session_of(&user));
            let result = block_on(chat.message_history(&session, MESSAGE, None, 2));
            assert_eq!(refusal(result), expected);
        }
    }

    #[test]
    fn versions_unreadable_store_is_transient_failure() {
        let mut mocks = Mocks::new().finding(Read::Fresh, &admin(), room());
        let versions = mocks.log.expect_versions();
        versions.returning(|_, _, _, _| Err(StoreError::transient("the store is away")));
        let (chat, session) = (mocks.chat(), session_of(&admin()));
        let result = block_on(chat.message_history(&session, MESSAGE, None, 2));
        assert!(failure(result).is_transient());
    }
}
