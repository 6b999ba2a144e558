use aftermatch_ports::{
    ChatError, Read,
    model::{Refusal, RoomId, Session, access},
};

use crate::{Ports, authorize};

/// Only who may write is seen typing. Nothing depends on a cached right that has just ended,
/// so the cache is good enough to admit, and never to refuse.
pub(crate) async fn run(ports: &Ports, session: &Session) -> Result<RoomId, ChatError> {
    let room = ports.seats.room_of(session.id).ok_or(Refusal::NotInRoom)?;
    match may_write(ports, session, room, Read::Cached).await {
        Err(ChatError::Refused(_)) => may_write(ports, session, room, Read::Fresh).await?,
        checked => checked?,
    }
    ports.signals.typing(session.id, room);
    Ok(room)
}

async fn may_write(
    ports: &Ports,
    session: &Session,
    room: RoomId,
    read: Read,
) -> Result<(), ChatError> {
    let (_, viewer) = authorize::viewer(ports, session, read).await?;
    let room = authorize::visible_room(ports, viewer, room, read).await?;
    Ok(access::can_write(viewer, &room, ports.clock.now())?)
}

#[cfg(test)]
mod tests {
    use aftermatch_ports::{Chat, StoreError};
    use mockall::predicate::eq;
    use pollster::block_on;

    use super::*;
    use crate::testing::{
        Mocks, ROOM, SESSION, admin, ann, failure, frozen_room, refusal, room, room_without_ann,
        room_without_business, session_of,
    };

    #[test]
    fn typing_is_passed_on() {
        for user in [ann(), admin()] {
            let mut mocks = Mocks::new().finding(Read::Cached, &user, room());
            let typing = mocks.signals.expect_typing().once();
            typing.with(eq(SESSION), eq(ROOM)).return_const(());
            let result = block_on(mocks.chat().typing(&session_of(&user)));
            assert_eq!(result.unwrap(), ROOM);
        }
    }

    #[test]
    fn typing_without_right_is_refused_after_fresh_read() {
        for (user, now, expected) in [
            (ann(), room_without_ann(), Refusal::RoomForbidden),
            (admin(), room_without_business(), Refusal::BusinessRequired),
            (ann(), frozen_room(), Refusal::RoomFrozen),
        ] {
            let mocks = Mocks::new()
                .finding(Read::Cached, &user, now.clone())
                .finding(Read::Fresh, &user, now);
            let result = block_on(mocks.chat().typing(&session_of(&user)));
            assert_eq!(refusal(result), expected);
        }
    }

    #[test]
    fn typing_not_joined_is_refused() {
        let chat = Mocks::seated_in(None).chat();
        let result = block_on(chat.typing(&session_of(&ann())));
        assert_eq!(refusal(result), Refusal::NotInRoom);
    }

    #[test]
    fn typing_unreadable_store_is_transient_failure() {
        let mut mocks = Mocks::new();
        let user = mocks.people.expect_user();
        user.returning(|_, _| Err(StoreError::transient("the store is away")));
        let result = block_on(mocks.chat().typing(&session_of(&ann())));
        assert!(failure(result).is_transient());
    }
}
