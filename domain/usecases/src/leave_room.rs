use aftermatch_ports::{
    ChatError,
    model::{Refusal, RoomId, Session},
};

use crate::UseCases;

impl UseCases {
    pub(crate) async fn leave_room(&self, session: &mut Session) -> Result<RoomId, ChatError> {
        // Whatever became of the user's rights: one may always leave.
        Ok(self.empty_seat(session).ok_or(Refusal::NotInRoom)?)
    }

    pub(crate) fn empty_seat(&self, session: &mut Session) -> Option<RoomId> {
        let room = session.room.take()?;
        self.events.leave(session.id, room);
        Some(room)
    }
}

#[cfg(test)]
mod tests {
    use aftermatch_ports::Chat;
    use mockall::predicate::eq;
    use pollster::block_on;

    use super::*;
    use crate::testing::{Mocks, ROOM, ann, refusal, session_of};

    /// Where the seat of Ann's connection in [`ROOM`] is given up, and nobody is
    /// asked about her rights.
    fn giving_up() -> Mocks {
        let mut mocks = Mocks::untouched();
        let leave = mocks.events.expect_leave();
        leave
            .with(eq(session_of(&ann()).id), eq(ROOM))
            .once()
            .return_const(());
        mocks
    }

    #[test]
    fn one_may_always_leave_and_once() {
        let chat = giving_up().chat();
        let mut session = session_of(&ann());
        assert_eq!(block_on(chat.leave_room(&mut session)).unwrap(), ROOM);
        assert_eq!(session.room, None);
        let again = block_on(chat.leave_room(&mut session));
        assert_eq!(refusal(again), Refusal::NotInRoom);
    }

    #[test]
    fn a_connection_that_is_gone_gives_up_its_seat() {
        block_on(giving_up().chat().disconnect(session_of(&ann())));
    }

    #[test]
    fn a_connection_that_is_gone_and_had_no_seat_gives_up_none() {
        let session = Session {
            room: None,
            ..session_of(&ann())
        };
        block_on(Mocks::untouched().chat().disconnect(session));
    }
}
