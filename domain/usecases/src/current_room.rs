use aftermatch_ports::{
    ChatError,
    model::{RoomView, Session},
};

use crate::{Ports, authorize};

pub(crate) async fn run(ports: &Ports, session: &Session) -> Result<RoomView, ChatError> {
    let room = authorize::joined_room(ports, session).await?;
    Ok(room.at(ports.clock.now()))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use aftermatch_ports::{
        Chat, Read,
        model::{Refusal, User},
    };
    use pollster::block_on;

    use super::*;
    use crate::testing::{Mocks, ann, at, refusal, room, room_without_ann, session_of};

    #[test]
    fn current_room_is_shown_as_of_now() {
        for (now, has_business) in [(19, true), (20, false)] {
            let mut mocks = Mocks::untouched().finding(Read::Fresh, &ann(), room());
            mocks.clock.expect_now().return_const(at(now));
            let view = block_on(mocks.chat().current_room(&session_of(&ann()))).unwrap();
            let room = Arc::new(room());
            assert_eq!(view, RoomView { room, has_business });
        }
    }

    #[test]
    fn current_room_not_joined_reads_nothing() {
        let chat = Mocks::seated_in(None).chat();
        let result = block_on(chat.current_room(&session_of(&ann())));
        assert_eq!(refusal(result), Refusal::NotInRoom);
    }

    #[test]
    fn current_room_lost_right_is_refused() {
        let inactive = User {
            active: false,
            ..ann()
        };
        for (user, room, expected) in [
            (inactive, Some(room()), Refusal::UserDeactivated),
            (ann(), Some(room_without_ann()), Refusal::RoomForbidden),
            (ann(), None, Refusal::RoomForbidden),
        ] {
            let mocks = Mocks::new().finding(Read::Fresh, &user, room);
            let result = block_on(mocks.chat().current_room(&session_of(&ann())));
            assert_eq!(refusal(result), expected);
        }
    }
}
