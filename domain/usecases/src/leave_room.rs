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
