use std::sync::Arc;

use aftermatch_ports::{
    ChatError, Read,
    model::{Refusal, Room, RoomView, Session},
};

use crate::UseCases;

impl UseCases {
    pub(crate) async fn current_room(&self, session: &Session) -> Result<RoomView, ChatError> {
        let room = self.joined(session).await?;
        Ok(room.at(self.clock.now()))
    }

    /// The room the session has joined, if it may still see it.
    pub(crate) async fn joined(&self, session: &Session) -> Result<Arc<Room>, ChatError> {
        let room = session.room.ok_or(Refusal::NotInRoom)?;
        let (_, viewer) = self.actor(session, Read::Fresh).await?;
        self.visible(viewer, room, Read::Fresh).await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use aftermatch_ports::{Chat, model::User};
    use pollster::block_on;

    use super::*;
    use crate::testing::{Mocks, ann, at, refusal, room, room_without_ann, session_of};

    #[test]
    fn the_room_is_shown_as_the_store_has_it_at_this_moment() {
        for (now, has_business) in [(19, true), (20, false)] {
            let mut mocks = Mocks::untouched().finding(Read::Fresh, &ann(), room());
            mocks.clock.expect_now().return_const(at(now));
            let view = block_on(mocks.chat().current_room(&session_of(&ann()))).unwrap();
            let room = Arc::new(room());
            assert_eq!(view, RoomView { room, has_business });
        }
    }

    #[test]
    fn without_a_joined_room_nothing_is_read() {
        let session = Session {
            room: None,
            ..session_of(&ann())
        };
        let answer = block_on(Mocks::untouched().chat().current_room(&session));
        assert_eq!(refusal(answer), Refusal::NotInRoom);
    }

    #[test]
    fn who_lost_the_right_is_refused() {
        let off = User {
            active: false,
            ..ann()
        };
        for (user, room, expected) in [
            (off, Some(room()), Refusal::UserDeactivated),
            (ann(), Some(room_without_ann()), Refusal::RoomForbidden),
            (ann(), None, Refusal::RoomForbidden),
        ] {
            let mocks = Mocks::new().finding(Read::Fresh, &user, room);
            let answer = block_on(mocks.chat().current_room(&session_of(&ann())));
            assert_eq!(refusal(answer), expected);
        }
    }
}
