use aftermatch_ports::{
    ChatError,
    model::{Refusal, RoomId, Session},
};

use crate::Ports;

/// Leaving is always allowed, whatever rights the user has lost.
pub(crate) fn run(ports: &Ports, session: &Session) -> Result<RoomId, ChatError> {
    Ok(ports.seats.leave(session.id).ok_or(Refusal::NotInRoom)?)
}

#[cfg(test)]
mod tests {
    use aftermatch_ports::Chat;
    use mockall::{Sequence, predicate::eq};
    use pollster::block_on;

    use super::*;
    use crate::testing::{Mocks, ROOM, SESSION, ann, refusal, session_of};

    #[test]
    fn leave_room_needs_no_right_works_once() {
        let mut mocks = Mocks::untouched();
        let mut order = Sequence::new();
        for left in [Some(ROOM), None] {
            let leave = mocks.seats.expect_leave().with(eq(SESSION)).once();
            leave.in_sequence(&mut order).return_const(left);
        }
        let (chat, session) = (mocks.chat(), session_of(&ann()));
        assert_eq!(block_on(chat.leave_room(&session)).unwrap(), ROOM);
        let again = block_on(chat.leave_room(&session));
        assert_eq!(refusal(again), Refusal::NotInRoom);
    }
}
